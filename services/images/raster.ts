/** Pixels in memory, for the engine that has no library for them: turning, shrinking, laying one over another. */
import type { Size } from "./recipe.ts";

export interface Raster extends Size {
  /** Red, green, blue, alpha; not multiplied. */
  data: Uint8Array<ArrayBuffer>;
}

export function newRaster({ width, height }: Size): Raster {
  return { width, height, data: new Uint8Array(width * height * 4) };
}

export function isOpaque({ data }: Raster): boolean {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

/** As people see it, by EXIF's number. */
export function upright(raster: Raster, orientation: number): Raster {
  if (orientation < 2 || orientation > 8) return raster;
  const { width, height } = raster;
  const turned = newRaster(orientation >= 5 ? { width: height, height: width } : { width, height });
  const from = new Uint32Array(raster.data.buffer);
  const to = new Uint32Array(turned.data.buffer);
  const [right, bottom] = [width - 1, height - 1];
  // Where the pixel of a place comes from.
  const source = {
    2: (x: number, y: number) => y * width + right - x,
    3: (x: number, y: number) => (bottom - y) * width + right - x,
    4: (x: number, y: number) => (bottom - y) * width + x,
    5: (x: number, y: number) => x * width + y,
    6: (x: number, y: number) => (bottom - x) * width + y,
    7: (x: number, y: number) => (bottom - x) * width + right - y,
    8: (x: number, y: number) => x * width + right - y,
  }[orientation]!;
  for (let y = 0, at = 0; y < turned.height; y++) {
    for (let x = 0; x < turned.width; x++) to[at++] = from[source(x, y)]!;
  }
  return turned;
}

/** Each pixel is the mean of those that it covers, by how much of them it covers and how opaque they are. */
export function resized(raster: Raster, size: Size): Raster {
  if (raster.width === size.width && raster.height === size.height) return raster;
  const columns = coverage(raster.width, size.width);
  const rows = coverage(raster.height, size.height);
  const result = newRaster(size);
  const sums = new Float32Array(size.width * 4);
  for (let y = 0; y < size.height; y++) {
    sums.fill(0);
    rows.forEachOf(y, (row, weight) => addRow(raster, { row, weight, columns, sums }));
    for (let at = 0; at < sums.length; at += 4) {
      const alpha = sums[at + 3]!;
      result.data[y * sums.length + at + 3] = Math.round(alpha);
      if (alpha < 0.5) continue;
      for (let channel = 0; channel < 3; channel++) {
        result.data[y * sums.length + at + channel] = Math.round(sums[at + channel]! * 255 / alpha);
      }
    }
  }
  return result;
}

function addRow(
  { width, data }: Raster,
  { row, weight, columns, sums }: {
    row: number;
    weight: number;
    columns: ReturnType<typeof coverage>;
    sums: Float32Array;
  },
): void {
  const { starts, weights } = columns;
  for (let x = 0, at = 0; at < sums.length; x++, at += 4) {
    let [red, green, blue, alpha] = [0, 0, 0, 0];
    let from = (row * width + columns.first[x]!) * 4;
    for (let index = starts[x]!; index < starts[x + 1]!; index++, from += 4) {
      const opacity = data[from + 3]! * weights[index]!;
      red += data[from]! * opacity;
      green += data[from + 1]! * opacity;
      blue += data[from + 2]! * opacity;
      alpha += opacity;
    }
    sums[at] = sums[at]! + red * weight / 255;
    sums[at + 1] = sums[at + 1]! + green * weight / 255;
    sums[at + 2] = sums[at + 2]! + blue * weight / 255;
    sums[at + 3] = sums[at + 3]! + alpha * weight;
  }
}

/** Which of `from` pixels each of `to` covers, with weights whose sum is 1. */
function coverage(from: number, to: number) {
  const first = new Uint32Array(to);
  const starts = new Uint32Array(to + 1);
  const weights: number[] = [];
  const step = from / to;
  for (let index = 0; index < to; index++) {
    const [start, end] = [index * step, Math.min(from, (index + 1) * step)];
    first[index] = Math.floor(start);
    for (let source = Math.floor(start); source < end; source++) {
      weights.push((Math.min(end, source + 1) - Math.max(start, source)) / step);
    }
    starts[index + 1] = weights.length;
  }
  return {
    first,
    starts,
    weights: Float32Array.from(weights),
    forEachOf(index: number, visit: (source: number, weight: number) => void) {
      for (let at = starts[index]!; at < starts[index + 1]!; at++) {
        visit(first[index]! + at - starts[index]!, this.weights[at]!);
      }
    },
  };
}

/** Lays `mark` over the raster, which changes. */
export function layOver(
  raster: Raster,
  { mark, left, top, opacity }: { mark: Raster; left: number; top: number; opacity: number },
): void {
  for (let y = 0; y < mark.height; y++) {
    for (let x = 0; x < mark.width; x++) {
      const from = (y * mark.width + x) * 4;
      const to = ((top + y) * raster.width + left + x) * 4;
      const above = mark.data[from + 3]! / 255 * opacity;
      if (above === 0) continue;
      const below = raster.data[to + 3]! / 255 * (1 - above);
      const alpha = above + below;
      for (let channel = 0; channel < 3; channel++) {
        const mixed = mark.data[from + channel]! * above + raster.data[to + channel]! * below;
        raster.data[to + channel] = Math.round(mixed / alpha);
      }
      raster.data[to + 3] = Math.round(alpha * 255);
    }
  }
}
