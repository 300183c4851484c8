/** The same answers over a real socket: what the runtime's HTTP layer adds, drops and cuts is part of the promise. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { BodyEnd } from "../../../routes/http/body_stream.ts";
import { type DownloadFile, fileResponse } from "../../../routes/http/file_response.ts";
import { Problem } from "../../../services/problem.ts";

const modified = Date.UTC(2026, 0, 2, 3, 4, 5);

interface Served extends AsyncDisposable {
  port: number;
  opened: number;
  closed: number;
  end: Promise<BodyEnd>;
}

/** Serves `bytes`; `held` delays opening, `readable` is what the source really holds. */
function serve(
  bytes: Uint8Array,
  options: { held?: Promise<void>; readable?: number; asked?: () => void } = {},
): Served {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const source = bytes.subarray(0, options.readable ?? bytes.length);
  const ended = Promise.withResolvers<BodyEnd>();
  const file: DownloadFile = {
    size: bytes.length,
    sha256,
    lastModified: modified,
    contentType: "application/zip",
    fileName: "a.zip",
    download: false,
    cacheControl: "private, no-cache",
    async open() {
      options.asked?.();
      await options.held;
      served.opened++;
      return {
        read(into, position) {
          const piece = source.subarray(position, position + into.length);
          into.set(piece);
          return Promise.resolve(piece.length);
        },
        close: () => void served.closed++,
      };
    },
    onEnd: ended.resolve,
  };
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {}, onError: () => new Response(null, { status: 500 }) },
    async (request) => {
      try {
        return await fileResponse(request, file, { now: Date.now(), freesPieces: true });
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return Response.json({ code: error.code }, { status: error.status, headers: error.headers });
      }
    },
  );
  const served: Served = {
    port: server.addr.port,
    opened: 0,
    closed: 0,
    end: ended.promise,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return served;
}

interface RawAnswer {
  status: number;
  headers: Headers;
  body: Uint8Array;
}

/** Sends one request on a connection of its own and reads until it is closed. */
async function ask(port: number, lines: string[]): Promise<RawAnswer> {
  using connection = await Deno.connect({ port, hostname: "127.0.0.1" });
  const request = [...lines, "Host: localhost", "Connection: close", "", ""].join("\r\n");
  await connection.write(new TextEncoder().encode(request));
  const chunks: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      chunks.push(buffer.slice(0, n));
    }
  } catch (error) {
    // A broken connection may arrive as a reset.
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  const all = new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
  const head = new TextDecoder("latin1").decode(all).split("\r\n\r\n", 1)[0]!;
  const [statusLine, ...fields] = head.split("\r\n");
  const headers = new Headers(fields.map((field) => {
    const colon = field.indexOf(":");
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as [string, string];
  }));
  return { status: Number(statusLine!.split(" ")[1]), headers, body: all.subarray(head.length + 4) };
}

const text = new TextEncoder().encode("0123456789");
const latin1 = (body: Uint8Array) => new TextDecoder("latin1").decode(body);

const ANSWERS: [lines: string[], status: number, body: string, contentRange: string | null][] = [
  [["GET / HTTP/1.1"], 200, "0123456789", null],
  [["GET / HTTP/1.0"], 200, "0123456789", null],
  [["GET / HTTP/1.1", "Range: bytes=2-4"], 206, "234", "bytes 2-4/10"],
  [["GET / HTTP/1.1", "range:bytes=-2  "], 206, "89", "bytes 8-9/10"],
  [["GET / HTTP/1.1", "Range: bytes=0-0,9-9"], 206, "multipart", null],
  [["GET / HTTP/1.1", "Range: bytes=0-1", "Range: bytes=5-6"], 200, "0123456789", null],
  [["GET / HTTP/1.1", "Range: lines=1-2"], 200, "0123456789", null],
  [["GET / HTTP/1.1", "Range: bytes=1-0"], 200, "0123456789", null],
  [["GET / HTTP/1.1", "Range: bytes=10-"], 416, '{"code":"range-not-satisfiable"}', "bytes */10"],
  [["GET / HTTP/1.1", 'If-Match: "x"'], 412, '{"code":"precondition-failed"}', null],
  [["GET / HTTP/1.1", "If-None-Match: *"], 304, "", null],
  [["GET / HTTP/1.1", 'If-None-Match: "x"', "If-None-Match: *"], 200, "0123456789", null],
  [["HEAD / HTTP/1.1"], 200, "", null],
  [["HEAD / HTTP/1.1", "Range: bytes=2-4"], 200, "", null],
];

