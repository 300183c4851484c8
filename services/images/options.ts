/** What is to be done to a picture: what its uploader wants, over what its business type and the settings say. */
import { createHash } from "node:crypto";
import type { Config } from "../../config/config.ts";
import { rulesOf, typesOf } from "../file_rules.ts";
import type { ImageRequest } from "../model.ts";
import { type VariantName, VARIANTS } from "./recipe.ts";

export interface ImageOptions {
  /** Made as soon as the upload is answered; the others when somebody asks. */
  variants: readonly VariantName[];
  /** `picture`: the configured one. */
  watermark: { text: string } | "picture" | null;
  removeExif: boolean;
  /** Only sound pictures of bearable size are taken: their type says so, or they are to be worked on before they are stored. */
  checked: boolean;
  /** A picture whose metadata cannot be removed is refused. */
  strict: boolean;
}

export function imageOptions(
  config: Config,
  { imageRequest = {}, ...types }: {
    businessType: string;
    alsoType?: string | undefined;
    imageRequest?: ImageRequest | undefined;
  },
): ImageOptions {
  const rules = typesOf(types).map((type) => rulesOf(config, type));
  const byType = rules.some((type) => type.removeExif);
  const {
    generateThumbnail = rules.every((type) => type.generateThumbnail),
    generateMultipleSizes = rules.some((type) => type.generateMultipleSizes),
    addWatermark = rules.some((type) => type.addWatermark),
  } = imageRequest;
  const removeExif = imageRequest.removeExif ?? byType;
  return {
    variants: generateMultipleSizes ? VARIANTS : generateThumbnail ? ["thumbnail"] : [],
    watermark: addWatermark ? watermarkOf(config, imageRequest.watermarkText) : null,
    removeExif,
    checked: byType || addWatermark || imageRequest.removeExif === true,
    strict: byType && removeExif,
  };
}

function watermarkOf(
  { images: { watermark }, siteName }: Config,
  text: string | undefined,
): ImageOptions["watermark"] {
  if (text !== undefined) return { text };
  return watermark.picture === null ? { text: watermark.text ?? siteName } : "picture";
}

/** What decides which bytes are stored of equal bytes received, and whether they are; "" when they are as they came. */
export function processingOf({ images }: Config, { watermark, removeExif, checked }: ImageOptions): string {
  if (watermark === null) return removeExif ? "exif" : checked ? "checked" : "";
  const style = JSON.stringify([watermark, images.watermark, images.quality]);
  return `mark ${createHash("sha256").update(style).digest("base64url")}`;
}
