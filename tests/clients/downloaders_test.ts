import assert from "node:assert/strict";
import { assertSameBytes, runProgram, serveFile } from "../support/client_program.ts";
import { startProxy } from "../support/proxy.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const wget = tool("wget", import.meta.url);
const aria2c = tool("aria2c", import.meta.url);
const MIB = 1024 * 1024;

Deno.test({
  name: "wget -c goes on with a broken download and saves it under its name",
  ignore: wget === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const file = await serveFile(server, 8 * MIB + 5);
    await using proxy = await startProxy(server.url);
    const url = new URL(file.path, proxy.url).href;
    const get = (...args: string[]) =>
      runProgram(wget!, { args: ["-nv", `--header=${file.header}`, ...args, url], cwd: dir.path });

    proxy.setFault({ kind: "cut", direction: "down", bytes: 3 * MIB });
    assert.notEqual((await get("-c", "-t", "1", "-O", "a.bin")).code, 0);
    const { size } = await Deno.stat(dir.join("a.bin"));
    assert.ok(size > 0 && size < file.bytes.length);
    proxy.setFault({ kind: "pass" });
    const before = proxy.passed.down;
    const { code, stderr } = await get("-c", "-O", "a.bin");
    assert.equal(code, 0, stderr);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
    assert.ok(proxy.passed.down - before < file.bytes.length - size + 10_000, "what was there came again");
    assert.equal((await get("-c", "-O", "a.bin")).code, 0);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);

    assert.equal((await get("--content-disposition")).code, 0);
    assertSameBytes(await Deno.readFile(dir.join("served.bin")), file.bytes);
  },
});

Deno.test({
  name: "aria2c -x8 fetches by eight connections, also when they break, and checks the digest",
  ignore: aria2c === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const file = await serveFile(server, 16 * MIB + 5);
    await using proxy = await startProxy(server.url);
    const url = new URL(file.path, proxy.url).href;
    const get = (...args: string[]) =>
      runProgram(aria2c!, {
        args: [
          "--no-conf",
          "-x8",
          "-s8",
          "-k1M",
          "--file-allocation=none",
          "--console-log-level=warn",
          `--header=${file.header}`,
          `--checksum=sha-256=${file.sha256}`,
          ...args,
          url,
        ],
        cwd: dir.path,
      });

    // Each connection breaks, and no try is left but the first: the control file knows what has come. A reset would
    // take from a slow reader what waits in its socket, perhaps everything.
    proxy.setFault({ kind: "cut", direction: "down", bytes: MIB });
    assert.notEqual((await get("-m1", "-o", "a.bin")).code, 0);
    assert.ok(proxy.accepted >= 8, `${proxy.accepted} connections`);
    proxy.setFault({ kind: "pass" });
    const before = proxy.passed.down;
    const { code, text } = await get("-c", "-o", "a.bin");
    assert.equal(code, 0, text);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
    assert.ok(proxy.passed.down - before < file.bytes.length, "everything came again");
  },
});
