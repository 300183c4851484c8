/**
 * Makes a backup in a directory, beside what is there: records first, at one moment; then the bytes that they need, which
 * nobody removes meanwhile; then the manifest, which makes it the backup. What only the one before needed goes last.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { openRecordsOfCopy } from "../../services/open.ts";
import type { Records } from "../../services/records/records.ts";
import { totalsOf } from "./contents.ts";
import { sizeOf } from "../size_of.ts";
import { copyBlobs } from "./copy_blobs.ts";
import { FORMAT, type Layout, type Manifest, syncFolder, writeManifest, writeWhole } from "./layout.ts";
import { prune } from "./prune.ts";
import { takeSnapshot } from "./snapshot.ts";

export interface BackupOptions {
  dataDir: string;
  layout: Layout;
  /** Whether a server has the database open. */
  beside: boolean;
  /** Compares what earlier backups have copied, too. */
  bytes: boolean;
  version: string;
  signal: AbortSignal;
  /** Throws unless all bytes that the records need are still there. To be called before the backup counts. */
  confirm: () => Promise<void>;
  progress: (said: Progress) => void;
  /** ISO time. */
  now: () => string;
}

export type Progress =
  | { step: "records" }
  | { step: "bytes"; blobs: number; ofBlobs: number; bytes: number; ofBytes: number }
  | { step: "tidying" };

export async function makeBackup(options: BackupOptions): Promise<Manifest> {
  const { dataDir, layout, beside, signal, confirm, progress, now } = options;
  const startedAt = now();
  progress({ step: "records" });
  const name = `${startedAt.replaceAll(/[-:.]/g, "")}-${crypto.randomUUID().slice(0, 8)}.kv`;
  await Deno.mkdir(join(layout.root, "kv"), { recursive: true, mode: 0o700 });
  await takeSnapshot({ from: join(dataDir, "pawl.kv"), to: layout.records(name), readOnly: beside });
  const takenAt = now();
  signal.throwIfAborted();

  const findings: string[] = [];
  const totals = await withRecords(layout.records(name), async (records) => {
    const totals = await totalsOf(records);
    const done = { blobs: 0, bytes: 0 };
    const tell = () =>
      progress({
        step: "bytes",
        blobs: done.blobs,
        ofBlobs: totals.blobs + totals.openUploads,
        bytes: done.bytes,
        ofBytes: totals.bytes,
      });
    await copyBlobs({
      records,
      layout,
      source: (id) => join(dataDir, "blobs", id.slice(0, 8), id.slice(9)),
      bytes: options.bytes,
      signal,
      report: (finding) => findings.push(finding),
      onBytes(bytes) {
        done.bytes += bytes;
        tell();
      },
      onBlob() {
        done.blobs++;
        tell();
      },
    });
    await confirm();
    return totals;
  });

  const secret = await copySecret(dataDir, layout);
  const records = { name, ...await digestOf(layout.records(name)) };
  const made = { format: FORMAT, version: options.version, startedAt, takenAt, endedAt: now() };
  const manifest: Manifest = { ...made, records, secret, ...totals, findings };
  await syncFolder(layout.root);
  await writeManifest(layout, manifest);

  progress({ step: "tidying" });
  await withRecords(layout.records(name), (records) => prune(layout, manifest, records));
  return manifest;
}

/** Resolves when the database is closed, and its file complete. */
export async function withRecords<T>(path: string, run: (records: Records) => Promise<T>): Promise<T> {
  try {
    using opened = await openRecordsOfCopy(path);
    return await run(opened.records);
  } finally {
    // SQLite closes it on a thread of its own, and takes this away last.
    while (await sizeOf(`${path}-wal`) !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function copySecret(dataDir: string, { secret }: Layout): Promise<boolean> {
  try {
    await writeWhole(secret, await Deno.readFile(join(dataDir, "secret")));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Of a whole file, which is brought to stable storage. */
export async function digestOf(path: string): Promise<{ size: number; sha256: string }> {
  using file = await Deno.open(path, { read: true, write: true });
  await file.sync();
  const hash = createHash("sha256");
  const buffer = new Uint8Array(1024 * 1024);
  let size = 0;
  for (let count = await file.read(buffer); count; count = await file.read(buffer)) {
    hash.update(buffer.subarray(0, count));
    size += count;
  }
  return { size, sha256: hash.digest("hex") };
}
