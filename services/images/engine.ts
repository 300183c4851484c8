/**
 * The seam between what is to be made of a picture and what makes it. Two engines stand behind it, run in a worker
 * (`worker.ts`); the suite in `tests/contract/image_engine.ts` is the definition of a correct one.
 */
import type { ImageFormat } from "./inspection.ts";
import type { MarkStyle, Size } from "./recipe.ts";

export const ENGINES = ["sharp", "imagescript"] as const;
export type EngineName = (typeof ENGINES)[number];

/** A picture with what inspecting it has told. */
export interface Source extends Size {
  bytes: Uint8Array<ArrayBuffer>;
  format: ImageFormat;
  /** As in EXIF, 1 to 8; width and height are those before turning. */
  orientation: number;
  /** Cyan, magenta, yellow and black, as for print. */
  cmyk: boolean;
}

export interface Picture extends Size {
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

export interface Shrinking {
  /** Sizes as people see the picture, none larger than it. */
  sizes: Size[];
  /** 1 to 100, for formats that lose something. */
  quality: number;
}

export type Mark = MarkStyle & ({ text: string } | { picture: Source });

/**
 * Both methods see the first frame or page only, and turn the picture upright. They throw when the bytes are not the
 * picture that they are said to be, or when it is larger than `Limits` allow, whatever the header has said.
 */
export interface ImageEngine {
  /** One picture for each size, from one decoding: JPEG, or PNG where something shines through. */
  shrink(source: Source, shrinking: Shrinking): Promise<Picture[]>;
  /** The picture with a mark on it, in its own format and size, without metadata. */
  mark(source: Source, options: { mark: Mark; quality: number }): Promise<Picture>;
}

export interface EngineLimits {
  pixels: number;
  /** For one operation. */
  seconds: number;
}

/** Format -> pixels at most, whatever the settings allow: what a picture of them takes is below 1 GB of memory. */
type Bounds = Partial<Record<ImageFormat, number>>;

interface Ability {
  /** Formats of which variants can be made. */
  reads: Bounds;
  /** Formats that can be marked: decoded whole, and written again. */
  marks: Bounds;
}

const M = 1_000_000;

/** What each engine can do. BMP is decoded before either. */
export const ABILITIES: { readonly [Name in EngineName]: Ability } = {
  sharp: {
    reads: {
      jpeg: Infinity,
      png: Infinity,
      webp: Infinity,
      gif: Infinity,
      bmp: 50 * M,
      tiff: Infinity,
      avif: Infinity,
    },
    marks: { jpeg: 50 * M, png: 50 * M, webp: 50 * M, avif: 50 * M, tiff: 50 * M },
  },
  imagescript: {
    reads: { jpeg: 50 * M, png: 25 * M, gif: 25 * M, bmp: 25 * M },
    marks: { jpeg: 16 * M, png: 16 * M },
  },
};

export const MEDIA_TYPES: { readonly [Format in ImageFormat]: string } = {
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
  gif: "image/gif",
  bmp: "image/bmp",
  tiff: "image/tiff",
  avif: "image/avif",
  heic: "image/heic",
};
