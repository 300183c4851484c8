/** Looking into GIF89a: its frames, and which of its blocks make the picture. */
import { type ByteWindow, mostParts } from "./byte_window.ts";
import { cutOff, type Inspection, type InspectOptions, unreadable } from "./inspection.ts";
import { isWholeSource, joined, type Piece } from "./pieces.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const APPLICATION = 0xff;
/** How often the animation is repeated, and the colour profile. */
const APPLICATIONS = new Set(["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"]);

export async function inspectGif(
  file: ByteWindow,
  { thorough, maxFrames = Infinity }: InspectOptions,
): Promise<Inspection> {
  const head = await file.at(0, 13);
  if (head.length < 13) throw cutOff();
  let width = head[6]! | head[7]! << 8;
  let height = head[8]! | head[9]! << 8;
  let position = 13 + paletteBytes(head[10]!);
  const kept: Piece[] = [{ offset: 0, length: position }];
  /** Belongs to what comes next, and goes with it. */
  let control: Piece | null = null;
  let frames = 0;
  let pixels = width * height;

  for (let blocks = mostParts(file.size); blocks > 0; blocks--) {
    const [kind, label] = await file.at(position, 2);
    if (kind === TRAILER || (kind === undefined && frames > 0)) {
      if (frames === 0) throw unreadable("has no pixels");
      // Programs write files without a trailer, and everybody reads them.
      kept.push(kind === TRAILER ? { offset: position, length: 1 } : { bytes: Uint8Array.of(TRAILER) });
      return done();
    }
    if (kind === IMAGE) {
      const about = await file.at(position, 10);
      if (about.length < 10) throw cutOff();
      const [frameWidth, frameHeight] = [about[5]! | about[6]! << 8, about[7]! | about[8]! << 8];
      if (frames++ === 0 && (width === 0 || height === 0)) [width, height] = [frameWidth, frameHeight];
      pixels = Math.max(pixels, frameWidth * frameHeight);
      if (!thorough || frames > maxFrames) return done();
      const end = await endOfBlocks(file, position + 10 + paletteBytes(about[9]!) + 1);
      if (control) kept.push(control);
      control = null;
      kept.push({ offset: position, length: end - position });
      position = end;
    } else if (kind === EXTENSION && label !== undefined) {
      const end = await endOfBlocks(file, position + 2);
      const whole = { offset: position, length: end - position };
      if (label === GRAPHIC_CONTROL) control = whole;
      else if (label !== APPLICATION) control = label === 1 ? null : control; // 1: text, which nobody shows.
      else if (APPLICATIONS.has(String.fromCharCode(...(await file.at(position + 3, 11))))) kept.push(whole);
      position = end;
    } else if (kind === undefined) throw cutOff();
    else if (kind === 0) position++; // A superfluous end of blocks.
    else throw unreadable("is damaged: it has a block of an unknown kind");
  }
  throw unreadable("is damaged: it has too many parts");

  function done(): Inspection {
    if (width === 0 || height === 0) throw unreadable("does not say how large it is");
    return {
      format: "gif",
      width,
      height,
      pixels,
      frames,
      orientation: 1,
      cmyk: false,
      clean: isWholeSource(kept, file.size) ? null : joined(kept),
    };
  }
}

const paletteBytes = (flags: number) => flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;

/** The position behind the sub-blocks that begin at `start`. */
async function endOfBlocks(file: ByteWindow, start: number): Promise<number> {
  for (let position = start;;) {
    const bytes = await file.following(position);
    if (bytes.length === 0) throw cutOff();
    let at = 0;
    while (at < bytes.length) {
      const length = bytes[at]!;
      at += 1 + length;
      if (length === 0) return position + at;
    }
    position += at;
  }
}