for (const [lines, status, expected, contentRange] of ANSWERS) {
  Deno.test(`over a socket, ${lines.join(" | ")} is answered ${status}`, async () => {
    await using served = serve(text);
    const answer = await ask(served.port, lines);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.get("content-range"), contentRange);
    assert.equal(answer.headers.get("transfer-encoding"), null);
    const body = latin1(answer.body);
    if (expected === "multipart") {
      const boundary = answer.headers.get("content-type")!.split("boundary=")[1]!;
      assert.ok(body.startsWith(`--${boundary}\r\n`) && body.endsWith(`\r\n--${boundary}--\r\n`), body);
    } else {
      assert.equal(body, expected);
    }
    const length = answer.headers.get("content-length");
    if (status === 304) assert.equal(answer.headers.get("content-type"), null);
    else if (lines[0]!.startsWith("HEAD")) assert.equal(length, "10");
    else assert.equal(length, String(answer.body.length));
    assert.equal(served.opened, status < 300 && lines[0]!.startsWith("GET") ? 1 : 0);
    assert.equal(served.closed, served.opened);
  });
}

Deno.test("over a socket, an empty file has Content-Length 0", async () => {
  await using served = serve(new Uint8Array());
  const answer = await ask(served.port, ["GET / HTTP/1.1"]);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-length"), "0");
  assert.equal(answer.headers.get("transfer-encoding"), null);
  assert.equal(served.closed, 1);
});

Deno.test("over a socket, megabytes arrive unchanged, whole and in parts put together", async () => {
  const bytes = new Uint8Array(3_000_000);
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  await using served = serve(bytes);
  const whole = await ask(served.port, ["GET / HTTP/1.1"]);
  assert.ok(whole.body.length === bytes.length && whole.body.every((byte, at) => byte === bytes[at]));
  const cut = 1_234_567;
  const first = await ask(served.port, ["GET / HTTP/1.1", `Range: bytes=0-${cut - 1}`]);
  const resume = [`Range: bytes=${cut}-`, `If-Range: ${first.headers.get("etag")}`];
  const second = await ask(served.port, ["GET / HTTP/1.1", ...resume]);
  assert.equal(second.status, 206);
  const joined = new Uint8Array([...first.body, ...second.body]);
  assert.ok(joined.length === bytes.length && joined.every((byte, at) => byte === bytes[at]));
});

Deno.test("over a socket, a client that leaves closes the source and is reported with what is left", async () => {
  const bytes = new Uint8Array(64 * 1024 * 1024);
  await using served = serve(bytes);
  const connection = await Deno.connect({ port: served.port, hostname: "127.0.0.1" });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await connection.read(new Uint8Array(1024));
  connection.close();
  const end = await served.end;
  assert.equal(end.whole, false);
  assert.equal(end.error, undefined);
  assert.ok(end.sent < bytes.length && end.sent + end.left === bytes.length);
  assert.equal(served.closed, 1);
});

Deno.test("over a socket, a client that leaves while the file is opened leaves no source open", async () => {
  const gate = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using served = serve(new Uint8Array(16 * 1024 * 1024), { held: gate.promise, asked: asked.resolve });
  const connection = await Deno.connect({ port: served.port, hostname: "127.0.0.1" });
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  await asked.promise;
  connection.close();
  gate.resolve();
  assert.equal((await served.end).whole, false);
  assert.equal(served.closed, 1);
});

Deno.test("over a socket, a source that turns out short breaks the connection", async () => {
  const bytes = new Uint8Array(1_000_000);
  await using served = serve(bytes, { readable: 600_000 });
  const answer = await ask(served.port, ["GET / HTTP/1.1"]);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-length"), "1000000");
  assert.equal(answer.headers.get("transfer-encoding"), null);
  assert.ok(answer.body.length <= 600_000);
  const end = await served.end;
  assert.ok(end.error instanceof Error && !end.whole);
  assert.equal(served.closed, 1);
});

Deno.test("over a socket, fetch does not take a short body for the file", async () => {
  await using served = serve(new Uint8Array(1_000_000), { readable: 600_000 });
  const client = Deno.createHttpClient({});
  const answer = await fetch(`http://127.0.0.1:${served.port}/`, { client });
  await assert.rejects(answer.bytes());
  client.close();
});
