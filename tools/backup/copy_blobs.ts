/** Brings the bytes that records need from a store into a backup; what is there already stays. */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import type { Span } from "../../services/model.ts";
import type { Records } from "../../services/records/records.ts";
import { SpanSet } from "../../services/uploads/spans.ts";
import { sizeOf } from "../size_of.ts";
import { type OpenBlob, openBlobs, receivedChunks, type WholeBlob, wholeBlobs } from "./contents.ts";
import { type CopyContext, copyStretch, copyWhole, openSource, openTarget } from "./copy_bytes.ts";
import { type Layout, readSpans, syncFolder, writeSpans } from "./layout.ts";

/** Copied side by side. */
const AT_ONCE = 6;

export interface CopyJob extends CopyContext {
  records: Records;
  /** Where a blob lies in the store. */
  source: (id: string) => string;
  layout: Layout;
  /** Compares what is there already, too. */
  bytes: boolean;
  /** A sentence for each thing that could not be copied. */
  report: (finding: string) => void;
  /** After each blob. */
  onBlob: () => void;
}

/** All of it is on stable storage when it resolves. */
export async function copyBlobs(job: CopyJob): Promise<void> {
  const folders = new Set<string>();
  for await (const page of wholeBlobs(job.records)) {
    await each(page, AT_ONCE, async (blob) => {
      await copyBlob(job, blob);
      folders.add(dirname(job.layout.blob(blob.id)));
      job.onBlob();
    });
  }
  for await (const open of openBlobs(job.records)) {
    await copyReceived(job, open);
    folders.add(dirname(job.layout.open(open.id)));
    job.onBlob();
  }
  await syncFolders(folders);
}

async function copyBlob(job: CopyJob, { id, size, sha256, state }: WholeBlob): Promise<void> {
  const { layout, source, bytes, signal, onBytes, report } = job;
  const to = layout.blob(id);
  signal.throwIfAborted();
  if ((await sizeOf(to)) === size && !(bytes && await isOther(job, { path: to, size, sha256 }))) {
    if (!bytes || sha256 === null) onBytes(size);
    return;
  }
  const result = await copyWhole({ from: source(id), to, size, sha256, signal, onBytes });
  if (result === "copied" || state === "going") return;
  const what = result === "missing" ? "are missing" : "are other ones than recorded";
  report(`The bytes of the blob ${id} (${size} bytes) ${what}${state === "lost" ? ", as is known" : ""}.`);
}

async function isOther(
  { signal, onBytes }: CopyJob,
  { path, size, sha256 }: { path: string; size: number; sha256: string | null },
): Promise<boolean> {
  if (sha256 === null) return false;
  using file = await Deno.open(path);
  return await digestOf(file, { offset: 0, size, signal, onBytes }) !== sha256;
}

/** null: the file is too short. */
async function digestOf(
  file: Deno.FsFile,
  { offset, size, signal, onBytes }: CopyContext & Span,
): Promise<string | null> {
  const hash = createHash("sha256");
  const isThere = await copyStretch({
    source: file,
    target: null,
    offset,
    size,
    holes: false,
    hash,
    signal,
    onBytes,
  });
  return isThere ? hash.digest("hex") : null;
}

/** What the upload has received, at its place; a stretch that is there already stays. */
async function copyReceived(job: CopyJob, open: OpenBlob): Promise<void> {
  const { layout, records, signal, onBytes, report } = job;
  const have = new SpanSet();
  for (const { offset, size } of await readSpans(layout, open.id)) have.add(offset, offset + size);
  const before = have.bytes;
  using source = await openSource(job.source(open.id));
  let target: Deno.FsFile | null = null;
  try {
    for await (const { offset, size, sha256 } of receivedChunks(records, open)) {
      signal.throwIfAborted();
      const isThere = have.split(offset, offset + size).every(({ recorded }) => recorded);
      if (isThere) {
        onBytes(size);
        continue;
      }
      target ??= await openTarget(layout.open(open.id));
      const hash = createHash("sha256");
      const stretch = { target, offset, size, holes: false, hash, signal, onBytes };
      const isWhole = source !== null && await copyStretch({ source, ...stretch });
      if (isWhole && hash.digest("hex") === sha256) have.add(offset, offset + size);
      else report(`Of the open upload ${open.uploadId} ${size} bytes from ${offset} on are lost.`);
    }
    if (have.bytes === before) return;
    await target!.syncData();
    await writeSpans(layout, open.id, have.spans());
  } finally {
    target?.close();
  }
}

/** The first failure ends it, after those that are under way. */
export async function each<T>(items: T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failed = false;
  const work = async () => {
    for (const item of rest) {
      if (failed) return;
      await run(item).catch((error) => {
        failed = true;
        throw error;
      });
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, work));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}

/** Those that are there, and the folders that they are in. */
export async function syncFolders(folders: Set<string>): Promise<void> {
  for (const path of new Set([...folders, ...[...folders].map(dirname)])) {
    await syncFolder(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
