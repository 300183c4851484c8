import assert from "node:assert/strict";
import sharp, { type Sharp } from "sharp";
import { orientationOnly } from "../../../services/images/exif.ts";
import { chunk } from "../../../services/images/png.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { tool } from "../../support/tools.ts";
import { assemble, cleaned, drawing, encoded, type Encoding, inspect, pixelsOf } from "./pictures.ts";

const exiftool = tool("exiftool", import.meta.url);

/** What a phone, an editor and an agency write into a photograph; a thumbnail and a film behind its end too. */
const PRIVATE = [
  "-GPSLatitude=52.52",
  "-GPSLatitudeRef=N",
  "-GPSLongitude=13.405",
  "-GPSLongitudeRef=E",
  "-Make=Camera Works",
  "-SerialNumber=SN-4711",
  "-Artist=Anna Example",
  "-XMP-dc:Creator=Anna Example",
  "-XMP-photoshop:City=Berlin",
  "-Comment=taken at home",
];
const SECRETS = ["Camera Works", "4711", "Anna", "Berlin", "taken at home", "secret film"];

async function exif(args: string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, success } = await new Deno.Command(exiftool!, { args }).output();
  assert(success, new TextDecoder().decode(stderr));
  const text = new TextDecoder().decode(stdout);
  return text.startsWith("[") ? JSON.parse(text)[0] : {};
}

/** Groups that exiftool makes up itself, or that describe the pixels. */
const HARMLESS =
  /^(SourceFile|ExifTool|System|File|Composite|JFIF|PNG|PNG-pHYs|RIFF|GIF|ICC[^:]*|IFD0:Orientation|ExifByteOrder|Meta|QuickTime|ItemProp.*)/;

async function metadataOf(picture: Uint8Array, extension: string): Promise<string[]> {
  await using dir = await tempDir();
  const path = dir.join(`picture.${extension}`);
  await Deno.writeFile(path, picture);
  const tags = await exif(["-j", "-G1", "-a", "-u", "-n", path]);
  return Object.entries(tags).filter(([name, value]) =>
    !HARMLESS.test(name) || SECRETS.some((secret) => String(value).includes(secret))
  ).map(([name, value]) => `${name}=${value}`);
}

async function photograph(
  format: Encoding,
  options: { orientation?: number; icc?: boolean; extra?: string[] } = {},
) {
  await using dir = await tempDir();
  const path = dir.join(`photo.${format}`);
  await Deno.writeFile(path, await encoded(format, options));
  const thumbnail = dir.join("thumbnail.jpg");
  await Deno.writeFile(thumbnail, await encoded("jpeg", { width: 32, height: 20 }));
  const more = format === "jpeg"
    ? [`-ThumbnailImage<=${thumbnail}`, "-IPTC:By-line=Anna Example", "-Photoshop:URL=http://anna.example"]
    : [];
  await exif(["-q", "-overwrite_original", ...PRIVATE, ...more, ...options.extra ?? [], path]);
  return new Uint8Array(await Deno.readFile(path));
}

function join(...parts: (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    parts.flatMap((part) => [...typeof part === "string" ? new TextEncoder().encode(part) : part]),
  );
}

for (const format of ["jpeg", "png", "webp"] as const) {
  for (const orientation of [1, 6]) {
    Deno.test({
      name:
        `a ${format} photograph of orientation ${orientation} loses where, when and by whom, and not a pixel`,
      ignore: exiftool === null,
      async fn() {
        const picture = join(await photograph(format, { orientation, icc: true }), "secret film");
        const before = await metadataOf(picture, format);
        for (const expected of ["GPS", "Anna", "Camera Works"]) {
          assert(before.some((tag) => tag.includes(expected)), `${expected} is not in ${before}`);
        }
        const clean = await cleaned(picture);
        assert.deepEqual(await metadataOf(clean, format), []);
        const text = new TextDecoder("latin1").decode(clean);
        for (const secret of SECRETS) assert(!text.includes(secret), secret);

        assert.deepEqual(await pixelsOf(clean), await pixelsOf(picture));
        const [was, is] = [await sharp(picture).metadata(), await sharp(clean).metadata()];
        assert.equal(is.orientation ?? 1, orientation);
        assert.deepEqual(is.icc, was.icc);
        assert(is.icc);
        assert.equal((await inspect(clean)).clean, null, "there is nothing left to remove");
      },
    });
  }
}

Deno.test({
  name: "a GIF loses its comment and XMP, and keeps its frames, their times and their repetition",
  ignore: exiftool === null,
  async fn() {
    const frames = await Promise.all(
      [1, 2, 3].map((n) =>
        sharp({ create: { width: 20, height: 10, channels: 3, background: { r: n * 60, g: 0, b: 0 } } }).png()
          .toBuffer()
      ),
    );
    const animation = await sharp(frames, { join: { animated: true } }).gif({
      loop: 3,
      delay: [100, 200, 300],
    })
      .toBuffer();
    await using dir = await tempDir();
    const path = dir.join("animation.gif");
    await Deno.writeFile(path, animation);
    await exif(["-q", "-overwrite_original", "-Comment=taken at home", "-XMP-dc:Creator=Anna Example", path]);
    const picture = join(await Deno.readFile(path), "secret film");
    assert.equal((await metadataOf(picture, "gif")).length > 0, true);
    const clean = await cleaned(picture);
    assert.deepEqual(await metadataOf(clean, "gif"), []);
    const [was, is] = [await sharp(picture).metadata(), await sharp(clean).metadata()];
    assert.deepEqual([is.pages, is.loop, is.delay], [3, 3, [100, 200, 300]]);
    assert.deepEqual([was.pages, was.loop, was.delay], [is.pages, is.loop, is.delay]);
    for (const page of [0, 1, 2]) {
      assert.deepEqual(await pixelsOf(clean, page), await pixelsOf(picture, page));
    }
    assert.equal((await inspect(clean)).clean, null);
  },
});

