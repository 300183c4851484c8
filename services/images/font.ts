/**
 * The outlines of letters, Latin and Chinese, from the font that is shipped: Noto Sans SC (SIL Open Font License),
 * in 100 files by the characters in them, of which only those are opened that a text needs.
 */
import { Buffer } from "node:buffer";

/** Of a line of text: path data (y grows downwards, 0 is the baseline), a thousandth of the em as unit. */
export interface Outline {
  path: string;
  width: number;
  ascent: number;
  descent: number;
}

const EM = 1000;
/** Thinner lines are lost in small pictures. */
const WEIGHT = 600;
const ASCENT = 940;
const DESCENT = 230;
/** Files kept open, 0.2 to 1 MB each. */
const MAX_OPEN = 12;
/** Decimals of a coordinate. */
const PRECISION = 0;

/** The little of opentype.js that is used. */
interface Font {
  charToGlyphIndex(character: string): number;
  getAdvanceWidth(text: string, size: number): number;
  getPath(text: string, x: number, y: number, size: number): {
    toPathData(options: { flipY: boolean; decimalPlaces: number }): string;
  };
  variation: { set(axes: Record<string, number>): void };
}

export interface Letters {
  /** A line of text; characters that the font does not have are drawn as a crossed box. */
  outline(text: string): Promise<Outline>;
}

/** Opens no file yet. */
export function openLetters(): Letters {
  const fonts = new Map<string, Promise<Font>>();
  let ranges: Promise<Range[]> | null = null;

  function fontOf(file: string): Promise<Font> {
    let font = fonts.get(file);
    if (font) fonts.delete(file);
    else font = openFont(file);
    fonts.set(file, font); // The last one used is the last one to go.
    if (fonts.size > MAX_OPEN) fonts.delete(fonts.keys().next().value!);
    return font;
  }

  async function fontFor(character: string): Promise<Font> {
    const point = character.codePointAt(0)!;
    const files = (await (ranges ??= readRanges())).filter(({ from, to }) => point >= from && point <= to);
    for (const { file } of files) {
      const font = await fontOf(file);
      if (font.charToGlyphIndex(character) !== 0) return font;
    }
    return await fontOf("latin");
  }

  return {
    async outline(text) {
      let path = "";
      let width = 0;
      const draw = (font: Font, run: string) => {
        path += font.getPath(run, width, 0, EM).toPathData({ flipY: false, decimalPlaces: PRECISION });
        width += font.getAdvanceWidth(run, EM);
      };
      // Neighbours of one file are drawn together, so that they keep the right distance.
      let run = { font: null as Font | null, text: "" };
      for (const character of text) {
        const font: Font = character === " " && run.font ? run.font : await fontFor(character);
        if (run.font && run.font !== font) {
          draw(run.font, run.text);
          run = { font, text: "" };
        }
        run = { font, text: run.text + character };
      }
      if (run.font) draw(run.font, run.text);
      return { path, width, ascent: ASCENT, descent: DESCENT };
    },
  };
}

interface Range {
  from: number;
  to: number;
  file: string;
}

/** "U+41-5a,U+61" for each file; Latin first, because others hold parts of it. */
async function readRanges(): Promise<Range[]> {
  const { default: listed } = await import("@fontsource-variable/noto-sans-sc/unicode.json", {
    with: { type: "json" },
  });
  const ranges = Object.entries(listed as Record<string, string>).flatMap(([name, text]) =>
    text.split(",").map((range): Range => {
      const [from, to] = range.trim().slice(2).split("-").map((digits) => parseInt(digits, 16));
      return { from: from!, to: to ?? from!, file: name.replace(/^\[|\]$/g, "") };
    })
  );
  return ranges.sort((a, b) => Number(b.file === "latin") - Number(a.file === "latin"));
}

async function openFont(file: string): Promise<Font> {
  const [{ default: packed }, { default: decompress }, { default: opentype }] = await Promise.all([
    import(`@fontsource-variable/noto-sans-sc/files/noto-sans-sc-${file}-wght-normal.woff2`, {
      with: { type: "bytes" },
    }),
    import("woff2-encoder/decompress"),
    import("opentype.js"),
  ]);
  const bytes = await decompress(Buffer.from(packed));
  const font: Font = opentype.parse(new Uint8Array(bytes).buffer);
  font.variation.set({ wght: WEIGHT });
  return font;
}
