import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const root = new URL("../../", import.meta.url);
const curl = tool("curl", import.meta.url);
const ME = { sub: "me" };

const read = (path: string) => Deno.readTextFile(new URL(path, root));

Deno.test({
  name: "the commands in docs/files.md and docs/sharing.md work when pasted",
  ignore: curl === null,
  async fn() {
    const files = [...(await read("docs/files.md")).matchAll(/```sh\n(.*?)```/gs)].map(([, block]) => block!);
    assert.equal(files.length, 4);
    const sharing = /^ {4}curl .*\\\n.*$/m.exec(await read("docs/sharing.md"))![0];
    await using server = await startServer();
    await using dir = await tempDir();
    await Deno.writeTextFile(dir.join("film.mp4"), "x".repeat(5000));
    const send = `curl -sS -T film.mp4 "$API/files/" -H "Authorization: Bearer $TOKEN"\n`;
    const script = (send + files.join("\n") + sharing).replaceAll("http://127.0.0.1:8000", server.url.origin);

    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-euo", "pipefail", "-c", script.replaceAll("curl -s ", "curl -fsS ")],
      cwd: dir.path,
      env: { TOKEN: await server.token(ME), API: `${server.url.origin}/api/v1` },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));

    const output = new TextDecoder().decode(stdout);
    assert.match(output, /"fileName":"holiday\.mp4".*"visibility":"users"/);
    assert.match(output, /"url":"\/api\/v1\/archives\/.*"fileName":"all\.zip".*"files":1/);
    assert.match(output, /"maxUses":3,.*"url":"http:\/\/127\.0\.0\.1:\d+\/d\//);
    const sizes = ["holiday.mp4", "first.bin"].map((name) => Deno.statSync(dir.join(name)).size);
    assert.deepEqual(sizes, [5000, 100]);
    assert.ok(Deno.statSync(dir.join("photos.zip")).size > 5000);
  },
});
