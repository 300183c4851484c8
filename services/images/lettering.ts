/** Text as a drawing: the outlines of its letters as SVG, so that every engine draws the same. */
import type { Outline } from "./font.ts";
import { markSize, type MarkStyle, type Size } from "./recipe.ts";

/** Units of a font's em. */
const EM = 1000;
/** Of the letters' height: a dark edge, so that white can be read on white. */
const EDGE = 0.05;

/**
 * A drawing of exactly `size` pixels: white letters with a faint dark edge. The letters are as high as the style says,
 * lower where the picture is too narrow for the text.
 */
export function lettering(picture: Size, { outline, style }: { outline: Outline; style: MarkStyle }): {
  svg: string;
  size: Size;
} {
  const edge = EDGE * EM;
  const shape = { width: outline.width + 2 * edge, height: outline.ascent + outline.descent + 2 * edge };
  const wanted = picture.width * style.percent / 100 / EM * shape.width;
  const size = markSize(picture, { shape, wanted });
  const view = `${-edge} ${-outline.ascent - edge} ${shape.width} ${shape.height}`;
  return {
    size,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${size.height}" ` +
      `viewBox="${view}" preserveAspectRatio="none"><g opacity="${style.opacity}">` +
      `<path d="${outline.path}" fill="none" stroke="#000" stroke-opacity="0.4" stroke-width="${edge}" ` +
      `stroke-linejoin="round"/><path d="${outline.path}" fill="#fff"/></g></svg>`,
  };
}
