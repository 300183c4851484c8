/** Pictures by sharp (libvips): native code, fast, all formats. Loaded in a worker, see `sharp_loading.ts`. */
import { Buffer } from "node:buffer";
import type { Sharp, SharpOptions } from "sharp";
import { decodeBmp } from "./bmp_decode.ts";
import {
  type EngineLimits,
  type ImageEngine,
  type Mark,
  MEDIA_TYPES,
  type Picture,
  type Source,
} from "./engine.ts";
import type { Letters } from "./font.ts";
import { lettering } from "./lettering.ts";
import { markSize, placeMark, type Size } from "./recipe.ts";
import { isOpaque } from "./raster.ts";

type SharpModule = typeof import("sharp").default;

/** All others stay blocked: there are readers of many odd formats in libvips. SVG is for our own lettering. */
const READERS = ["Jpeg", "Png", "Webp", "Nsgif", "Tiff", "Heif", "Svg"];

export function sharpEngine(
  sharp: SharpModule,
  { letters, limits }: { letters: Letters; limits: EngineLimits },
): ImageEngine {
  sharp.cache(false);
  // One picture at a time uses one core, so that uploads and downloads have the others.
  sharp.concurrency(1);
  sharp.block({ operation: ["VipsForeignLoad"] });
  sharp.unblock({ operation: READERS.map((name) => `VipsForeignLoad${name}`) });
  const options: SharpOptions = { limitInputPixels: limits.pixels, failOn: "error", sequentialRead: true };

  function open({ bytes, format }: Pick<Source, "bytes" | "format">): Sharp {
    const timeout = { seconds: limits.seconds };
    if (format !== "bmp") return sharp(bytes, options).timeout(timeout);
    const { data, width, height } = decodeBmp(bytes);
    return sharp(data, { ...options, raw: { width, height, channels: 4 } }).timeout(timeout);
  }

  async function shrink(
    source: Source,
    { sizes, quality }: { sizes: Size[]; quality: number },
  ): Promise<Picture[]> {
    // From the largest size all others are made: the picture is decoded once.
    const largest = sizes.reduce((a, b) => a.width * a.height >= b.width * b.height ? a : b);
    const { data, info } = await open(source).autoOrient().resize({ ...largest, fit: "fill" }).toColourspace(
      "srgb",
    )
      .ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: 4 as const };
    const opaque = isOpaque({ ...largest, data: new Uint8Array(data) });
    const pictures: Picture[] = [];
    for (const size of sizes) {
      const resized = sharp(data, { raw }).resize({ ...size, fit: "fill" });
      const encoded = opaque ? resized.removeAlpha().jpeg({ quality }) : resized.png();
      pictures.push({
        ...size,
        bytes: new Uint8Array(await encoded.toBuffer()),
        contentType: MEDIA_TYPES[opaque ? "jpeg" : "png"],
      });
    }
    return pictures;
  }

  async function drawn(mark: Mark, picture: Size): Promise<{ input: Buffer; size: Size }> {
    if ("text" in mark) {
      const { svg, size } = lettering(picture, { outline: await letters.outline(mark.text), style: mark });
      return { input: Buffer.from(svg), size };
    }
    const shape = mark.picture.orientation >= 5
      ? { width: mark.picture.height, height: mark.picture.width }
      : mark.picture;
    const size = markSize(picture, { shape, wanted: picture.width * mark.percent / 100 });
    const veil = Buffer.from([255, 255, 255, Math.round(mark.opacity * 255)]);
    const input = await open(mark.picture).autoOrient().resize({ ...size, fit: "fill" }).ensureAlpha()
      .composite([{
        input: veil,
        raw: { width: 1, height: 1, channels: 4 },
        tile: true,
        blend: "dest-in",
      }]).png().toBuffer();
    return { input, size };
  }

  async function mark(source: Source, { mark, quality }: { mark: Mark; quality: number }): Promise<Picture> {
    const turned = source.orientation >= 5;
    const size = {
      width: turned ? source.height : source.width,
      height: turned ? source.width : source.height,
    };
    const { input, size: markedSize } = await drawn(mark, size);
    const place = placeMark(size, { mark: markedSize, position: mark.position });
    const marked = open(source).autoOrient().toColourspace("srgb").composite([{ input, ...place }]);
    if (!source.cmyk) marked.keepIccProfile(); // Of colours for print sRGB is made.
    const { data, info } = await inFormat(marked, source.format, quality).toBuffer({
      resolveWithObject: true,
    });
    return {
      width: info.width,
      height: info.height,
      bytes: new Uint8Array(data),
      contentType: MEDIA_TYPES[source.format],
    };
  }

  return { shrink, mark };
}

function inFormat(image: Sharp, format: Source["format"], quality: number): Sharp {
  switch (format) {
    case "jpeg":
      return image.jpeg({ quality });
    case "webp":
      return image.webp({ quality });
    case "avif":
      return image.avif({ quality, effort: 2 });
    case "tiff":
      return image.tiff({ compression: "deflate" });
    default:
      return image.png();
  }
}
