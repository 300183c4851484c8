/** Small bodies that wait on the disk until it is known what they belong to. No crash leaves one behind. */
import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { Problem } from "../problem.ts";
import { diskProblem } from "./disk_errors.ts";

const PIECE = 64 * 1024;

export interface Spooled {
  /** Bytes. */
  size: number;
  /** Lower-case hex. */
  sha256: string;
  /** The bytes, once. */
  stream(): ReadableStream<Uint8Array>;
  /** The bytes are gone then; again is no error. */
  close(): void;
}

export interface Spools {
  /**
   * Takes all of `body`, at most `maxBytes`; the caller closes what it gets. Throws `refusal()` for a longer body, `busy`
   * when as many wait as may, and what is wrong with the body or the disk; nothing is kept then.
   */
  take(body: ReadableStream<Uint8Array>, options: SpoolOptions): Promise<Spooled>;
}

export interface SpoolOptions {
  /** Inclusive. */
  maxBytes: number;
  refusal: () => Problem;
}

/** `most` may wait at once. The directory is made when the first one comes. */
export function newSpools({ directory, most }: { directory: string; most: number }): Spools {
  let waiting = 0;
  return {
    async take(body, options) {
      if (waiting >= most) {
        await body.cancel().catch(() => {});
        throw new Problem("busy", "Too many chunks wait for their fields. Send the fields before the file.", {
          retryAfter: 2,
        });
      }
      waiting++;
      try {
        const file = await openNameless(directory).catch((error) => {
          throw diskProblem(error);
        });
        try {
          const { size, hash } = await fill(file, body, options);
          return spooled(file, { size, sha256: hash.digest("hex"), onClose: () => waiting-- });
        } catch (error) {
          file.close();
          throw error;
        }
      } catch (error) {
        waiting--;
        await body.cancel().catch(() => {});
        throw error;
      }
    },
  };
}

/** A file that no folder names: the system frees it when it is closed, however the process ends. */
async function openNameless(directory: string): Promise<Deno.FsFile> {
  const path = join(directory, `chunk-${crypto.randomUUID()}`);
  const options = { read: true, write: true, createNew: true, mode: 0o600 };
  const file = await Deno.open(path, options).catch(async (error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    return await Deno.open(path, options);
  });
  try {
    await Deno.remove(path);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function fill(
  file: Deno.FsFile,
  body: ReadableStream<Uint8Array>,
  { maxBytes, refusal }: SpoolOptions,
): Promise<{ size: number; hash: Hash }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const bytes of body) {
    size += bytes.length;
    if (size > maxBytes) throw refusal();
    hash.update(bytes);
    await writeAll(file, bytes);
  }
  return { size, hash };
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  } catch (error) {
    throw diskProblem(error);
  }
}

function spooled(
  file: Deno.FsFile,
  { size, sha256, onClose }: { size: number; sha256: string; onClose: () => void },
): Spooled {
  let open = true;
  return {
    size,
    sha256,
    stream() {
      let begun = false;
      return new ReadableStream({
        type: "bytes",
        autoAllocateChunkSize: PIECE,
        async pull(controller) {
          if (!begun) await file.seek(0, Deno.SeekMode.Start);
          begun = true;
          const { byobRequest } = controller;
          const view = byobRequest!.view!;
          const into = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
          const count = await file.read(into);
          if (count === null) {
            controller.close();
            byobRequest!.respond(0);
          } else byobRequest!.respond(count);
        },
      });
    },
    close() {
      if (!open) return;
      open = false;
      file.close();
      onClose();
    },
  };
}
