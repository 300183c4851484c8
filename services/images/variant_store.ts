/** What was made of a picture, stored and removed again: bytes before the record, the record before the bytes. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { isUsable } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { dropVariant, type MadeVariant, putVariant, type VariantRecord } from "../records/variants.ts";
import { removeOwnBlob } from "../uploads/end.ts";
import type { Picture } from "./engine.ts";
import { recipeId, type VariantName } from "./recipe.ts";
import { dropBlob, storeBlob } from "./store_blob.ts";

/** Of one content at most, over all recipes that there have been. */
const MAX_VARIANTS = 1000;

export const recipeOf = ({ config: { images } }: Core, name: VariantName) =>
  recipeId(images.sizes[name], images.quality);

export const gone = () => new Problem("not-found", "This file has just been deleted.");

/** Bytes first, then the record, while the content that it was made of is in use. */
export async function keepVariant(
  core: Core,
  { sha256, blobId: sourceId }: AttachmentRecord,
  { name, picture }: { name: VariantName; picture: Picture },
): Promise<MadeVariant> {
  const recipe = recipeOf(core, name);
  const { bytes, width, height, contentType } = picture;
  const content = await storeBlob(core, [bytes]);
  const { blobId, size } = content;
  const made: MadeVariant = {
    blobId,
    size,
    sha256: content.sha256,
    contentType,
    width,
    height,
    madeAt: core.now(),
  };
  const kept = await core.records.transact(async (commit) => {
    const [source, before] = [
      await core.records.get<BlobRecord>(keys.blob(sourceId)),
      await core.records.get<VariantRecord>(keys.variant(sha256, recipe)),
    ];
    // Another one has made it, or this is our own commit, whose answer was lost.
    if (before.value && !("failure" in before.value)) return before.value;
    if (!isUsable(source.value)) return null;
    commit.check(source, before);
    const blob: BlobRecord = {
      id: blobId,
      segments: core.blobs.segments(blobId, size),
      size,
      sha256: content.sha256,
      crc32: content.crc32,
      refs: 1,
      state: "live",
      sweepAt: null,
    };
    putVariant(commit, { sha256, recipe }, { variant: made, blob });
    return made;
  });
  if (kept?.blobId === blobId) await core.blobs.settle(blobId);
  else await dropBlob(core, blobId);
  if (kept === null) throw gone();
  return kept;
}

export async function keepFailure(
  core: Core,
  { sha256, blobId }: AttachmentRecord,
  { name, failure }: { name: VariantName; failure: string },
): Promise<void> {
  const engine = core.images.workshop.engine;
  if (engine === null) return;
  await core.records.transact(async (commit) => {
    const source = await core.records.get<BlobRecord>(keys.blob(blobId));
    const before = await core.records.get<VariantRecord>(keys.variant(sha256, recipeOf(core, name)));
    if (!isUsable(source.value) || (before.value && !("failure" in before.value))) return;
    commit.check(source, before).set(before.key, { failure, engine } satisfies VariantRecord);
  });
}

/** All that was made of this content, which goes. */
export async function dropVariants(core: Core, sha256: string): Promise<void> {
  for (const { key } of await core.records.page(keys.variants(sha256), { limit: MAX_VARIANTS })) {
    await forgetVariant(core, key);
  }
}

/** Record first, then the bytes; what a crash leaves between the two is for the sweep. */
export async function forgetVariant(core: Core, key: Deno.KvKey): Promise<void> {
  const made = await core.records.transact((commit) => addForgetting(core, commit, key));
  if (made?.blobId) await removeOwnBlob(core, made.blobId);
}

/** Adds to `commit` that the variant is forgotten; gives the blob that is to be removed then. null: there is none. */
export async function addForgetting(
  { records, now }: Core,
  commit: Deno.AtomicOperation,
  key: Deno.KvKey,
): Promise<{ blobId: string | null } | null> {
  const variant = await records.get<VariantRecord>(key);
  if (variant.value === null) return null;
  commit.check(variant);
  const made = "failure" in variant.value ? null : variant.value;
  const blob = made && await records.get<BlobRecord>(keys.blob(made.blobId));
  dropVariant(commit, key, { blob, now: now() });
  return { blobId: made?.blobId ?? null };
}
