/** Smaller pictures of a picture: made once, kept as blobs, gone with what they were made of. */
import type { BlobReader } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { isUsable } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import type { MadeVariant, VariantRecord } from "../records/variants.ts";
import { byteWindow } from "./byte_window.ts";
import { ABILITIES } from "./engine.ts";
import type { Making } from "./images.ts";
import { shownSize } from "./inspection.ts";
import { sourceOf } from "./process.ts";
import { fitInside, type Size, type VariantName, VARIANTS } from "./recipe.ts";
import { forgetVariant, gone, keepFailure, keepVariant, recipeOf } from "./variant_store.ts";
import type { Priority } from "./workshop.ts";

/** Which variants there are or can be made of an attachment, with their sizes. */
export function variantsOf(core: Core, attachment: AttachmentRecord): Partial<Record<VariantName, Size>> {
  if (whyNone(core, attachment) !== null) return {};
  const shown = shownSize(attachment.image!);
  return Object.fromEntries(VARIANTS.map((name) => [name, fitInside(shown, core.config.images.sizes[name])]));
}

/** Completes "There are no variants of this file: ..."; null when there are. */
function whyNone(
  { config, images }: Core,
  { image, size }: AttachmentRecord,
): { reason: string; text: string } | null {
  const { engine } = images.workshop;
  if (engine === null) {
    return { reason: "switched-off", text: "this server does not work on pictures (images.engine)." };
  }
  if (!image) return { reason: "not-a-picture", text: "it is no picture, or one that cannot be read." };
  const most = ABILITIES[engine].reads[image.format];
  if (most === undefined || (image.cmyk && engine === "imagescript")) {
    return {
      reason: "format-not-read",
      text: `the engine ${engine} does not read such ${image.format.toUpperCase()}.`,
    };
  }
  const { maxBytes, maxPixels } = config.images;
  if (image.pixels > Math.min(maxPixels, most) || size > maxBytes) {
    return { reason: "too-large", text: "it is larger than images.maxPixels or images.maxBytes allow." };
  }
  return null;
}

export interface VariantContent extends MadeVariant {
  /** The caller closes it. */
  open(): Promise<BlobReader>;
}

/**
 * Makes it when it is not there yet: once, however many ask. Who asks has been let at the attachment. Throws
 * `no-variant` with a reason, and `busy` when too many pictures wait.
 */
export async function findVariant(
  core: Core,
  attachment: AttachmentRecord,
  name: VariantName,
): Promise<VariantContent> {
  const none = whyNone(core, attachment);
  if (none) throw noVariant(name, none);
  const made = await stored(core, attachment, name) ??
    await make(core, attachment, { name, priority: "asked" });
  return { ...made, open: () => openVariant(core, attachment, { name, made }) };
}

function noVariant(name: VariantName, { reason, text }: { reason: string; text: string }): Problem {
  return new Problem("no-variant", `There is no ${name} of this file: ${text}`, { extra: { reason } });
}

/** null when it was not made yet. Throws `no-variant` when this engine could not make it. */
async function stored(
  core: Core,
  { sha256 }: AttachmentRecord,
  name: VariantName,
): Promise<MadeVariant | null> {
  const { value } = await core.records.get<VariantRecord>(keys.variant(sha256, recipeOf(core, name)));
  if (value === null) return null;
  if (!("failure" in value)) return value;
  if (value.engine !== core.images.workshop.engine) return null;
  throw noVariant(name, { reason: "cannot-be-decoded", text: value.failure });
}

/** Variants are made again when their bytes were lost. */
async function openVariant(
  core: Core,
  attachment: AttachmentRecord,
  { name, made }: { name: VariantName; made: MadeVariant },
): Promise<BlobReader> {
  const read = ({ blobId, size }: MadeVariant) => core.blobs.openReader(core.blobs.segments(blobId, size));
  try {
    return await read(made);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "blob-missing") throw error;
    await forgetVariant(core, keys.variant(attachment.sha256, recipeOf(core, name)));
    const again = await findVariant(core, attachment, name);
    // The headers speak of the bytes of before.
    if (again.sha256 !== made.sha256) {
      throw new Problem("busy", "This picture has just been made anew. Ask again.", {
        retryAfter: 1,
        cause: error,
      });
    }
    return await read(again);
  }
}

/** In the background, after an upload was answered. What fails is found out by who asks. */
export function makeVariantsLater(
  core: Core,
  attachment: AttachmentRecord,
  names: readonly VariantName[],
): void {
  if (names.length === 0 || whyNone(core, attachment) !== null) return;
  core.background.run("make variants", async () => {
    try {
      for (const name of names) {
        if (!await stored(core, attachment, name)) {
          await make(core, attachment, { name, names, priority: "background" });
        }
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  });
}

interface Make {
  name: VariantName;
  /** Made by the way, if they are not there yet. */
  names?: readonly VariantName[];
  priority: Priority;
}

/** Joins the work that is going on. */
async function make(
  core: Core,
  attachment: AttachmentRecord,
  { name, names = [name], priority }: Make,
): Promise<MadeVariant> {
  const { making } = core.images;
  const idOf = (name: VariantName) => `${attachment.sha256} ${recipeOf(core, name)}`;
  const known = making.get(idOf(name));
  if (known && (known.isUrgent() || priority === "background")) return (await known.made).get(name)!;
  const state = { urgent: priority !== "background" };
  const made = work(core, attachment, { names, priority, begun: () => state.urgent = true }).finally(() => {
    for (const name of names) if (making.get(idOf(name))?.made === made) making.delete(idOf(name));
  });
  const own: Making = { made, isUrgent: () => state.urgent };
  for (const name of names) making.set(idOf(name), own);
  return (await made).get(name)!;
}

async function work(
  core: Core,
  attachment: AttachmentRecord,
  { names, priority, begun }: { names: readonly VariantName[]; priority: Priority; begun: () => void },
): Promise<Map<VariantName, MadeVariant>> {
  const all = new Map<VariantName, MadeVariant>();
  const missing: VariantName[] = [];
  const sizes = variantsOf(core, attachment);
  try {
    const pictures = await core.images.workshop.run(async () => {
      begun();
      for (const name of names) {
        const made = await stored(core, attachment, name);
        if (made) all.set(name, made);
        else missing.push(name);
      }
      if (missing.length === 0) throw new AllMade();
      const source = await read(core, attachment);
      const shrinking = { sizes: missing.map((name) => sizes[name]!), quality: core.config.images.quality };
      return { kind: "shrink", source, shrinking };
    }, priority);
    for (const [index, picture] of pictures.entries()) {
      all.set(missing[index]!, await keepVariant(core, attachment, { name: missing[index]!, picture }));
    }
  } catch (error) {
    if (error instanceof AllMade) return all;
    const cannot = error instanceof Problem &&
      (error.code === "image-unreadable" || error.code === "image-too-large");
    if (!cannot) throw error;
    for (const name of missing) await keepFailure(core, attachment, { name, failure: error.message });
    throw noVariant(names[0]!, { reason: "cannot-be-decoded", text: error.message });
  }
  return all;
}

/** Somebody else was faster. */
class AllMade extends Error {}

async function read(core: Core, { blobId, image, size }: AttachmentRecord) {
  const { value } = await core.records.get<BlobRecord>(keys.blob(blobId));
  if (!isUsable(value)) throw gone();
  const reader = await core.blobs.openReader(value.segments);
  try {
    return await sourceOf(byteWindow(reader, size), image!);
  } finally {
    reader.close();
  }
}
