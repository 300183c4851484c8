import assert from "node:assert/strict";
import { ALICE, startApp, type TestApp } from "../support/app.ts";
import { listen, type ListeningApp } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { begun, contentOf, sha256, storedSizes } from "../support/upload_calls.ts";

const curl = tool("curl", import.meta.url);
const ignore = curl === null;
const SIZE = 3_000_000; // More than that for which curl asks first whether it may send (Expect: 100-continue).
const FILE = randomBytes(SIZE, { seed: 1 });
FILE.set(new TextEncoder().encode("%PDF-1.7\n"));

interface Run {
  status: number;
  // deno-lint-ignore no-explicit-any -- whatever the server answered
  body: any;
}

/** What curl prints, run by `ALICE` in `cwd` with `stdin`. */
async function run(
  { app, server }: { app: TestApp; server: ListeningApp },
  { args, path, cwd, stdin }: { args: string[]; path: string; cwd: string; stdin?: Uint8Array },
): Promise<Run> {
  const auth = ["-H", `Authorization: Bearer ${await app.token(ALICE)}`];
  const child = new Deno.Command(curl!, {
    args: ["-sS", "-w", "\n%{http_code}", ...auth, ...args, new URL(path, server.url).href],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = (async () => {
    const writer = child.stdin.getWriter();
    try {
      if (stdin) await writer.write(stdin);
      await writer.close();
    } catch (error) {
      // It reads no more when it has been refused.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  })();
  const [{ stdout, stderr }] = await Promise.all([child.output(), fed]);
  const text = new TextDecoder();
  const [, answer, status] = /^([^]*)\n(\d{3})$/.exec(text.decode(stdout)) ?? [];
  if (!answer) throw new Error(`curl: ${text.decode(stdout)} ${text.decode(stderr)}`);
  return { status: Number(status), body: JSON.parse(answer) };
}

Deno.test({
  name: "curl -T stores a file under its own name, Chinese with blanks and all",
  ignore,
  async fn() {
    await using app = await startApp();
    await using server = listen(app);
    await using dir = await tempDir();
    for (const name of ["plain.bin", "照片 1 😀.png", "a+b&c=d%20.txt"]) {
      await Deno.writeFile(dir.join(name), FILE);
      const sent = await run({ app, server }, { args: ["-T", name], path: "/api/v1/files/", cwd: dir.path });
      assert.deepEqual([sent.status, sent.body.fileName, sent.body.size], [201, name, SIZE]);
      assert.equal(sent.body.sha256, sha256(FILE));
    }
    assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
  },
});

Deno.test({
  name: "curl -T stores what it is given on its standard input, whose length nobody knows",
  ignore,
  async fn() {
    await using app = await startApp();
    await using server = listen(app);
    await using dir = await tempDir();
    for (const stdin of [FILE, new Uint8Array(0)]) {
      const sent = await run({ app, server }, {
        args: ["-T", "-"],
        path: "/api/v1/files/from-stdin.bin?businessId=7",
        cwd: dir.path,
        stdin,
      });
      assert.deepEqual([sent.status, sent.body.size, sent.body.businessId], [201, stdin.length, "7"]);
      assert.deepEqual(await contentOf(app, sent.body), new Uint8Array(stdin));
    }
  },
});

Deno.test({
  name: "curl -F sends a form, with fields before and after the file",
  ignore,
  async fn() {
    await using app = await startApp();
    await using server = listen(app);
    await using dir = await tempDir();
    await Deno.writeFile(dir.join('报 "告".pdf'), FILE);
    await Deno.writeTextFile(dir.join("form-name"), '报 "告".pdf');
    const sent = await run({ app, server }, {
      args: ["-F", "businessType=Document", "-F", 'file=@"报 \\"告\\".pdf"', "-F", "businessId=7"],
      path: "/api/v1/attachments",
      cwd: dir.path,
    });
    assert.deepEqual(
      [sent.status, sent.body.fileName, sent.body.contentType, sent.body.businessType, sent.body.businessId],
      [201, '报 "告".pdf', "application/pdf", "Document", "7"],
    );
    assert.deepEqual(await contentOf(app, sent.body), new Uint8Array(FILE));
  },
});

Deno.test({
  name: "curl --data-binary posts a raw body, whose type curl did not choose",
  ignore,
  async fn() {
    await using app = await startApp();
    await using server = listen(app);
    await using dir = await tempDir();
    await Deno.writeFile(dir.join("a"), FILE);
    const sent = await run({ app, server }, {
      args: ["--data-binary", "@a"],
      path: "/api/v1/attachments?fileName=a.png",
      cwd: dir.path,
    });
    assert.deepEqual([sent.status, sent.body.contentType, sent.body.sha256], [
      201,
      "image/png",
      sha256(FILE),
    ]);
  },
});

Deno.test({
  name: "curl is told that its file is too large, by length and while streaming, and nothing stays",
  ignore,
  async fn() {
    await using app = await startApp({ pawlJson: { businessTypes: { Tiny: { maxBytes: 100_000 } } } });
    await using server = listen(app);
    await using dir = await tempDir();
    await Deno.writeFile(dir.join("a.bin"), FILE);
    const path = "/api/v1/files/a.bin?businessType=Tiny";
    for (const [args, stdin] of [[["-T", "a.bin"], undefined], [["-T", "-"], FILE]] as const) {
      const sent = await run({ app, server }, { args: [...args], path, cwd: dir.path, stdin });
      assert.deepEqual([sent.status, sent.body.code], [413, "file-too-large"]);
    }
    assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
  },
});
