/**
 * What happens to a picture between its last byte and the commit: it is looked at, and stripped of its metadata or
 * marked. The bytes received are left as they are; what is made of them goes into a blob of its own.
 */
import type { Core } from "../core.ts";
import type { FileFacts, ImageFacts, Segment } from "../model.ts";
import { xmlRoot } from "../content/text.ts";
import { Problem } from "../problem.ts";
import type { StoredContent } from "../uploads/finish.ts";
import { bytesInMemory, type ByteWindow, byteWindow, WINDOW } from "./byte_window.ts";
import { ABILITIES, type Mark, type Picture, type Source } from "./engine.ts";
import { imageFormat, inspectImage, SIGNATURE_BYTES } from "./inspect.ts";
import type { Inspection } from "./inspection.ts";
import { type ImageOptions, imageOptions, processingOf } from "./options.ts";
import { bytesOf } from "./pieces.ts";
import { storeBlob } from "./store_blob.ts";
import { cleanSvg } from "./svg.ts";

export interface Processed {
  /** What is to be stored. */
  content: StoredContent;
  /** `content` is a new, announced blob; the bytes received are not needed any more. */
  made: boolean;
  image: ImageFacts | null;
  processing: string;
}

/**
 * Throws `image-unreadable`, `image-too-large` and `image-unsupported` for pictures of types that check them, and for
 * those that cannot be done what was asked for.
 */
export async function processContent(
  core: Core,
  { content, facts }: { content: StoredContent; facts: FileFacts },
): Promise<Processed> {
  const options = imageOptions(core.config, facts);
  const processing = processingOf(core.config, options);
  if (content.start && imageFormat(content.start) === null && !mayBeDrawing(content.start, options)) {
    return { content, made: false, image: null, processing };
  }
  const reader = await core.blobs.openReader(
    content.segments ?? core.blobs.segments(content.blobId, content.size),
  );
  try {
    const file = byteWindow(reader, content.size);
    const inspection = await look(core, file, options);
    if (inspection === null) {
      const drawing = await changeDrawing(core, { file, options });
      return { content: drawing ?? content, made: drawing !== null, image: null, processing };
    }
    return { processing, ...await change(core, { file, inspection, options, content }) };
  } finally {
    reader.close();
  }
}

/**
 * For a stored file that is to belong to another type: what is known of the picture then. Throws, as for an upload, what
 * is wrong with one that the type would not take as it is; nothing is changed of it any more.
 */
export async function inspectStored(
  core: Core,
  { facts, stored: { segments, size } }: { facts: FileFacts; stored: { segments: Segment[]; size: number } },
): Promise<ImageFacts | null> {
  const reader = await core.blobs.openReader(segments);
  try {
    const file = byteWindow(reader, size);
    const inspection = await look(core, file, imageOptions(core.config, facts));
    const isClean = inspection ? inspection.clean === null : await isCleanDrawing(file);
    if (isClean) return inspection && { ...factsOf(inspection), metadataRemoved: true };
  } finally {
    reader.close();
  }
  throw new Problem(
    "image-unsupported",
    `${facts.businessType} takes pictures without metadata, and this one holds some. Upload it anew with that type.`,
  );
}

async function isCleanDrawing(file: ByteWindow): Promise<boolean> {
  if (xmlRoot(await file.at(0, WINDOW)) !== "svg") return true;
  return await cleanSvg(await wholeOf(file)) === null;
}

const factsOf = ({ clean: _clean, ...seen }: Inspection) => seen;

/** SVG begins like any markup, perhaps behind a mark of its encoding. */
function mayBeDrawing(start: Uint8Array, { removeExif }: ImageOptions): boolean {
  const text = new TextDecoder().decode(start).trimStart();
  return removeExif && (text === "" || text.startsWith("<"));
}

/** null: no picture, or a damaged one of which nothing is asked. */
async function look(core: Core, file: ByteWindow, { checked }: ImageOptions): Promise<Inspection | null> {
  if (imageFormat(await file.at(0, SIGNATURE_BYTES)) === null) return null;
  const { maxBytes, maxPixels, maxFrames } = core.config.images;
  if (!checked) {
    if (file.size > maxBytes) return null;
    return await inspectImage(file, { thorough: false }).catch((error) => {
      if (error instanceof Problem && error.code === "image-unreadable") return null;
      throw error;
    });
  }
  if (file.size > maxBytes) {
    throw tooLarge(`${file.size} bytes`, { most: maxBytes, setting: "images.maxBytes" });
  }
  const inspection = await inspectImage(file, { thorough: true, maxFrames });
  if (inspection === null) return null;
  if (inspection.pixels > maxPixels) {
    throw tooLarge(`${inspection.pixels} pixels`, { most: maxPixels, setting: "images.maxPixels" });
  }
  if (inspection.frames > maxFrames) {
    throw tooLarge(`more than ${maxFrames} frames`, { most: maxFrames, setting: "images.maxFrames" });
  }
  return inspection;
}

