/**
 * Brings a backup back into an empty data directory. A mark in it keeps servers from it until everything is there; a
 * restore that was interrupted is gone on with.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { lockDataDir, RESTORING } from "../../services/data_dir.ts";
import type { Records } from "../../services/records/records.ts";
import { type OpenBlob, openBlobs, receivedChunks, totalsOf, wholeBlobs } from "./contents.ts";
import { copyStretch, copyWhole, openSource, openTarget } from "./copy_bytes.ts";
import { sizeOf } from "../size_of.ts";
import { each, syncFolders } from "./copy_blobs.ts";
import { type Layout, type Manifest, syncFolder, writeWhole } from "./layout.ts";
import { digestOf, type Progress, withRecords } from "./make_backup.ts";
import { removeIfPresent } from "./prune.ts";

const AT_ONCE = 6;

export interface RestoreOptions {
  layout: Layout;
  manifest: Manifest;
  dataDir: string;
  signal: AbortSignal;
  progress: (said: Progress) => void;
}

/** Gives a sentence for each thing that is not in the backup as it should be. Throws `DataDirBusy`. */
export async function restoreBackup(options: RestoreOptions): Promise<string[]> {
  const { dataDir, manifest, layout, signal, progress } = options;
  await requireEmpty(dataDir);
  using _lock = await lockDataDir(dataDir);
  const mark = join(dataDir, RESTORING);
  await writeWhole(mark, new Uint8Array());
  progress({ step: "records" });
  const database = join(dataDir, "restoring.kv");
  for (const end of ["", "-wal", "-shm"]) await removeIfPresent(database + end);
  const { name, size, sha256 } = manifest.records;
  const source = layout.records(name);
  if (await copyWhole({ from: source, to: database, size, sha256, signal, onBytes() {} }) !== "copied") {
    throw new Error(`The records of the backup are damaged: ${source} is not as it was made.`);
  }
  if (manifest.secret) await writeWhole(join(dataDir, "secret"), await Deno.readFile(layout.secret));

  const findings: string[] = [];
  await withRecords(database, (records) => copyBack(options, { records, findings }));
  await digestOf(database);
  await Deno.rename(database, join(dataDir, "pawl.kv"));
  await syncFolder(dataDir);
  await Deno.remove(mark);
  await syncFolder(dataDir);
  return findings;
}

/** Or one in which a restore was interrupted. */
async function requireEmpty(path: string): Promise<void> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  if (names.includes(RESTORING) || names.every((name) => name === "lock")) return;
  throw new Error(
    `${path} is not empty. Move away what is there, or name another directory with PAWL_DATA_DIR.`,
  );
}

async function copyBack(
  { dataDir, layout, signal, progress }: RestoreOptions,
  { records, findings }: { records: Records; findings: string[] },
): Promise<void> {
  const totals = await totalsOf(records);
  const done = { blobs: 0, bytes: 0 };
  const place = (id: string) => join(dataDir, "blobs", id.slice(0, 8), id.slice(9));
  const folders = new Set<string>();
  const onBytes = (bytes: number) => {
    done.bytes += bytes;
    progress({
      step: "bytes",
      blobs: done.blobs,
      ofBlobs: totals.blobs + totals.openUploads,
      bytes: done.bytes,
      ofBytes: totals.bytes,
    });
  };
  for await (const page of wholeBlobs(records)) {
    await each(page, AT_ONCE, async ({ id, size, sha256, state }) => {
      signal.throwIfAborted();
      const to = place(id);
      folders.add(dirname(to));
      // What has its name has come whole, before an interruption.
      const isThere = await sizeOf(to) === size;
      if (isThere) onBytes(size);
      const result = isThere
        ? "copied"
        : await copyWhole({ from: layout.blob(id), to, size, sha256, signal, onBytes });
      done.blobs++;
      if (result !== "copied" && state === "kept") {
        findings.push(`The bytes of the blob ${id} (${size} bytes) are not in the backup, or other ones.`);
      }
    });
  }
  for await (const open of openBlobs(records)) {
    const to = place(open.id);
    folders.add(dirname(to));
    const lost = await copyReceived({ from: layout.open(open.id), to, signal, onBytes }, records, open);
    if (lost > 0) findings.push(`Of the open upload ${open.uploadId} ${lost} bytes are not in the backup.`);
    done.blobs++;
  }
  await syncFolders(folders);
}

/** Gives the bytes that are lost. */
async function copyReceived(
  { from, to, signal, onBytes }: {
    from: string;
    to: string;
    signal: AbortSignal;
    onBytes: (bytes: number) => void;
  },
  records: Records,
  open: OpenBlob,
): Promise<number> {
  using source = await openSource(from);
  let target: Deno.FsFile | null = null;
  let lost = 0;
  try {
    for await (const { offset, size, sha256 } of receivedChunks(records, open)) {
      signal.throwIfAborted();
      target ??= await openTarget(to);
      const hash = createHash("sha256");
      const stretch = { target, offset, size, holes: false, hash, signal, onBytes };
      const isWhole = source !== null && await copyStretch({ source, ...stretch });
      if (!isWhole || hash.digest("hex") !== sha256) lost += size;
    }
    await target?.syncData();
    return lost;
  } finally {
    target?.close();
  }
}
