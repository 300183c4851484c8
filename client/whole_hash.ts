/** SHA-256 of a whole file without blocking anybody: natively, in a worker, or in small pieces. */
import { digestOf, hashesNatively, newSha256, toHex } from "./hash.ts";
import type { HashAnswer, HashRequest } from "./hash_worker.ts";
import type { Source } from "./source.ts";

export interface WholeHash {
  /** Lower-case hex. Rejects with the signal's reason, or with what reading throws. */
  of(source: Source, signal: AbortSignal): Promise<string>;
}

/** Up to this size a file is hashed at once: that is quicker than a worker's start. */
const SMALL_BYTES = 4 * 1024 * 1024;
const NATIVE_PIECE_BYTES = 1024 * 1024;
/** About a millisecond's work in plain JavaScript. */
const PAGE_PIECE_BYTES = 256 * 1024;

/** `workerUrl` as in `ConnectOptions.hashWorkerUrl`. */
export function newWholeHash(workerUrl: string | URL | null | undefined): WholeHash {
  const worker = workerUrl === null || hashesNatively() || typeof Worker !== "function"
    ? null
    : newWorkerHash(() => startWorker(workerUrl));
  return {
    async of(source, signal) {
      signal.throwIfAborted();
      const { blob, size } = source;
      if (!hashesNatively() && size <= SMALL_BYTES) return toHex(await digestOf(await source.read(0, size)));
      const byWorker = worker !== null && blob !== null ? await worker.of(blob, signal) : null;
      return byWorker ?? await inPieces(source, signal);
    },
  };
}

async function inPieces(source: Source, signal: AbortSignal): Promise<string> {
  const hash = newSha256();
  const step = hashesNatively() ? NATIVE_PIECE_BYTES : PAGE_PIECE_BYTES;
  for (let start = 0; start < source.size; start += step) {
    const bytes = await source.read(start, Math.min(start + step, source.size));
    signal.throwIfAborted();
    hash.update(bytes);
  }
  return hash.hex();
}

function startWorker(url: string | URL | undefined): Worker {
  // In this form, so that bundlers find the file.
  if (url === undefined) return new Worker(new URL("./hash_worker.js", import.meta.url), { type: "module" });
  return new Worker(url, { type: "module" });
}

interface WorkerHash {
  /** null when the worker cannot be started or broke: hash in another way. */
  of(blob: Blob, signal: AbortSignal): Promise<string | null>;
}

interface Job {
  settle(sha256: string | null): void;
}

/** One worker for all files, there as long as there is work. */
function newWorkerHash(start: () => Worker): WorkerHash {
  let worker: Worker | null = null;
  let broken = false;
  let lastId = 0;
  const jobs = new Map<number, Job>();

  function giveUp() {
    broken = true;
    for (const { settle } of jobs.values()) settle(null);
  }

  function running(): Worker {
    if (worker) return worker;
    worker = start();
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      jobs.get(data.id)?.settle("sha256" in data ? data.sha256 : null);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      giveUp();
    };
    return worker;
  }

  function end(id: number) {
    jobs.delete(id);
    if (jobs.size > 0) return;
    worker?.terminate();
    worker = null;
  }

  return {
    of(blob, signal) {
      if (broken) return Promise.resolve(null);
      const id = ++lastId;
      const post = (message: HashRequest) => running().postMessage(message);
      return new Promise<string | null>((resolve, reject) => {
        const stop = () => {
          post({ id, cancel: true });
          end(id);
          reject(signal.reason);
        };
        jobs.set(id, {
          settle(sha256) {
            signal.removeEventListener("abort", stop);
            end(id);
            resolve(sha256);
          },
        });
        signal.addEventListener("abort", stop, { once: true });
        try {
          post({ id, blob });
        } catch {
          giveUp();
        }
      });
    },
  };
}
