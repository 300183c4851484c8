/** Takes away what a backup needs no more, after a newer one has taken its place. */
import { join } from "node:path";
import type { BlobRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import type { Records } from "../../services/records/records.ts";
import type { Layout, Manifest } from "./layout.ts";

const DAY = /^\d{8}$/;
/** Of a blob, its list of stretches, or one that was not finished. */
const FILE = /^([0-9a-f]{32})(\.spans)?(\.part)?$/;
const BATCH = 500;

/** `records` are those of the backup that stays. */
export async function prune(layout: Layout, { records, secret }: Manifest, of: Records): Promise<void> {
  for (const name of await namesIn(join(layout.root, "kv"))) {
    // What SQLite keeps beside it while it is open begins alike.
    if (!name.startsWith(records.name)) await removeIfPresent(layout.records(name));
  }
  if (!secret) await removeIfPresent(layout.secret);
  await pruneFolder(
    join(layout.root, "blobs"),
    of,
    (blob) => blob !== null && ["live", "condemned", "damaged"].includes(blob.state),
  );
  await pruneFolder(join(layout.root, "open"), of, (blob) => blob?.state === "uploading");
}

async function pruneFolder(
  folder: string,
  records: Records,
  isNeeded: (blob: BlobRecord | null) => boolean,
): Promise<void> {
  for (const day of await namesIn(folder)) {
    if (!DAY.test(day)) continue;
    const names = (await namesIn(join(folder, day))).filter((name) => FILE.test(name));
    for (let at = 0; at < names.length; at += BATCH) {
      const some = names.slice(at, at + BATCH).map((name) => ({ name, parts: FILE.exec(name)! }));
      const blobs = await records.getMany<BlobRecord>(
        some.map(({ parts }) => keys.blob(`${day}-${parts[1]}`)),
      );
      for (const [at, { name, parts }] of some.entries()) {
        const isUnfinished = parts[3] !== undefined;
        if (isUnfinished || !isNeeded(blobs[at]!.value)) await removeIfPresent(join(folder, day, name));
      }
    }
  }
}

async function namesIn(path: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

export async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
