/** What looking into a picture without decoding it tells. */
import { Problem } from "../problem.ts";
import type { Piece } from "./pieces.ts";

export const IMAGE_FORMATS = ["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic"] as const;
/** Formats of pixels; SVG is a drawing, see `svg.ts`. */
export type ImageFormat = (typeof IMAGE_FORMATS)[number];

export interface Inspection {
  format: ImageFormat;
  /** Pixels as stored, before the orientation is applied. */
  width: number;
  height: number;
  /** Pixels of the largest buffer that a decoder makes for one frame; at least `width * height`. */
  pixels: number;
  /** Pictures one after the other, or pages; 1 for a still one. */
  frames: number;
  /** As in EXIF, 1 to 8; 1 is upright. Also for formats that say it otherwise. */
  orientation: number;
  /** Cyan, magenta, yellow and black, as for print. */
  cmyk: boolean;
  /** The picture without metadata, pixel for pixel the same; null: it has none; `impossible`: no lossless way is known. */
  clean: Piece[] | null | "impossible";
}

export interface InspectOptions {
  /** Walk to the end: the file is whole, all frames are counted and `clean` is right. Otherwise only what the head says. */
  thorough: boolean;
  /** Once there are more nothing is looked at any more: `frames` is one more, and `clean` says nothing. */
  maxFrames?: number;
}

/** The picture is damaged, cut off, or not what it says it is; `state` completes "The picture ...". */
export function unreadable(state: string): Problem {
  return new Problem(
    "image-unreadable",
    `The picture ${state}. Open it in an image program, save it anew, and send that.`,
  );
}

export const cutOff = () => unreadable("is cut off: its end is missing");

/** Width and height as people see it. */
export function shownSize(
  { width, height, orientation }: Pick<Inspection, "width" | "height" | "orientation">,
): { width: number; height: number } {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}
