/**
 * ImageScript's decoders and MozJPEG, as WebAssembly. The package `imagescript` itself cannot be used where native
 * code is not allowed: on npm its encoders are a native addon, which it loads at once.
 *
 * A decoder is instantiated for each picture: what a broken picture leaves behind, and the memory of a large one, go
 * with the instance.
 */
import { Buffer } from "node:buffer";
import { deflateSync } from "node:zlib";
import { chunk } from "./png.ts";
import { newRaster, type Raster } from "./raster.ts";
import type { Size } from "./recipe.ts";

type WasmFunction = (...numbers: number[]) => number;
type Exports = Record<string, WasmFunction> & { memory: WebAssembly.Memory };

async function compile(name: "jpeg" | "png" | "gif" | "svg"): Promise<WebAssembly.Module> {
  const { default: bytes } = await import(`imagescript/wasm/any/${name}.wasm`, { with: { type: "bytes" } });
  return await WebAssembly.compile(bytes);
}

/** For the functions that the modules name; they are told nothing. */
const ENV = { env: { emscripten_notify_memory_growth() {}, push_to_stream() {} } };

function instantiate(module: WebAssembly.Module): Exports {
  return new WebAssembly.Instance(module, ENV).exports as unknown as Exports;
}

function put({ memory, walloc }: Exports, bytes: Uint8Array): number {
  const at = walloc!(bytes.length);
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
  return at;
}

function take({ memory }: Exports, at: number, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(memory.buffer as ArrayBuffer, at, length);
}

export interface Codecs {
  /** At least as large as `atLeast`, which saves work where the picture is much larger. */
  decodeJpeg(bytes: Uint8Array, atLeast: Size): Raster;
  decodePng(bytes: Uint8Array): Raster;
  /** The first frame. */
  decodeGif(bytes: Uint8Array): Raster;
  /** As large as it says that it is. */
  renderSvg(svg: string): Raster;
  encodeJpeg(raster: Raster, quality: number): Promise<Uint8Array<ArrayBuffer>>;
  encodePng(raster: Raster): Uint8Array<ArrayBuffer>;
}

export async function loadCodecs(): Promise<Codecs> {
  const [jpeg, png, gif, svg, mozjpeg] = await Promise.all([
    compile("jpeg"),
    compile("png"),
    compile("gif"),
    compile("svg"),
    loadMozjpeg(),
  ]);
  return {
    decodeJpeg: (bytes, atLeast) => decodeJpeg(instantiate(jpeg), bytes, atLeast),
    decodePng: (bytes) => decodePng(instantiate(png), bytes),
    decodeGif: (bytes) => decodeGif(instantiate(gif), bytes),
    renderSvg: (text) => renderSvg(instantiate(svg), text),
    encodeJpeg: mozjpeg,
    encodePng,
  };
}

async function loadMozjpeg() {
  const [{ default: encode, init }, { default: bytes }] = await Promise.all([
    import("@jsquash/jpeg/encode.js"),
    import("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm", { with: { type: "bytes" } }),
  ]);
  await init(await WebAssembly.compile(bytes as unknown as Uint8Array<ArrayBuffer>));
  return async ({ width, height, data }: Raster, quality: number) => {
    const pixels = new Uint8ClampedArray(data.buffer);
    const image = {
      width,
      height,
      data: pixels,
      colorSpace: "srgb",
      pixelFormat: "rgba-unorm8",
    } as ImageData;
    return new Uint8Array(await encode(image, { quality, progressive: false }));
  };
}

function decodeJpeg(wasm: Exports, bytes: Uint8Array, { width, height }: Size): Raster {
  const result = wasm.decode!(
    put(wasm, bytes),
    bytes.length,
    Math.min(width, 65535),
    Math.min(height, 65535),
  );
  if (result === 0 || result === 1) throw new Error("The JPEG cannot be decoded");
  const raster = newRaster({ width: wasm.decode_width!(result), height: wasm.decode_height!(result) });
  const at = wasm.decode_buffer!(result);
  const pixels = take(wasm, at, wasm.wlen!());
  const format = wasm.decode_format!(result);
  const count = raster.width * raster.height;
  if (pixels.length < count * [1, 3, 4][format]!) throw new Error("The JPEG has too few pixels");
  raster.data.fill(255);
  for (let index = 0; index < count; index++) {
    if (format === 0) raster.data.fill(pixels[index]!, index * 4, index * 4 + 3);
    else if (format === 1) {
      raster.data[index * 4] = pixels[index * 3]!;
      raster.data[index * 4 + 1] = pixels[index * 3 + 1]!;
      raster.data[index * 4 + 2] = pixels[index * 3 + 2]!;
    } else {
      const black = 255 - pixels[index * 4 + 3]!;
      for (let color = 0; color < 3; color++) {
        raster.data[index * 4 + color] = Math.round((255 - pixels[index * 4 + color]!) * black / 255);
      }
    }
  }
  return raster;
}

