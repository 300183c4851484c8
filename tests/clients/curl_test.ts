import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { assertSameBytes, runProgram, serveFile } from "../support/client_program.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const curl = tool("curl", import.meta.url);
const MIB = 1024 * 1024;

Deno.test({
  name: "curl -T uploads a file and its standard input byte for byte",
  ignore: curl === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const header = `Authorization: Bearer ${await server.token()}`;
    const bytes = randomBytes(5 * MIB + 3, { seed: 1 });
    const name = "Jahresbericht 報告 \u{1f4ce} 100%.pdf";
    await Deno.writeFile(dir.join(name), bytes);
    await Deno.writeFile(dir.join("empty.txt"), new Uint8Array());
    const url = `${server.url}api/v1/files/`;
    const send = async (args: string[], stdin?: Uint8Array<ArrayBuffer>) => {
      const { code, text, stderr } = await runProgram(curl!, {
        args: ["-sS", "--fail-with-body", "-H", header, ...args],
        cwd: dir.path,
        ...(stdin && { stdin }),
      });
      assert.equal(code, 0, text + stderr);
      return JSON.parse(text);
    };
    const sent = [
      // curl itself escapes the name that it appends.
      [await send(["-T", name, url]), name, bytes],
      [await send(["-T", "-", `${url}piped.bin`], bytes), "piped.bin", bytes],
      [await send(["-T", "empty.txt", `${url}?visibility=public`]), "empty.txt", new Uint8Array()],
      [
        await send(["-F", `file=@${name}`, "-F", "businessId=7", `${server.url}api/v1/attachments`]),
        name,
        bytes,
      ],
    ] as const;
    for (const [attachment, fileName, content] of sent) {
      assert.deepEqual([attachment.fileName, attachment.size], [fileName, content.length]);
      const answer = await server.fetch(attachment.url);
      assertSameBytes(new Uint8Array(await answer.arrayBuffer()), content);
    }
  },
});

Deno.test({
  name: "curl -C - goes on with a broken download, and leaves a complete one as it is",
  ignore: curl === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const file = await serveFile(server, 8 * MIB + 5);
    await using proxy = await startProxy(server.url);
    const url = new URL(file.path, proxy.url).href;
    const get = (...args: string[]) =>
      runProgram(curl!, { args: ["-sS", "-H", file.header, ...args, url], cwd: dir.path });

    proxy.setFault({ kind: "cut", direction: "down", bytes: 3 * MIB });
    assert.notEqual((await get("-o", "a.bin")).code, 0);
    const { size } = await Deno.stat(dir.join("a.bin"));
    assert.ok(size > 0 && size < file.bytes.length);
    proxy.setFault({ kind: "pass" });
    const before = proxy.passed.down;
    assert.equal((await get("-f", "-C", "-", "-o", "a.bin")).code, 0);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
    assert.ok(proxy.passed.down - before < file.bytes.length - size + 10_000, "what was there came again");

    const again = await get("-C", "-", "-o", "a.bin", "-w", "%{http_code}");
    assert.deepEqual([again.code, again.text], [0, "416"]);
    assertSameBytes(await Deno.readFile(dir.join("a.bin")), file.bytes);
  },
});

Deno.test({
  name: "curl gets one range, several, and the head alone",
  ignore: curl === null,
  async fn() {
    await using server = await startServer();
    await using dir = await tempDir();
    const { bytes, path, header, sha256 } = await serveFile(server, 2 * MIB);
    const url = new URL(path, server.url).href;
    const get = (...args: string[]) =>
      runProgram(curl!, { args: ["-sS", "-f", "-H", header, ...args, url], cwd: dir.path });

    assertSameBytes((await get("-r", "1000-1999")).stdout, bytes.slice(1000, 2000));
    assertSameBytes((await get("-r", "-500")).stdout, bytes.slice(-500));

    const { stdout } = await get("-i", "-r", "0-9,1000-1009,-10");
    const latin1 = Buffer.from(stdout).toString("latin1");
    assert.match(latin1, /^HTTP\/1\.1 206 /);
    const [, boundary] = /content-type: multipart\/byteranges; ?boundary="?([^"\r\n]+)/i.exec(latin1)!;
    const parts = latin1.split(`--${boundary}`).slice(1, -1).map((part) => part.split("\r\n\r\n"));
    const last = bytes.length - 1;
    assert.deepEqual(
      parts.map(([head]) => /content-range: bytes (\S+)/i.exec(head!)![1]),
      [`0-9/${bytes.length}`, `1000-1009/${bytes.length}`, `${last - 9}-${last}/${bytes.length}`],
    );

    const contents = [[0, 10], [1000, 1010], [last - 9, last + 1]].map(([from, to]) => bytes.slice(from, to));
    assert.deepEqual(
      parts.map(([, content]) => content),
      contents.map((content) => Buffer.from(content).toString("latin1") + "\r\n"),
    );

    const head = await get("-I");
    assert.match(head.text, /^HTTP\/1\.1 200 /);
    assert.match(head.text, new RegExp(`^content-length: ${bytes.length}\r$`, "im"));
    assert.match(head.text, /^accept-ranges: bytes\r$/im);
    const [, etag] = /^etag: (\S+)\r$/im.exec(head.text)!;
    assert.ok(!etag!.startsWith("W/"), `${etag} of ${sha256}`);
    const unchanged = await get("-H", `If-None-Match: ${etag}`, "-w", "%{http_code}");
    assert.equal(unchanged.text, "304");
  },
});
