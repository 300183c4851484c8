import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesInMemory, byteWindow } from "../../../services/images/byte_window.ts";
import { imageFormat, inspectImage } from "../../../services/images/inspect.ts";
import { shownSize } from "../../../services/images/inspection.ts";
import { Problem } from "../../../services/problem.ts";
import { CRUMBLED, gifOf, lyingPng, pngBomb } from "./hostile_pictures.ts";
import { bmpOf, drawing, encoded, type Encoding, inspect } from "./pictures.ts";

const ENCODINGS: Encoding[] = ["jpeg", "png", "webp", "gif", "tiff", "avif"];

Deno.test("size, format and frames are read from the bytes of every format", async () => {
  for (const format of ENCODINGS) {
    const { width, height, frames, orientation, ...rest } = await inspect(await encoded(format));
    assert.deepEqual([rest.format, width, height, frames, orientation], [format, 96, 64, 1, 1]);
  }
  const bmp = await inspect(await bmpOf(drawing()));
  assert.deepEqual([bmp.format, bmp.width, bmp.height, bmp.clean], ["bmp", 96, 64, null]);
});

Deno.test("a picture on its side is as wide as people see it", async () => {
  for (const format of ["jpeg", "png", "webp", "tiff"] as const) {
    for (const orientation of [1, 3, 5, 6, 8]) {
      const inspection = await inspect(await encoded(format, { orientation }));
      assert.equal(inspection.orientation, orientation, format);
      const upright = orientation < 5;
      assert.deepEqual(shownSize(inspection), {
        width: upright ? 96 : 64,
        height: upright ? 64 : 96,
      }, `${format} ${orientation}`);
    }
  }
});

Deno.test("what is no picture is none", async () => {
  for (
    const text of ["", "hello", "BM or not to be", "<svg xmlns='http://www.w3.org/2000/svg'/>", "%PDF-1.7"]
  ) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(imageFormat(bytes), null);
    assert.equal(await inspectImage(bytesInMemory(bytes), { thorough: true }), null);
  }
});

async function refused(picture: Uint8Array): Promise<string> {
  try {
    await inspect(picture);
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
  return "taken";
}

Deno.test("a picture that is cut off is unreadable, wherever it was cut", async () => {
  const all: [string, Uint8Array][] = await Promise.all(
    (["jpeg", "png", "webp", "avif", "tiff"] as Encoding[]).map(async (format) =>
      [format, await encoded(format, { orientation: format === "avif" ? 1 : 6 })] as [string, Uint8Array]
    ),
  );
  all.push(["bmp", await bmpOf(drawing())], ["gif", gifOf({ frames: 1 })]);
  for (const [format, picture] of all) {
    for (const part of [0.3, 0.6, 0.9, 0.98]) {
      const cut = picture.subarray(0, Math.max(64, Math.floor(picture.length * part)));
      if (format === "gif") continue; // Its parts end at block borders; the next test cuts within one.
      assert.equal(await refused(cut), "image-unreadable", `${format} ${part}`);
    }
  }
  const gif = await encoded("gif");
  assert.equal(await refused(gif.subarray(0, gif.length - 9)), "image-unreadable");
});

Deno.test("headers of bombs say what they are, for next to nothing", async () => {
  const bomb = await inspect(pngBomb());
  assert.equal(bomb.pixels, 400_000_000);
  assert.equal((await inspect(gifOf({ frames: 10_000 }))).frames, 10_000);
  assert.equal((await inspect(gifOf({ frames: 2, screen: 4, side: 60_000 }))).pixels, 3_600_000_000);
  assert.equal(await refused(lyingPng()), "image-unreadable");
});

Deno.test("a file of countless small parts is given up early, and nothing of it is read twice", async () => {
  for (const [name, make] of Object.entries(CRUMBLED)) {
    const bytes = make();
    let [calls, read] = [0, 0];
    const file = byteWindow({
      read(into, position) {
        const part = bytes.subarray(position, position + into.length);
        into.set(part);
        calls++;
        read += part.length;
        return Promise.resolve(part.length);
      },
    }, bytes.length);
    await assert.rejects(
      inspectImage(file, { thorough: true, maxFrames: 1000 }),
      (error: Problem) => error.code === "image-unreadable",
      name,
    );
    assert.ok(read < 1.2 * bytes.length && calls < 200, `${name}: ${read} bytes in ${calls} reads`);
  }
});

Deno.test("torn and altered pictures are refused or read, never anything else", async () => {
  const pictures = await Promise.all(ENCODINGS.map((format) => encoded(format, { width: 24, height: 16 })));
  pictures.push(gifOf({ frames: 3 }), await bmpOf(drawing({ width: 5, height: 4 })));
  await fc.assert(
    fc.asyncProperty(
      fc.nat(pictures.length - 1),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
      fc.nat(),
      async (index, changes, cut) => {
        const picture = pictures[index]!.slice();
        for (const [at, value] of changes) picture[at % picture.length] = value;
        const torn = cut % 3 === 0 ? picture.subarray(0, cut % picture.length) : picture;
        for (const thorough of [true, false]) {
          try {
            const inspection = await inspectImage(bytesInMemory(torn), { thorough });
            assert(inspection === null || inspection.width > 0 && inspection.pixels >= inspection.width);
          } catch (error) {
            assert(error instanceof Problem && error.code === "image-unreadable", String(error));
          }
        }
      },
    ),
    { numRuns: 2000 },
  );
});

Deno.test("a large file is read through a window of fixed size", async () => {
  const file = Uint8Array.from({ length: 300_000 }, (_, index) => index % 253);
  let reads = 0;
  const window = byteWindow({
    read(into, position) {
      reads++;
      const bytes = file.subarray(position, position + Math.min(into.length, 10_000));
      into.set(bytes);
      return Promise.resolve(bytes.length);
    },
  }, file.length);
  assert.deepEqual(await window.at(5, 3), file.subarray(5, 8));
  assert.deepEqual(await window.at(100, 10), file.subarray(100, 110));
  assert.equal(reads, 2, "the second lies in what the first has read");
  assert.deepEqual(await window.at(1000, 128 * 1024), file.subarray(1000, 1000 + 128 * 1024));
  assert.equal((await window.at(299_990, 100)).length, 10);
  assert.equal((await window.at(300_000, 100)).length, 0);
});

Deno.test("frames beyond the allowed ones are not looked at", async () => {
  const bytes = gifOf({ frames: 10_000 });
  const inspection = await inspectImage(bytesInMemory(bytes), { thorough: true, maxFrames: 7 });
  assert.equal(inspection?.frames, 8);
});
