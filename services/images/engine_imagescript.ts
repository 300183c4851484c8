/**
 * Pictures without native code, by ImageScript's WebAssembly decoders: slower, fewer formats, and nothing that it does
 * can leave its worker. The codecs know no limits, so the size is known before they see a picture.
 */
import { decodeBmp } from "./bmp_decode.ts";
import {
  ABILITIES,
  type EngineLimits,
  type ImageEngine,
  type Mark,
  MEDIA_TYPES,
  type Picture,
  type Source,
} from "./engine.ts";
import type { Letters } from "./font.ts";
import { profileOf, withProfile } from "./icc.ts";
import { lettering } from "./lettering.ts";
import { isOpaque, layOver, type Raster, resized, upright } from "./raster.ts";
import { markSize, placeMark, type Size } from "./recipe.ts";
import type { Codecs } from "./wasm_codecs.ts";

export function imagescriptEngine(
  codecs: Codecs,
  { letters, limits }: { letters: Letters; limits: EngineLimits },
): ImageEngine {
  const { reads } = ABILITIES.imagescript;

  /** Upright, and at least as large as `atLeast`. */
  function decode({ bytes, format, orientation, width, height }: Source, atLeast: Size): Raster {
    if (width * height > Math.min(limits.pixels, reads[format] ?? 0)) {
      throw new Error("The picture is too large for this engine");
    }
    const wanted = orientation >= 5 ? { width: atLeast.height, height: atLeast.width } : atLeast;
    return upright(decoded(bytes, format, wanted), orientation);
  }

  function decoded(bytes: Uint8Array, format: Source["format"], atLeast: Size): Raster {
    switch (format) {
      case "jpeg":
        return codecs.decodeJpeg(bytes, atLeast);
      case "png":
        return codecs.decodePng(bytes);
      case "gif":
        return codecs.decodeGif(bytes);
      case "bmp":
        return decodeBmp(bytes);
      default:
        throw new Error(`This engine does not read ${format}`);
    }
  }

  async function shrink(
    source: Source,
    { sizes, quality }: { sizes: Size[]; quality: number },
  ): Promise<Picture[]> {
    const largest = sizes.reduce((a, b) => a.width * a.height >= b.width * b.height ? a : b);
    const whole = resized(decode(source, largest), largest);
    const opaque = isOpaque(whole);
    const profile = profileOf(source.bytes);
    const pictures: Picture[] = [];
    for (const size of sizes) {
      const raster = resized(whole, size);
      const encoded = opaque ? await codecs.encodeJpeg(raster, quality) : codecs.encodePng(raster);
      const bytes = withProfile(encoded, profile);
      pictures.push({ ...size, bytes, contentType: MEDIA_TYPES[opaque ? "jpeg" : "png"] });
    }
    return pictures;
  }

  async function drawn(mark: Mark, picture: Size): Promise<{ mark: Raster; opacity: number }> {
    if ("text" in mark) {
      const { svg } = lettering(picture, { outline: await letters.outline(mark.text), style: mark });
      return { mark: codecs.renderSvg(svg), opacity: 1 }; // The drawing has its opacity.
    }
    const whole = decode(mark.picture, mark.picture);
    const size = markSize(picture, { shape: whole, wanted: picture.width * mark.percent / 100 });
    return { mark: resized(whole, size), opacity: mark.opacity };
  }

  async function mark(source: Source, { mark, quality }: { mark: Mark; quality: number }): Promise<Picture> {
    const raster = decode(source, source);
    const above = await drawn(mark, raster);
    layOver(raster, { ...above, ...placeMark(raster, { mark: above.mark, position: mark.position }) });
    const encoded = source.format === "jpeg"
      ? await codecs.encodeJpeg(raster, quality)
      : codecs.encodePng(raster);
    const bytes = withProfile(encoded, profileOf(source.bytes));
    return { width: raster.width, height: raster.height, bytes, contentType: MEDIA_TYPES[source.format] };
  }

  return { shrink, mark };
}
