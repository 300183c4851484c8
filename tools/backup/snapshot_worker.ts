/// <reference lib="deno.worker" />
/** The thread behind `snapshot.ts`, because SQLite's calls last. */
import { backup, DatabaseSync } from "node:sqlite";
import type { SnapshotRequest } from "./snapshot.ts";

/** A server that starts may hold it locked for a moment. */
const BUSY_MS = 30_000;
/** In one step, and so in one transaction: with several, each write between two of them would begin it anew. */
const ALL_PAGES = 2 ** 31 - 1;

self.onmessage = async ({ data: { from, to, readOnly } }: MessageEvent<SnapshotRequest>) => {
  try {
    const database = new DatabaseSync(from, { readOnly });
    try {
      database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
      await backup(database, to, { rate: ALL_PAGES });
    } finally {
      database.close();
    }
    self.postMessage({ error: null });
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
};
