/**
 * Whole-file SHA-256 and CRC-32 on a thread of their own, following the committed front of each upload by
 * reading it back from the page cache, so that finishing an upload costs only what is left.
 */
import { Problem } from "../problem.ts";
import type { ContentDigest } from "./blob_store.ts";

/** A stretch of a file; positions are bytes. */
export interface FileSegment {
  path: string;
  offset: number;
  length: number;
}

export type HashRequest =
  | { kind: "advance"; id: string; segments: FileSegment[] }
  | { kind: "digest"; id: string; segments: FileSegment[]; ticket: number }
  | { kind: "forget"; id: string };

export type HashAnswer =
  | { ticket: number; digest: ContentDigest }
  | { ticket: number; error: string };

export interface DiskHasher {
  advance(id: string, to: { path: string; front: number }): void;
  digest(id: string, segments: FileSegment[]): Promise<ContentDigest>;
  forget(id: string): void;
  close(): void;
}

/** The thread is started by the first use. */
export function openDiskHasher(): DiskHasher {
  let worker: Worker | null = null;
  let closed = false;
  let tickets = 0;
  const waiting = new Map<number, PromiseWithResolvers<ContentDigest>>();

  function failAll(problem: () => Problem) {
    for (const ticket of waiting.values()) ticket.reject(problem());
    waiting.clear();
  }

  function thread(): Worker {
    if (worker) return worker;
    worker = new Worker(new URL("./disk_hash_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<HashAnswer>) => {
      const ticket = waiting.get(data.ticket);
      waiting.delete(data.ticket);
      if ("digest" in data) ticket?.resolve(data.digest);
      else ticket?.reject(unreadable(data.error));
    };
    worker.onerror = (event) => {
      // Without this the whole process would end. The next request starts a new thread, which reads from the start.
      event.preventDefault();
      worker = null;
      failAll(() => unreadable(event.message));
    };
    return worker;
  }

  const send = (request: HashRequest) => {
    if (!closed) thread().postMessage(request);
  };

  return {
    advance: (id, { path, front }) =>
      send({ kind: "advance", id, segments: [{ path, offset: 0, length: front }] }),
    digest(id, segments) {
      if (closed) return Promise.reject(stopping());
      const ticket = Promise.withResolvers<ContentDigest>();
      waiting.set(++tickets, ticket);
      send({ kind: "digest", id, segments: segments.map(asSent), ticket: tickets });
      return ticket.promise;
    },
    forget: (id) => {
      if (worker) send({ kind: "forget", id });
    },
    close() {
      closed = true;
      failAll(stopping);
      worker?.terminate();
      worker = null;
    },
  };
}

const asSent = ({ path, offset, length }: FileSegment) => ({ path, offset, length });

const stopping = () =>
  new Problem("stopping", "The server is stopping. Ask again when it is back.", { retryAfter: 5 });

const unreadable = (why: string) =>
  new Problem("storage-unavailable", "The uploaded bytes cannot be read back right now. Try again.", {
    retryAfter: 5,
    cause: new Error(why),
  });
