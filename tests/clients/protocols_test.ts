import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const DOCUMENT = new URL("../../docs/protocols.md", import.meta.url);
const curl = tool("curl", import.meta.url);
const ME = { sub: "me" };

Deno.test({
  name:
    "the commands in docs/protocols.md work when pasted, by tus, by the IETF's protocol, and from one to the other",
  ignore: curl === null,
  async fn() {
    const text = await Deno.readTextFile(DOCUMENT);
    const blocks = [...text.matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
    assert.equal(blocks.length, 3);
    await using server = await startServer({
      config: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
    });
    await using dir = await tempDir();
    const photo = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, ...crypto.getRandomValues(new Uint8Array(5000))]);
    await Deno.writeFile(dir.join("photo.jpg"), photo);
    const script = blocks.join("\n").replaceAll("http://127.0.0.1:8000", server.url.origin);

    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", script.replaceAll("curl -i ", "curl -sSi ")],
      cwd: dir.path,
      env: { TOKEN: await server.token(ME) },
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.match(output, /^HTTP\/1.1 201 Created\r\n/);
    assert.match(output, /"fileName":"film.mp4",.*"size":5000000/);
    assert.match(output, /same\n$/);
    const { items } = await (await server.fetch("/api/v1/attachments", { user: ME })).json();
    assert.deepEqual(
      items.map(({ fileName, size }: { fileName: string; size: number }) => [fileName, size]),
      [["mixed.mp4", 5_000_000], ["film.mp4", 5_000_000], ["photo.jpg", 5004], ["photo.jpg", 5004]],
    );
  },
});
