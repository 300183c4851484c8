/**
 * What a backup directory holds:
 *
 *     pawl-backup            empty: says that this is one
 *     manifest.json          written last; without it there is no backup here yet
 *     kv/<time>.kv           the records, a database of SQLite
 *     secret                 the local secret, where the data directory has one
 *     blobs/<day>/<random>   bytes that do not change any more
 *     open/<day>/<random>    what open uploads had received, at its place; `<random>.spans` lists what is there
 *     lock                   held by the one command that works on it
 *
 * Names that end in `.part` were not finished.
 */
import { dirname, join } from "node:path";
import type { Span } from "../../services/model.ts";

export const FORMAT = 1;
/** That are named in the manifest. */
const MAX_FINDINGS = 1000;

export interface Manifest {
  format: number;
  /** Of Pawl. */
  version: string;
  /** ISO times: what was committed before `startedAt` is in it, what was after `takenAt` is not. */
  startedAt: string;
  takenAt: string;
  endedAt: string;
  /** Below `kv/`. */
  records: { name: string; size: number; sha256: string };
  /** Whether the local secret is in it; where it is configured, it is not. */
  secret: boolean;
  blobs: number;
  openUploads: number;
  /** Of blobs and of open uploads. */
  bytes: number;
  /** What could not be copied; empty: everything is in it. */
  findings: string[];
}

export interface Layout {
  root: string;
  marker: string;
  manifest: string;
  lock: string;
  secret: string;
  records: (name: string) => string;
  blob: (id: string) => string;
  open: (id: string) => string;
  spans: (id: string) => string;
}

export function layoutOf(root: string): Layout {
  const below = (folder: string, id: string) => join(root, folder, id.slice(0, 8), id.slice(9));
  return {
    root,
    marker: join(root, "pawl-backup"),
    manifest: join(root, "manifest.json"),
    lock: join(root, "lock"),
    secret: join(root, "secret"),
    records: (name) => join(root, "kv", name),
    blob: (id) => below("blobs", id),
    open: (id) => below("open", id),
    spans: (id) => `${below("open", id)}.spans`,
  };
}

/** null: there is none. Throws with a sentence when it cannot be used. */
export async function readManifest({ manifest: path, root }: Layout): Promise<Manifest | null> {
  let text;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new Error(`${path} is damaged: it is no JSON.`);
  }
  if (manifest.format === FORMAT) return manifest;
  throw new Error(
    `${root} was made by another version of Pawl (format ${manifest.format}, known is ${FORMAT}).`,
  );
}

export async function writeManifest({ manifest: path }: Layout, manifest: Manifest): Promise<void> {
  const findings = manifest.findings.slice(0, MAX_FINDINGS);
  await writeWhole(path, new TextEncoder().encode(JSON.stringify({ ...manifest, findings }, null, 2) + "\n"));
}

/** Stretches of an open upload that are in the backup; none when there is no such list. */
export async function readSpans(layout: Layout, id: string): Promise<Span[]> {
  try {
    const pairs: [number, number][] = JSON.parse(await Deno.readTextFile(layout.spans(id)));
    return pairs.map(([offset, size]) => ({ offset, size }));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return [];
    throw error;
  }
}

export async function writeSpans(layout: Layout, id: string, spans: Span[]): Promise<void> {
  const pairs = spans.map(({ offset, size }) => [offset, size]);
  await writeWhole(layout.spans(id), new TextEncoder().encode(JSON.stringify(pairs)));
}

/** On stable storage when it resolves; readable to nobody else. What was there before stays until then. */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.part`;
  {
    using file = await Deno.open(part, { write: true, create: true, truncate: true, mode: 0o600 });
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.syncData();
  }
  await Deno.rename(part, path);
  await syncFolder(dirname(path));
}

/** The names in it. */
export async function syncFolder(path: string): Promise<void> {
  using folder = await Deno.open(path);
  await folder.sync();
}
