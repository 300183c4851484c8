/** tus-js-client, which most pages and programs use, in Node. */
import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { assertSameBytes, runProgram } from "../support/client_program.ts";
import { listen } from "../support/listening_app.ts";
import { installPackages } from "../support/npm_packages.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const node = tool("node", import.meta.url);
const npm = tool("npm", import.meta.url);
const SIZE = 5 * 2 ** 20 + 7;
const NAME = "from node 中文.bin";
const VERSIONS = ["4.3.1", "5.0.0-pre2"];

const WAYS = [
  "plain",
  "chunked",
  "stream",
  "parallel",
  "deferred",
  "during creation",
  "during creation, chunked",
  "draft 03",
  "draft 05",
  "draft 05, during creation",
  "resumed",
  "terminated",
];

interface Outcome {
  url: string;
  /** Methods, with `again` where it was stopped and gone on with. */
  requests: string[];
}

async function newest(app: TestApp) {
  const { body } = await app.json("GET", "/api/v1/attachments?limit=1");
  return body.items[0];
}

for (const version of VERSIONS) {
  Deno.test({
    name: `tus-js-client ${version} uploads in all its ways, and the bytes are the same`,
    ignore: node === null || npm === null,
    async fn(t) {
      await using app = await startApp({
        pawlJson: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
      });
      await using server = listen(app);
      await using dir = await tempDir();
      await installPackages(npm!, { directory: dir.path, packages: [`tus-js-client@${version}`] });
      await Deno.copyFile(new URL("./tus_js_client.mjs", import.meta.url), dir.join("upload.mjs"));
      const token = await app.token({ sub: "alice" });
      let seed = 0;

      for (const way of WAYS) {
        await t.step(way, async () => {
          const bytes = randomBytes(SIZE, { seed: ++seed });
          await Deno.writeFile(dir.join("file.bin"), bytes);
          const run = await runProgram(node!, {
            args: ["upload.mjs", way, new URL("/files", server.url).href, "file.bin"],
            cwd: dir.path,
            env: { TOKEN: token },
          });
          assert.equal(run.code, 0, run.stderr);
          const { url, requests }: Outcome = JSON.parse(run.text);
          const address = new URL(url, server.url).pathname;
          if (way === "terminated") {
            const gone = await app.request(address, { headers: { "Tus-Resumable": "1.0.0" } });
            assert.ok([404, 410].includes(gone.status), `${gone.status}`);
            await gone.body?.cancel();
            return;
          }
          const attachment = await newest(app);
          assert.deepEqual([attachment.fileName, attachment.size, attachment.contentType], [
            NAME,
            SIZE,
            "application/x-test",
          ]);
          const got = await app.request(address);
          assert.equal(got.status, 200);
          assertSameBytes(await got.bytes(), bytes);
          if (way === "resumed") {
            const [before, after] = requests.join(" ").split("again");
            assert.match(before!, /POST.*PATCH/);
            assert.match(after!, /^ HEAD PATCH/, "it goes on instead of beginning anew");
          }
          if (way === "parallel") assert.equal(requests.filter((method) => method === "POST").length, 5);
        });
      }
    },
  });
}