/** An SVG without what its drawing does not need; null: there is nothing to remove, or it is none. */
async function changeDrawing(
  core: Core,
  { file, options }: { file: ByteWindow; options: ImageOptions },
): Promise<StoredContent | null> {
  if (!options.removeExif || xmlRoot(await file.at(0, WINDOW)) !== "svg") return null;
  const { maxBytes } = core.config.images;
  if (file.size > maxBytes) {
    throw tooLarge(`${file.size} bytes`, { most: maxBytes, setting: "images.maxBytes" });
  }
  const clean = await cleanSvg(await wholeOf(file));
  if (clean === "impossible") {
    if (!options.strict) return null;
    throw new Problem(
      "image-unsupported",
      "This SVG holds a picture whose metadata cannot be removed without changing it. Save that one as JPEG or PNG, or send it with removeExif=false.",
    );
  }
  return clean && await storeBlob(core, [clean]);
}

interface Work {
  file: ByteWindow;
  inspection: Inspection;
  options: ImageOptions;
  content: StoredContent;
}

async function change(
  core: Core,
  { file, inspection, options, content }: Work,
): Promise<Omit<Processed, "processing">> {
  const { clean } = inspection;
  const seen = factsOf(inspection);
  if (options.watermark !== null) {
    const picture = await marked(core, { file, inspection, watermark: options.watermark });
    const after = factsOf((await inspectImage(bytesInMemory(picture.bytes), { thorough: true }))!);
    const made = await storeBlob(core, [picture.bytes]);
    return { content: made, made: true, image: { ...after, metadataRemoved: true } };
  }
  const asIs = {
    content,
    made: false,
    image: { ...seen, metadataRemoved: clean === null && options.checked },
  };
  if (!options.removeExif || clean === null) return asIs;
  if (clean === "impossible") {
    if (!options.strict) return asIs;
    throw new Problem(
      "image-unsupported",
      `This ${inspection.format.toUpperCase()} holds metadata that cannot be removed without changing the picture. Save it as JPEG, PNG or WebP, or send it with removeExif=false.`,
      { extra: { format: inspection.format } },
    );
  }
  const made = await storeBlob(core, bytesOf(clean, file));
  return { content: made, made: true, image: { ...seen, metadataRemoved: true } };
}

async function marked(
  core: Core,
  { file, inspection, watermark }: {
    file: ByteWindow;
    inspection: Inspection;
    watermark: NonNullable<ImageOptions["watermark"]>;
  },
): Promise<Picture> {
  const { images, config: { images: { watermark: style, quality } } } = core;
  requireMarkable(core, inspection);
  const look = { position: style.position, opacity: style.opacity / 100 };
  const [picture] = await images.workshop.run(async () => {
    const mark: Mark = watermark === "picture"
      ? { ...look, percent: style.picturePercent, picture: await images.markPicture() }
      : { ...look, percent: style.textPercent, text: watermark.text };
    return { kind: "mark", source: await sourceOf(file, inspection), mark, quality };
  }, "commit");
  return picture!;
}

function requireMarkable({ images }: Core, { format, frames, cmyk, pixels }: Inspection): void {
  const { engine } = images.workshop;
  const refuse = (why: string) => {
    throw new Problem("image-unsupported", `${why} Send it with addWatermark=false.`, { extra: { format } });
  };
  if (engine === null) refuse("This server puts no watermarks on pictures: images.engine is off.");
  const { marks } = ABILITIES[engine!];
  const most = marks[format];
  if (most === undefined || (cmyk && engine === "imagescript")) {
    refuse(
      `No watermark can be put on this ${format.toUpperCase()} here, only on ${
        Object.keys(marks).join(", ").toUpperCase()
      }.`,
    );
  }
  if (frames > 1) refuse("No watermark can be put on an animation or on a picture of many pages.");
  if (pixels > most!) refuse(`No watermark can be put on a picture of more than ${most} pixels here.`);
}

/** The whole picture in memory. */
export async function sourceOf(
  file: ByteWindow,
  { format, width, height, orientation, cmyk }: Pick<
    ImageFacts,
    "format" | "width" | "height" | "orientation" | "cmyk"
  >,
): Promise<Source> {
  return { bytes: await wholeOf(file), format, width, height, orientation, cmyk };
}

async function wholeOf(file: ByteWindow): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(file.size);
  for (let at = 0; at < file.size;) {
    const part = await file.at(at, WINDOW);
    if (part.length === 0) throw new Error(`The picture ends at ${at}`);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function tooLarge(has: string, { most, setting }: { most: number; setting: string }): Problem {
  return new Problem(
    "image-too-large",
    `The picture has ${has}; ${most} are allowed (${setting}). Send a smaller one.`,
    { extra: { limit: most, setting } },
  );
}
