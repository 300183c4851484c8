/** Text cut to a width of the terminal, never inside a character that people see as one. Pure. */
import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export interface Shortening {
  /** Columns, inclusive; at least 1. */
  width: number;
  /** `middle` keeps the end, as of a file's name. */
  position: "middle" | "end";
  /** One column wide; stands for what is left out. */
  mark: string;
}

/** At most `width` columns wide: `text` itself when it is. */
export function shorten(text: string, { width, position, mark }: Shortening): string {
  if (stringWidth(text) <= width) return text;
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment);
  const room = width - 1;
  const after = position === "middle"
    ? takeWhile(characters.toReversed(), Math.floor(room / 2)).reverse()
    : [];
  const before = takeWhile(characters, room - stringWidth(after.join("")));
  return before.join("") + mark + after.join("");
}

/** As many of the first as fit into `width` columns. */
function takeWhile(characters: readonly string[], width: number): string[] {
  const taken: string[] = [];
  let used = 0;
  for (const character of characters) {
    used += stringWidth(character);
    if (used > width) break;
    taken.push(character);
  }
  return taken;
}
