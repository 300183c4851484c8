import assert from "node:assert/strict";
import { ADMIN, startApp } from "../support/app.ts";
import { runProgram } from "../support/client_program.ts";
import { listen } from "../support/listening_app.ts";
import { newEnoughNode } from "../support/node_program.ts";
import { installPackages } from "../support/npm_packages.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const node = tool("node", import.meta.url);
const npm = tool("npm", import.meta.url);
const root = new URL("../../", import.meta.url).pathname;
const PROGRAM = `
import assert from "node:assert/strict";
import { writeFile, readFile, readdir } from "node:fs/promises";
import { connect, openFile, PawlError } from "@pawl/client";

const pawl = connect({ baseUrl: process.argv[2], token: async () => process.argv[3] });
const bytes = Buffer.alloc(3_000_000, "Node and Pawl. ");
await writeFile("in.bin", bytes);

const file = await openFile("in.bin");
const stopped = pawl.upload(file, {
  chunkSize: 256 * 1024, parallel: 1, progressInterval: 0,
  onProgress: ({ confirmedBytes }) => confirmedBytes > 0 && stopped.stop(),
});
await assert.rejects(stopped.result, (error) => error instanceof PawlError && error.code === "cancelled");
const states = [];
const upload = pawl.upload(file, { onState: ({ state }) => states.push(state) });
const attachment = await upload.result;
await file.close();
assert.equal(upload.sessionId, stopped.sessionId);
assert.ok(upload.progress.resumedBytes > 0);

const blob = await pawl.upload(new Blob(["a", "b"]), { fileName: "blob.txt" }).result;
const streamed = await pawl.uploadStream(new Blob([bytes]).stream(), { fileName: "stream.bin" });
assert.equal(streamed.sha256, attachment.sha256);

const done = await pawl.download(attachment, { to: "out.bin", partSize: 500_000 }).result;
assert.deepEqual(await readFile("out.bin"), bytes);
const text = await new Response(pawl.download(blob.id).stream).text();
const names = (await pawl.attachments.list({ sort: "name" })).items.map(({ fileName }) => fileName);
console.log(JSON.stringify({ node: process.version, states, verified: done.verified, text, names, files: await readdir(".") }));
`;

const CONSUMER = `
import { connect, type Attachment, type TransferProgress, type UploadState, PawlError } from "@pawl/client";
const pawl = connect({ baseUrl: "http://127.0.0.1/", token: () => "t" });
const upload = pawl.upload(new Blob(["x"]), {
  onProgress: ({ bytesPerSecond }: TransferProgress) => void bytesPerSecond.toFixed(),
  onState: ({ state, error }) => { const s: UploadState = state; console.log(s, error?.code); },
});
export const result: Promise<Attachment> = upload.result;
export const source = pawl.upload({ size: 1, read: (start, end) => new Uint8Array(end - start) });
export const stream: ReadableStream<Uint8Array> | null = pawl.download("1").stream;
export const isRefusal = (error: unknown) => error instanceof PawlError && error.status > 0;
// @ts-expect-error -- not any
export const wrong: number = upload.progress;
`;

/** Runs Deno with the cache and the registry that this machine has. */
async function deno(args: string[], cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd, env: { NO_COLOR: "1" } })
    .output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

Deno.test({
  name: "the packed library uploads, resumes and downloads in Node, and has types",
  ignore: node === null || npm === null,
  async fn() {
    await using dir = await tempDir();
    await deno(
      ["pack", "-q", "--allow-dirty", "--config", "client/pack.json", "--output", dir.join("client.tgz")],
      root,
    );
    await Deno.mkdir(dir.join("program"));
    await installPackages(npm!, { directory: dir.join("program"), packages: [dir.join("client.tgz")] });
    await Deno.writeTextFile(dir.join("program/main.mjs"), PROGRAM);
    await Deno.writeTextFile(dir.join("program/consumer.ts"), CONSUMER);

    await using app = await startApp();
    await using server = listen(app);
    const run = await runProgram(await newEnoughNode({ node: node!, npm: npm!, directory: dir.path }), {
      args: ["main.mjs", server.url.href, await app.token(ADMIN)],
      cwd: dir.join("program"),
    });
    assert.equal(run.code, 0, run.stderr);
    const { node: version, ...rest } = JSON.parse(run.text);
    assert.match(version, /^v\d+/);
    assert.deepEqual(rest, {
      states: ["opening", "comparing", "uploading", "finishing", "completed"],
      verified: true,
      text: "ab",
      names: ["blob.txt", "in.bin", "stream.bin"],
      files: [
        "consumer.ts",
        "in.bin",
        "main.mjs",
        "node_modules",
        "out.bin",
        "package-lock.json",
        "package.json",
      ],
    });

    await deno(["check", "--node-modules-dir=manual", "consumer.ts"], dir.join("program"));
  },
});

Deno.test("the package has the server's version and the versions of its dependencies", async () => {
  const [own, whole] = await Promise.all(
    ["client/pack.json", "deno.json"].map(async (path) => JSON.parse(await Deno.readTextFile(root + path))),
  );
  assert.equal(own.version, whole.version);
  for (const [name, address] of Object.entries(own.imports)) assert.equal(whole.imports[name], address);
});
