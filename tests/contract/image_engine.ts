/** What every image engine must do, shown on the same pictures. Each engine's test calls `imageEngineContract`. */
import assert from "node:assert/strict";
import sharp from "sharp";
import {
  ABILITIES,
  type EngineLimits,
  type EngineName,
  type ImageEngine,
  type Source,
} from "../../services/images/engine.ts";
import { fitInside, MARK_POSITIONS, placeMark } from "../../services/images/recipe.ts";
import { gifOf, lyingPng, pngBomb } from "../services/images/hostile_pictures.ts";
import { bmpOf, drawing, encoded, type Encoding, inspect, pixelsOf } from "../services/images/pictures.ts";

export interface ContractOptions {
  name: EngineName;
  open(limits: EngineLimits): Promise<ImageEngine>;
}

const LIMITS = { pixels: 100_000_000, seconds: 20 };
const WIDE = { width: 480, height: 320 };
const STYLE = { position: "bottom-right", percent: 5, opacity: 0.5 } as const;

async function sourceOf(bytes: Uint8Array<ArrayBuffer>): Promise<Source> {
  const { format, width, height, orientation, cmyk } = await inspect(bytes);
  return { bytes, format, width, height, orientation, cmyk };
}

async function pictureOf(format: Source["format"], options: Parameters<typeof encoded>[1] = {}) {
  return format === "bmp"
    ? await bmpOf(drawing({ ...WIDE, ...options }))
    : await encoded(format as Encoding, { ...WIDE, ...options });
}

type Color = "red" | "green" | "blue" | "yellow" | "clear" | "other";

function colorAt(pixels: Uint8Array, width: number, [x, y]: [number, number]): Color {
  const [red, green, blue, alpha] = pixels.subarray((y * width + x) * 4);
  if (alpha! < 64) return "clear";
  const [r, g, b] = [red! > 150, green! > 130, blue! > 150];
  if (r && g && !b) return "yellow";
  if (r && !g && !b) return "red";
  if (g && !r && !b) return "green";
  return b && !r && !g ? "blue" : "other";
}

/** Upper left, upper right, lower left, lower right, well inside. */
async function corners(picture: Uint8Array): Promise<Color[]> {
  const { width, height } = await sharp(picture).metadata();
  const pixels = await pixelsOf(picture);
  const [left, right] = [Math.floor(width * 0.2), Math.floor(width * 0.8)];
  const [top, bottom] = [Math.floor(height * 0.2), Math.floor(height * 0.8)];
  return ([[left, top], [right, top], [left, bottom], [right, bottom]] as [number, number][]).map((place) =>
    colorAt(pixels, width, place)
  );
}

/** Mean difference of the colours, 0 to 255. */
function difference(a: Uint8Array, b: Uint8Array): number {
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += Math.abs(a[at]! - b[at]!);
  return sum / a.length;
}