function decodePng(wasm: Exports, bytes: Uint8Array): Raster {
  const result = wasm.decode!(put(wasm, bytes), bytes.length);
  if (result < 0) throw new Error(`The PNG cannot be decoded (${result})`);
  const raster = newRaster({ width: wasm.width!(), height: wasm.height!() });
  raster.data.set(take(wasm, result, raster.data.length));
  return raster;
}

function decodeGif(wasm: Exports, bytes: Uint8Array): Raster {
  const decoder = wasm.decoder_new!(put(wasm, bytes), bytes.length, 0);
  if (decoder === 0) throw new Error("The GIF cannot be decoded");
  const screen = { width: wasm.decoder_width!(decoder), height: wasm.decoder_height!(decoder) };
  const frame = wasm.decoder_frame!(decoder);
  if (frame === 0 || frame === 1) throw new Error("The GIF has no frame that can be decoded");
  const size = { width: wasm.decoder_frame_width!(frame), height: wasm.decoder_frame_height!(frame) };
  const [left, top] = [wasm.decoder_frame_x!(frame), wasm.decoder_frame_y!(frame)];
  const raster = newRaster(screen.width * screen.height > 0 ? screen : size);
  const at = wasm.decoder_frame_buffer!(frame);
  const pixels = take(wasm, at, wasm.wlen!());
  if (pixels.length < size.width * size.height * 4) throw new Error("The GIF has too few pixels");
  const width = Math.min(size.width, raster.width - left);
  for (let y = 0; y < Math.min(size.height, raster.height - top) && width > 0; y++) {
    const row = pixels.subarray(y * size.width * 4, (y * size.width + width) * 4);
    raster.data.set(row, ((top + y) * raster.width + left) * 4);
  }
  return raster;
}

/** The rasterizer gives colours multiplied by alpha; ours are not. */
function renderSvg(wasm: Exports, text: string): Raster {
  const bytes = new TextEncoder().encode(text);
  const result = wasm.rasterize!(put(wasm, bytes), bytes.length, 0, 0);
  if (result === 0 || result === 1) throw new Error("The drawing cannot be rendered");
  const raster = newRaster({ width: wasm.rasterize_width!(result), height: wasm.rasterize_height!(result) });
  const at = wasm.rasterize_buffer!(result);
  const pixels = take(wasm, at, wasm.wlen!());
  for (let index = 0; index < raster.data.length; index += 4) {
    const alpha = pixels[index + 3]!;
    raster.data[index + 3] = alpha;
    for (let color = 0; color < 3 && alpha > 0; color++) {
      raster.data[index + color] = Math.min(255, Math.round(pixels[index + color]! * 255 / alpha));
    }
  }
  return raster;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Eight bits a channel; each row as the differences to the one above, or to the pixel on the left, or as it is. */
function encodePng(raster: Raster): Uint8Array<ArrayBuffer> {
  const { width, height, data } = raster;
  const row = width * 4;
  const filtered = new Uint8Array((row + 1) * height);
  for (let y = 0; y < height; y++) {
    const here = data.subarray(y * row, (y + 1) * row);
    const above = y === 0 ? null : data.subarray((y - 1) * row, y * row);
    const out = filtered.subarray(y * (row + 1), (y + 1) * (row + 1));
    out[0] = above && cost(here, (at) => above[at]!) <= cost(here, (at) => here[at - 4] ?? 0) ? 2 : 1;
    for (let at = 0; at < row; at++) {
      out[at + 1] = here[at]! - (out[0] === 2 ? above![at]! : here[at - 4] ?? 0);
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, 6, 0, 0, 0], 8);
  const parts = [
    SIGNATURE,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(filtered)),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function cost(row: Uint8Array, before: (at: number) => number): number {
  let sum = 0;
  for (let at = 0; at < row.length; at++) {
    const difference = row[at]! - before(at) & 255;
    sum += difference < 128 ? difference : 256 - difference;
  }
  return sum;
}
