/**
 * The bare loop: hashes and writes the bytes of each chunk and syncs them, and nothing else. `memory`: the same
 * buffer again and again, as told by a line `write <chunks> <bytes>` on standard input, `check ...` for the SHA-256 of
 * all of them besides that of each chunk, or `hash ...` for one SHA-256 over all of them alone. `socket`: the bodies of HTTP requests with a Content-Length, of which it reads nothing else.
 */
import { createHash } from "node:crypto";

const PIECE = 512 * 1024;
const [directory, mode] = Deno.args as [string, string];

let files = 0;
const newFile = () => Deno.openSync(`${directory}/${++files}`, { write: true, create: true });

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}

function randomBytes(): Uint8Array<ArrayBuffer> {
  const piece = crypto.getRandomValues(new Uint8Array(65536));
  const bytes = new Uint8Array(PIECE);
  for (let at = 0; at < PIECE; at += piece.length) bytes.set(piece, at);
  return bytes;
}

function hashOnly({ chunks, size }: { chunks: number; size: number }): void {
  const bytes = randomBytes();
  const hash = createHash("sha256");
  for (let left = chunks * size; left > 0; left -= PIECE) hash.update(bytes.subarray(0, left));
  hash.digest();
}

async function fromMemory(
  file: Deno.FsFile,
  { chunks, size, both }: { chunks: number; size: number; both: boolean },
) {
  const bytes = randomBytes();
  const whole = createHash("sha256");
  for (let chunk = 0; chunk < chunks; chunk++) {
    const hash = createHash("sha256");
    for (let left = size; left > 0; left -= PIECE) {
      const part = bytes.subarray(0, left);
      // The faster of two: hashing while the disk writes.
      const written = writeAll(file, part);
      hash.update(part);
      if (both) whole.update(part);
      await written;
    }
    hash.digest();
    await file.syncData();
  }
  whole.digest();
}

/** All requests of one connection go into one file. */
async function fromSocket(connection: Deno.Conn) {
  using file = newFile();
  const buffer = new Uint8Array(PIECE);
  for (;;) {
    let filled = 0;
    let end = -1;
    while (end < 0) {
      const count = await connection.read(buffer.subarray(filled));
      if (count === null) return;
      filled += count;
      end = new TextDecoder("latin1").decode(buffer.subarray(0, Math.min(filled, 4096))).indexOf("\r\n\r\n");
    }
    const head = new TextDecoder("latin1").decode(buffer.subarray(0, end));
    let left = Number(/^content-length: (\d+)/im.exec(head)![1]);
    const hash = createHash("sha256");
    let part = buffer.subarray(end + 4, filled);
    for (;;) {
      const written = writeAll(file, part);
      hash.update(part);
      await written;
      left -= part.length;
      if (left === 0) break;
      part = buffer.subarray(0, await connection.read(buffer) ?? 0);
    }
    hash.digest();
    await file.syncData();
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  }
}

if (mode === "memory") {
  console.log("ready");
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const [what, ...numbers] = text.trim().split(" ");
    const [chunks, size] = numbers.map(Number) as [number, number];
    if (what === "hash") hashOnly({ chunks, size });
    else {
      using file = newFile();
      await fromMemory(file, { chunks, size, both: what === "check" });
    }
    console.log("done");
  }
} else {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(`ready ${(listener.addr as Deno.NetAddr).port}`);
  for await (const connection of listener) void fromSocket(connection).finally(() => connection.close());
}
