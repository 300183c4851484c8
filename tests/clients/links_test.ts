/** Download programs at a link for one use: a download is one use, however they fetch it. */
import assert from "node:assert/strict";
import { assertSameBytes, runProgram, type ServedFile, serveFile } from "../support/client_program.ts";
import { startProxy } from "../support/proxy.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const curl = tool("curl", import.meta.url);
const wget = tool("wget", import.meta.url);
const aria2c = tool("aria2c", import.meta.url);
const MIB = 1024 * 1024;

async function makeLink(server: TestServer, { id }: ServedFile): Promise<string> {
  const answer = await server.fetch(`/api/v1/attachments/${id}/tokens`, { method: "POST" });
  assert.equal(answer.status, 201);
  return new URL((await answer.json()).url).pathname;
}

/** Uses of the newest link, and downloads of the file. */
async function counts(server: TestServer, { id }: ServedFile): Promise<[uses: number, downloads: number]> {
  const tokens = await (await server.fetch(`/api/v1/attachments/${id}/tokens`)).json();
  const file = await (await server.fetch(`/api/v1/attachments/${id}`)).json();
  return [tokens.items[0].uses, file.downloadCount];
}

/** Another program, which a use up link must refuse. */
async function assertUsedUp(url: string): Promise<void> {
  const answer = await fetch(url);
  assert.equal((await answer.json()).code, "link-used-up");
}

Deno.test({
  name: "aria2c -x8 uses a link once, and goes on with it after all its connections broke",
  ignore: aria2c === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const file = await serveFile(server, 16 * MIB + 5);
    const path = await makeLink(server, file);
    await using proxy = await startProxy(server.url);
    const url = new URL(path, proxy.url).href;
    const get = (...args: string[]) =>
      runProgram(aria2c!, {
        args: [
          ...["--no-conf", "-x8", "-s8", "-k1M", "--file-allocation=none", "--console-log-level=warn"],
          ...[`--checksum=sha-256=${file.sha256}`, "-o", "a.bin", ...args, url],
        ],
        cwd: dir.path,
      });
    proxy.setFault({ kind: "cut", direction: "down", bytes: MIB, reset: true });
    assert.notEqual((await get("-m1")).code, 0);
    assert.ok(proxy.accepted >= 8, `${proxy.accepted} connections`);
    proxy.setFault({ kind: "pass" });
    await server.restart();
    await using again = await startProxy(server.url);
    const { code, text } = await runProgram(aria2c!, {
      args: [
        ...["--no-conf", "-x8", "-s8", "-k1M", "-c", "--file-allocation=none", "--console-log-level=warn"],
        ...[`--checksum=sha-256=${file.sha256}`, "-o", "a.bin", new URL(path, again.url).href],
      ],
      cwd: dir.path,
    });
    assert.equal(code, 0, text);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
    assert.equal((await counts(server, file))[0], 1);
    await assertUsedUp(new URL(path, server.url).href);
  },
});

Deno.test({
  name: "curl -C - and wget -c go on within the use that they began",
  ignore: curl === null || wget === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const file = await serveFile(server, 8 * MIB + 5);
    await using proxy = await startProxy(server.url);
    const programs: [string, (url: string) => string[]][] = [
      [curl!, (url) => ["-sS", "-C", "-", "-o", "a.bin", url]],
      [wget!, (url) => ["-nv", "-t", "1", "-c", "-O", "a.bin", url]],
    ];
    for (const [n, [program, args]] of programs.entries()) {
      const url = new URL(await makeLink(server, file), proxy.url).href;
      const get = () => runProgram(program, { args: args(url), cwd: dir.path });
      proxy.setFault({ kind: "cut", direction: "down", bytes: 3 * MIB });
      assert.notEqual((await get()).code, 0, program);
      const { size } = await Deno.stat(dir.join("a.bin"));
      assert.ok(size > 0 && size < file.bytes.length, program);
      proxy.setFault({ kind: "pass" });
      const before = proxy.passed.down;
      const { code, stderr } = await get();
      assert.equal(code, 0, stderr);
      assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
      assert.ok(proxy.passed.down - before < file.bytes.length - size + 10_000, "what was there came again");
      assert.deepEqual(await counts(server, file), [1, n + 1], program);
      await assertUsedUp(url);
      await Deno.remove(dir.join("a.bin"));
    }
  },
});

Deno.test("A hundred clients behind a trusted proxy race over real connections: one gets the file", async () => {
  await using server = await startServer({ env: { PAWL_TRUSTED_PROXIES: "127.0.0.0/8" } });
  const file = await serveFile(server, 300_000);
  const path = await makeLink(server, file);
  const answers = await Promise.all(Array.from({ length: 100 }, async (_, n) => {
    const answer = await fetch(new URL(path, server.url), {
      headers: { "X-Forwarded-For": `198.51.100.${n}` },
    });
    const bytes = await answer.bytes();
    return answer.status === 200 ? bytes.length : JSON.parse(new TextDecoder().decode(bytes)).code;
  }));
  assert.deepEqual(answers.toSorted(), [300_000, ...Array<string>(99).fill("link-used-up")]);
  assert.deepEqual(await counts(server, file), [1, 1]);
});

Deno.test("What a peer that is no proxy of ours says of its address counts for nothing", async () => {
  await using server = await startServer();
  const file = await serveFile(server, 100);
  const make = async (authorizedIp: string) => {
    const answer = await server.fetch(`/api/v1/attachments/${file.id}/tokens`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ authorizedIp }),
    });
    return new URL(new URL((await answer.json()).url).pathname, server.url);
  };
  const spoofed = {
    headers: { "X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1", "X-Real-IP": "192.0.2.1" },
  };
  const refused = await fetch(await make("192.0.2.1"), spoofed);
  assert.equal((await refused.json()).code, "link-wrong-address");
  const served = await fetch(await make("127.0.0.1/32"), spoofed);
  assert.equal(served.status, 200);
  await served.body?.cancel();
});
