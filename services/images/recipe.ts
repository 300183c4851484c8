/** What is made of a picture, said without any engine: sizes, where a watermark goes, and how large it is. */

export interface Size {
  width: number;
  height: number;
}

export const VARIANTS = ["thumbnail", "small", "medium", "large"] as const;
export type VariantName = (typeof VARIANTS)[number];

/** The largest size within `box` with the same shape; never larger than the picture, never nothing. */
export function fitInside(picture: Size, box: Size): Size {
  const scale = Math.min(1, box.width / picture.width, box.height / picture.height);
  return {
    width: Math.max(1, Math.round(picture.width * scale)),
    height: Math.max(1, Math.round(picture.height * scale)),
  };
}

/** Changed whenever the same settings give other bytes than before. */
const RECIPE_VERSION = 1;

/** What a variant's bytes depend on beside the picture. */
export function recipeId(box: Size, quality: number): string {
  return `fit-${box.width}x${box.height}-q${quality}-v${RECIPE_VERSION}`;
}

export const MARK_POSITIONS = ["top-left", "top-right", "bottom-left", "bottom-right", "center"] as const;
export type MarkPosition = (typeof MARK_POSITIONS)[number];

/** How a watermark looks, whatever it shows. */
export interface MarkStyle {
  position: MarkPosition;
  /** Of the picture's width: height of the letters, or width of a picture. */
  percent: number;
  /** 0 to 1. */
  opacity: number;
}

/** Of the picture's width, between the mark and the edges. */
const MARGIN = 0.02;
/** Of the picture, that a mark takes at most. */
const MOST = 1 - 2 * MARGIN;

/** The size of a mark that is as wide as `wanted` where the picture has room for it. */
export function markSize(picture: Size, { shape, wanted }: { shape: Size; wanted: number }): Size {
  const room = { width: picture.width * MOST, height: picture.height * MOST };
  const width = Math.min(wanted, room.width, room.height * shape.width / shape.height);
  return {
    width: Math.max(1, Math.round(width)),
    height: Math.max(1, Math.round(width * shape.height / shape.width)),
  };
}

/** Where the upper left corner of a mark goes; the mark is no larger than the picture. */
export function placeMark(
  picture: Size,
  { mark, position }: { mark: Size; position: MarkPosition },
): { left: number; top: number } {
  const margin = Math.round(picture.width * MARGIN);
  const free = { x: picture.width - mark.width, y: picture.height - mark.height };
  const near = (space: number) => Math.max(0, Math.min(margin, Math.floor(space / 2)));
  const middle = { left: Math.floor(free.x / 2), top: Math.floor(free.y / 2) };
  if (position === "center") return middle;
  return {
    left: position.endsWith("left") ? near(free.x) : free.x - near(free.x),
    top: position.startsWith("top") ? near(free.y) : free.y - near(free.y),
  };
}
