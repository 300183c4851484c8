/**
 * The records at one moment: SQLite's backup reads them in one transaction, beside a server that writes. With its log
 * ahead of the database (WAL) a reader keeps no writer waiting; the log grows until it has ended.
 */
import { dirname } from "node:path";
import { syncFolder } from "./layout.ts";

export interface SnapshotRequest {
  from: string;
  to: string;
  /** While a server has it open; without one, what a crash has left in the log is to be taken in. */
  readOnly: boolean;
}

/** On stable storage when it resolves. `to` must not be there. */
export async function takeSnapshot(request: SnapshotRequest): Promise<void> {
  const worker = new Worker(new URL("./snapshot_worker.ts", import.meta.url), { type: "module" });
  try {
    const answer = Promise.withResolvers<{ error: string | null }>();
    worker.onmessage = ({ data }) => answer.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      answer.resolve({ error: event.message });
    };
    // Before there is anything in it that others may not read.
    (await Deno.open(request.to, { write: true, createNew: true, mode: 0o600 })).close();
    worker.postMessage(request);
    const { error } = await answer.promise;
    if (error !== null) {
      throw Object.assign(new Error(`The records cannot be copied: ${error}`), {
        ...(/database or disk is full/.test(error) && { code: "ENOSPC" }),
      });
    }
  } finally {
    worker.terminate();
  }
  {
    using file = await Deno.open(request.to, { read: true, write: true });
    await file.sync();
  }
  await syncFolder(dirname(request.to));
}