export function imageEngineContract({ name, open }: ContractOptions): void {
  const [reads, marks] = [ABILITIES[name].reads, ABILITIES[name].marks].map((bounds) =>
    Object.keys(bounds) as Source["format"][]
  ) as [Source["format"][], Source["format"][]];
  const test = (what: string, fn: () => Promise<void>) => Deno.test(`${name}: ${what}`, fn);

  test("makes all sizes of a picture from one call, in every format that it reads", async () => {
    const engine = await open(LIMITS);
    for (const format of reads) {
      const source = await sourceOf(await pictureOf(format));
      const sizes = [{ width: 150, height: 100 }, { width: 400, height: 267 }, { width: 480, height: 320 }];
      const pictures = await engine.shrink(source, { sizes, quality: 85 });
      for (const [index, picture] of pictures.entries()) {
        const { width, height, format: made } = await sharp(picture.bytes).metadata();
        assert.deepEqual({ width, height }, sizes[index], format);
        assert.deepEqual([picture.width, picture.height, picture.contentType, made], [
          width,
          height,
          "image/jpeg",
          "jpeg",
        ]);
        assert.deepEqual(await corners(picture.bytes), ["red", "green", "blue", "yellow"], format);
      }
    }
  });

  test("the colours are those of the picture", async () => {
    const engine = await open(LIMITS);
    for (const format of reads.filter((format) => format !== "gif")) {
      const source = await sourceOf(await pictureOf(format));
      const size = fitInside(source, { width: 150, height: 150 });
      const [small] = await engine.shrink(source, { sizes: [size], quality: 95 });
      const expected = await drawing(WIDE).resize({ ...size, fit: "fill" }).ensureAlpha().raw().toBuffer();
      const off = difference(await pixelsOf(small!.bytes), new Uint8Array(expected));
      assert(off < 4, `${format} is off by ${off}`);
    }
  });

  test("colours of a wide profile are shown as they were, small and marked", async () => {
    const engine = await open(LIMITS);
    const shown = async (bytes: Uint8Array) =>
      new Uint8Array(
        await sharp(bytes).toColourspace("srgb").resize(48, 32, { fit: "fill" }).removeAlpha().raw()
          .toBuffer(),
      );
    for (const format of ["jpeg", "png"] as const) {
      const source = await sourceOf(await pictureOf(format, { icc: true }));
      const expected = await shown(source.bytes);
      const [small] = await engine.shrink(source, { sizes: [{ width: 240, height: 160 }], quality: 95 });
      const mark = { ...STYLE, percent: 1, opacity: 0.01, text: "." };
      const marked = await engine.mark(source, { mark, quality: 95 });
      for (const [what, { bytes }] of [["small", small!], ["marked", marked]] as const) {
        const off = difference(await shown(bytes), expected);
        assert(off < 3, `${format} ${what} is off by ${off}`);
      }
    }
  });

  test("every orientation becomes upright", async () => {
    const engine = await open(LIMITS);
    for (
      const format of reads.filter((format) => format === "jpeg" || format === "png" || format === "webp")
    ) {
      const expected: Color[][] = [];
      for (let orientation = 1; orientation <= 8; orientation++) {
        const source = await sourceOf(await pictureOf(format, { orientation }));
        const turned = orientation >= 5;
        const sizes = [turned ? { width: 160, height: 240 } : { width: 240, height: 160 }];
        const [picture] = await engine.shrink(source, { sizes, quality: 85 });
        expected.push(await corners(picture!.bytes));
      }
      assert.deepEqual(expected, [
        ["red", "green", "blue", "yellow"],
        ["green", "red", "yellow", "blue"],
        ["yellow", "blue", "green", "red"],
        ["blue", "yellow", "red", "green"],
        ["red", "blue", "green", "yellow"],
        ["blue", "red", "yellow", "green"],
        ["yellow", "green", "blue", "red"],
        ["green", "yellow", "red", "blue"],
      ], format);
    }
  });

  test("what shines through still does: a PNG", async () => {
    const engine = await open(LIMITS);
    for (const format of reads.filter((format) => format === "png" || format === "webp")) {
      const source = await sourceOf(await pictureOf(format, { alpha: true }));
      const [picture] = await engine.shrink(source, { sizes: [{ width: 120, height: 80 }], quality: 85 });
      assert.equal(picture!.contentType, "image/png");
      assert.deepEqual(await corners(picture!.bytes), ["red", "green", "blue", "clear"]);
    }
  });

  test("of an animation the first frame is taken", async () => {
    const engine = await open(LIMITS);
    const frames = await Promise.all(
      ["red", "blue"].map((background) =>
        sharp({ create: { width: 40, height: 30, channels: 3, background } }).png().toBuffer()
      ),
    );
    const animation = await sharp(frames, { join: { animated: true } }).gif().toBuffer();
    const source = await sourceOf(new Uint8Array(animation));
    const [picture] = await engine.shrink(source, { sizes: [{ width: 20, height: 15 }], quality: 85 });
    assert.deepEqual(await corners(picture!.bytes), ["red", "red", "red", "red"]);
  });

  test("a variant says nothing of where and by whom", async () => {
    const engine = await open(LIMITS);
    const told = await drawing(WIDE).withExif({
      IFD0: { Artist: "Anna" },
      IFD3: { GPSLatitude: "52/1 31/1 0/1" },
    }).jpeg().toBuffer();
    const [picture] = await engine.shrink(await sourceOf(new Uint8Array(told)), {
      sizes: [{ width: 60, height: 40 }],
      quality: 85,
    });
    assert.equal((await inspect(picture!.bytes)).clean, null);
    assert(!new TextDecoder("latin1").decode(picture!.bytes).includes("Anna"));
  });

  for (const text of ["© Pawl 2026", "示例水印"]) {
    test(`writes ${JSON.stringify(text)} at the five places, in every format that it marks`, async () => {
      const engine = await open(LIMITS);
      for (const format of marks) {
        const source = await sourceOf(await pictureOf(format));
        const plain = await pixelsOf(source.bytes);
        for (const position of format === "jpeg" ? MARK_POSITIONS : MARK_POSITIONS.slice(0, 1)) {
          const picture = await engine.mark(source, { mark: { ...STYLE, position, text }, quality: 90 });
          const marked = await inspect(picture.bytes);
          assert.deepEqual([marked.format, marked.width, marked.height], [format, 480, 320]);
          const { box, brighter } = changed(plain, await pixelsOf(picture.bytes));
          const expected = placeMark(WIDE, { mark: box, position });
          const off = Math.max(Math.abs(box.left - expected.left), Math.abs(box.top - expected.top));
          assert(off <= 8, `${format} ${position}: ${JSON.stringify({ box, expected })}`);
          assert(box.height >= 10 && box.height <= 30, `${box.height} high at 5 % of 480`);
          assert(brighter, "white");
        }
      }
    });
  }

  test("a mark is upright on a picture that lies on its side, and the picture is", async () => {
    const engine = await open(LIMITS);
    const source = await sourceOf(await pictureOf("jpeg", { orientation: 6 }));
    const picture = await engine.mark(source, { mark: { ...STYLE, text: "Pawl" }, quality: 90 });
    const after = await inspect(picture.bytes);
    assert.deepEqual([after.width, after.height, after.orientation], [320, 480, 1]);
    const plain = new Uint8Array(await sharp(source.bytes).autoOrient().ensureAlpha().raw().toBuffer());
    const { box } = changed(plain, await pixelsOf(picture.bytes), 320);
    assert(box.width > box.height && box.left > 160 && box.top > 400, JSON.stringify(box));
  });

  test("lays a picture over a picture, a tenth as wide and half as strong", async () => {
    const engine = await open(LIMITS);
    const source = await sourceOf(
      new Uint8Array(
        await sharp({ create: { ...WIDE, channels: 3, background: "black" } }).png().toBuffer(),
      ),
    );
    const logo = await sourceOf(
      new Uint8Array(
        await sharp({ create: { width: 200, height: 100, channels: 4, background: "white" } }).png()
          .toBuffer(),
      ),
    );
    const mark = { ...STYLE, percent: 10, position: "top-left" as const, picture: logo };
    const picture = await engine.mark(source, { mark, quality: 90 });
    const { box } = changed(await pixelsOf(source.bytes), await pixelsOf(picture.bytes));
    assert.deepEqual(box, { left: 10, top: 10, width: 48, height: 24 });
    const [red] = (await pixelsOf(picture.bytes)).subarray((20 * 480 + 30) * 4);
    assert(Math.abs(red! - 128) <= 2, `${red}`);
  });

  test("bombs, liars and torn pictures are errors", async () => {
    const engine = await open({ ...LIMITS, pixels: 1_000_000 });
    const whole = await pictureOf("jpeg");
    const hostile: [string, Source][] = [
      ["a bomb", {
        bytes: pngBomb(),
        format: "png",
        width: 20_000,
        height: 20_000,
        orientation: 1,
        cmyk: false,
      }],
      ["a liar", {
        bytes: lyingPng(),
        format: "png",
        width: 9000,
        height: 9000,
        orientation: 1,
        cmyk: false,
      }],
      ["a torn PNG", {
        ...await sourceOf(await pictureOf("png")),
        bytes: (await pictureOf("png")).slice(0, 900),
      }],
      ["no picture", { ...await sourceOf(whole), bytes: new Uint8Array(5000) }],
      ["an empty GIF", {
        bytes: gifOf({ frames: 0 }),
        format: "gif",
        width: 1,
        height: 1,
        orientation: 1,
        cmyk: false,
      }],
    ];
    for (const [what, source] of hostile) {
      await assert.rejects(engine.shrink(source, { sizes: [{ width: 10, height: 10 }], quality: 85 }), what);
    }
    const [after] = await engine.shrink(await sourceOf(whole), {
      sizes: [{ width: 48, height: 32 }],
      quality: 85,
    });
    assert.deepEqual(
      await corners(after!.bytes),
      ["red", "green", "blue", "yellow"],
      "and the engine still works",
    );
  });
}

interface Change {
  box: { left: number; top: number; width: number; height: number };
  /** On the whole. */
  brighter: boolean;
}

/** Where two pictures differ by more than encoding does. */
function changed(before: Uint8Array, after: Uint8Array, width: number = WIDE.width): Change {
  const box = { left: Infinity, top: Infinity, right: -1, bottom: -1 };
  let sum = 0;
  for (let at = 0; at < before.length; at += 4) {
    const off = after[at]! + after[at + 1]! + after[at + 2]! - before[at]! - before[at + 1]! -
      before[at + 2]!;
    if (off < 120) continue;
    sum += off;
    const [x, y] = [at / 4 % width, Math.floor(at / 4 / width)];
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  assert(box.right >= 0, "nothing has changed");
  return {
    box: { left: box.left, top: box.top, width: box.right - box.left + 1, height: box.bottom - box.top + 1 },
    brighter: sum > 0,
  };
}
