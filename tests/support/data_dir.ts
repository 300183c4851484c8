/** A look into the data directory of a server that has ended: records against bytes. */
import assert from "node:assert/strict";
import type { BlobRecord, UploadRecord } from "../../services/model.ts";

/** Paths of all files below `directory`, relative to it. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory) found.push(name);
    else for (const inner of await filesBelow(`${directory}/${name}`)) found.push(`${name}/${inner}`);
  }
  return found;
}

export interface Holdings {
  /** Files that hold bytes. */
  files: number;
  live: number;
  condemned: number;
  /** Blobs of open sessions. */
  uploading: number;
}

/** Throws unless every file belongs to a record, every live record has its bytes, and no removal is pending. */
export async function assertNoOrphans(dataDir: string): Promise<Holdings> {
  using kv = await Deno.openKv(`${dataDir}/pawl.kv`);
  const blobs = new Map<string, BlobRecord>();
  for await (const { value } of kv.list<BlobRecord>({ prefix: ["blob"] })) blobs.set(value.id, value);
  const open = new Set<string>();
  for await (const { value } of kv.list<UploadRecord>({ prefix: ["upload"] })) {
    if (value.status === "uploading") open.add(value.blobId);
  }
  const files = new Set((await filesBelow(`${dataDir}/blobs`)).map((path) => path.replace("/", "-")));
  const counts = { files: files.size, live: 0, condemned: 0, uploading: 0 };
  for (const file of files) assert.ok(blobs.has(file), `an ownerless file: ${file}`);
  for (const { id, state, size, refs } of blobs.values()) {
    assert.notEqual(state, "deleting", `a removal that was not carried on: ${id}`);
    assert.notEqual(state, "damaged");
    counts[state as Exclude<typeof state, "deleting" | "damaged">]++;
    if (state === "uploading") assert.ok(open.has(id), `a blob of no open session: ${id}`);
    if (state !== "live") continue;
    assert.ok(refs > 0, `live without references: ${id}`);
    if (size === 0) continue;
    const path = `${dataDir}/blobs/${id.replace("-", "/")}`;
    assert.ok((await Deno.stat(path)).size >= size, `too few bytes: ${id}`);
  }
  assert.deepEqual(await filesBelow(`${dataDir}/begun`), []);
  return counts;
}
