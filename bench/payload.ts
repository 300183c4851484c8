/** The bytes that clients send, as files in memory where there is room, with their digests. */
import { createHash, randomFillSync } from "node:crypto";

export const MIB = 2 ** 20;

export interface PayloadFile {
  path: string;
  size: number;
  /** Of its bytes, base64. */
  sha256: string;
}

export interface Payload extends AsyncDisposable {
  /** For other files that clients need or leave. */
  directory: string;
  /** A file of random bytes of its own. */
  file(name: string, size: number): Promise<PayloadFile>;
}

/** In /dev/shm, so that the client's reading costs no disk; below the system's temporary folder without it. */
export async function makePayload(): Promise<Payload> {
  const inMemory = await Deno.stat("/dev/shm").then(({ isDirectory }) => isDirectory, () => false);
  const directory = await Deno.makeTempDir({ prefix: "pawl_bench_", ...(inMemory && { dir: "/dev/shm" }) });
  return {
    directory,
    async file(name, size) {
      const path = `${directory}/${name}`;
      const hash = createHash("sha256");
      using file = await Deno.open(path, { write: true, create: true, truncate: true });
      const piece = new Uint8Array(Math.min(size, MIB));
      for (let left = size; left > 0; left -= piece.length) {
        randomFillSync(piece);
        const part = piece.subarray(0, left);
        hash.update(part);
        for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      }
      return { path, size, sha256: hash.digest("base64") };
    },
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