Deno.test({
  name: "an AVIF loses its EXIF and XMP in place",
  ignore: exiftool === null,
  async fn() {
    const picture = await photograph("avif");
    assert((await metadataOf(picture, "avif")).some((tag) => tag.includes("GPS")));
    const clean = await cleaned(picture);
    assert.deepEqual(await metadataOf(clean, "avif"), []);
    assert.equal(clean.length, picture.length);
    assert.deepEqual(await pixelsOf(clean), await pixelsOf(picture));
    assert.equal((await inspect(clean)).clean, null);
  },
});

Deno.test("an animated WebP and PNG keep their frames without what lies between them", async () => {
  const frames = await Promise.all(
    [1, 2, 3].map((n) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background: { r: n * 60, g: 0, b: 0 } } }).png()
        .toBuffer()
    ),
  );
  const animation = new Uint8Array(
    await sharp(frames, { join: { animated: true } }).webp({ loop: 2, delay: [100, 200, 300] }).withExif({
      IFD0: { Artist: "Anna" },
    }).toBuffer(),
  );
  const clean = await cleaned(animation);
  const is = await sharp(clean).metadata();
  assert.deepEqual([is.pages, is.loop, is.delay, is.exif], [3, 2, [100, 200, 300], undefined]);
  for (const page of [0, 1, 2]) {
    assert.deepEqual(await pixelsOf(clean, page), await pixelsOf(animation, page));
  }
  assert((await inspect(animation)).frames === 3);
});

Deno.test("EXIF longer than any JPEG could hold goes too, and leaves the orientation", async () => {
  const exif = join(orientationOnly(6), "Anna ".repeat(20_000));
  const png = await encoded("png");
  const webp = await encoded("webp", { orientation: 6 });
  // sharp puts EXIF behind all else there.
  const length = new DataView(webp.buffer).getUint32(4, true);
  const at = new TextDecoder("latin1").decode(webp).lastIndexOf("EXIF");
  const longer = join(webp.subarray(0, at + 4), new Uint8Array(4), exif);
  const view = new DataView(longer.buffer);
  view.setUint32(4, length + longer.length - webp.length, true);
  view.setUint32(at + 4, exif.length, true);
  for (const picture of [join(png.subarray(0, 33), chunk("eXIf", exif), png.subarray(33)), longer]) {
    assert.equal((await inspect(picture)).orientation, 6);
    const clean = await cleaned(picture);
    assert(!new TextDecoder("latin1").decode(clean).includes("Anna"));
    assert.equal((await sharp(clean).metadata()).orientation, 6);
    assert.deepEqual(await pixelsOf(clean), await pixelsOf(picture));
  }
});

Deno.test("a picture without metadata is kept byte for byte", async () => {
  for (const format of ["png", "gif", "webp"] as const) {
    assert.equal((await inspect(await encoded(format))).clean, null, format);
  }
  const plain = await cleaned(await encoded("jpeg"));
  assert.equal((await inspect(plain)).clean, null);
});

Deno.test("a JPEG keeps what decoding needs: progressive scans, restart markers, Adobe's colours", async () => {
  for (
    const make of [
      (image: Sharp) => image.jpeg({ progressive: true }),
      (image: Sharp) => image.jpeg({ chromaSubsampling: "4:4:4", quality: 100 }),
      (image: Sharp) => image.toColourspace("cmyk").jpeg(),
    ]
  ) {
    const picture = new Uint8Array(
      await make(drawing({ width: 333, height: 211 })).withExif({
        IFD0: { Artist: "Anna" },
      }).toBuffer(),
    );
    const clean = await cleaned(picture);
    assert(clean.length < picture.length);
    assert.deepEqual(await pixelsOf(clean), await pixelsOf(picture));
  }
});

Deno.test({
  name: "a TIFF that says who made it cannot be cleaned, one that does not need not be",
  ignore: exiftool === null,
  async fn() {
    assert.equal((await inspect(await photograph("tiff"))).clean, "impossible");
    assert.equal((await inspect(await encoded("tiff"))).clean, null);
  },
});

Deno.test("pieces are read back through a small window", async () => {
  const source = Uint8Array.from({ length: 500_000 }, (_, index) => index % 251);
  const result = await assemble([{ offset: 1, length: 400_000 }, { bytes: Uint8Array.of(7) }], source);
  assert.deepEqual(result.subarray(0, 3), source.subarray(1, 4));
  assert.equal(result.length, 400_001);
  assert.equal(result.at(-1), 7);
});
