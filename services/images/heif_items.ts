/** The `meta` box of AVIF and HEIC (ISO/IEC 14496-12, 8.11): which item is the picture, what it is like, and which are metadata. */
import { cutOff, unreadable } from "./inspection.ts";
import { type Box, type Extent, readBox } from "./heif.ts";

export interface Items {
  size: { width: number; height: number };
  /** Of the largest item. */
  pixels: number;
  orientation: number;
  metadata: Extent[] | "impossible";
}

/** EXIF's number for a mirroring (by `imir`'s axis, or none) after quarter turns against the clock. */
const UPRIGHT = [1, 8, 3, 6];
const MIRRORED = { 0: [4, 5, 2, 7], 1: [2, 7, 4, 5] } as const;

/** `bytes` are the whole box, which lies at `start` in the file. */
export function readItems(bytes: Uint8Array, start: number): Items {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const meta = boxAt(0, bytes.length);
  const children = childrenOf(meta.content + 4, bytes.length);
  const find = (boxes: Box[], type: string) => boxes.find((box) => box.type === type);

  function boxAt(offset: number, end: number): Box {
    return readBox(bytes.subarray(offset, offset + 16), { offset, end });
  }

  function childrenOf(from: number, end: number): Box[] {
    const boxes: Box[] = [];
    for (let offset = from; offset + 8 <= end;) {
      const box = boxAt(offset, end);
      boxes.push(box);
      offset += box.length;
    }
    return boxes;
  }

  const pitm = find(children, "pitm");
  const iprp = find(children, "iprp");
  if (!pitm || !iprp) throw unreadable("does not say how large it is");
  const primary = bytes[pitm.content] === 0
    ? view.getUint16(pitm.content + 4)
    : view.getUint32(pitm.content + 4);
  const groups = childrenOf(iprp.content, iprp.offset + iprp.length);
  const ipco = find(groups, "ipco");
  if (!ipco) throw unreadable("does not say how large it is");
  const properties = childrenOf(ipco.content, ipco.offset + ipco.length);

  let size: Items["size"] | null = null;
  let pixels = 0;
  let turns = 0;
  let axis: 0 | 1 | null = null;
  for (const box of properties) {
    if (box.type !== "ispe" || box.length < 20) continue;
    pixels = Math.max(pixels, view.getUint32(box.content + 4) * view.getUint32(box.content + 8));
  }
  for (const index of associations(groups.filter(({ type }) => type === "ipma"))) {
    const box = properties[index - 1];
    if (box?.type === "ispe" && box.length >= 20) {
      size = { width: view.getUint32(box.content + 4), height: view.getUint32(box.content + 8) };
    } else if (box?.type === "irot") turns = bytes[box.content]! & 3;
    else if (box?.type === "imir") axis = (bytes[box.content]! & 1) as 0 | 1;
  }
  if (!size || size.width === 0 || size.height === 0) throw unreadable("does not say how large it is");
  return {
    size,
    pixels,
    orientation: (axis === null ? UPRIGHT : MIRRORED[axis])[turns]!,
    metadata: metadataExtents(),
  };

  /** Numbers of the primary item's properties, from 1. */
  function associations(boxes: Box[]): number[] {
    const found: number[] = [];
    for (const box of boxes) {
      const [version, wide] = [bytes[box.content]!, bytes[box.content + 3]! & 1];
      let at = box.content + 8;
      for (
        let left = view.getUint32(box.content + 4);
        left > 0 && at + 5 <= box.offset + box.length;
        left--
      ) {
        const item = version === 0 ? view.getUint16(at) : view.getUint32(at);
        at += version === 0 ? 2 : 4;
        for (let count = bytes[at++]!; count > 0 && at < box.offset + box.length; count--) {
          const index = wide ? view.getUint16(at) & 0x7fff : bytes[at]! & 0x7f;
          at += wide ? 2 : 1;
          if (item === primary) found.push(index);
        }
      }
    }
    return found;
  }

  function metadataExtents(): Extent[] | "impossible" {
    const iinf = find(children, "iinf");
    const iloc = find(children, "iloc");
    if (!iinf || !iloc) return [];
    const texts = new Map<number, number>();
    const entries = childrenOf(iinf.content + (bytes[iinf.content] === 0 ? 6 : 8), iinf.offset + iinf.length);
    for (const { type, content, length, offset } of entries) {
      if (type !== "infe" || bytes[content]! < 2 || content + 12 > offset + length) continue;
      const wide = bytes[content]! === 3;
      const id = wide ? view.getUint32(content + 4) : view.getUint16(content + 4);
      const kind = String.fromCharCode(
        ...bytes.subarray(content + (wide ? 10 : 8), content + (wide ? 14 : 12)),
      );
      if (kind === "Exif") texts.set(id, 0);
      else if (kind === "mime" || kind === "uri ") texts.set(id, 0x20);
    }
    return texts.size === 0 ? [] : locate(iloc, texts);
  }

  /** 8.11.3. */
  function locate(iloc: Box, wanted: Map<number, number>): Extent[] | "impossible" {
    const version = bytes[iloc.content]!;
    const [sizes, more] = [bytes[iloc.content + 4]!, bytes[iloc.content + 5]!];
    const idat = find(children, "idat");
    let at = iloc.content + 6;
    const number = (length: number) => {
      if (at + length > iloc.offset + iloc.length) throw cutOff();
      let value = 0;
      for (const byte of bytes.subarray(at, at + length)) value = value * 256 + byte;
      at += length;
      return value;
    };
    const extents: Extent[] = [];
    for (let left = number(version < 2 ? 2 : 4); left > 0; left--) {
      const fill = wanted.get(number(version < 2 ? 2 : 4));
      const method = version === 0 ? 0 : number(2) & 15;
      number(2);
      const base = number(more >> 4);
      for (let count = number(2); count > 0; count--) {
        if (version > 0) number(more & 15);
        const offset = number(sizes >> 4);
        const length = number(sizes & 15);
        if (fill === undefined) continue;
        if (method > 1 || length === 0 || (method === 1 && !idat)) return "impossible";
        const from = method === 1 ? start + idat!.content : 0;
        if (method === 1 && base + offset + length > idat!.offset + idat!.length - idat!.content) {
          return "impossible";
        }
        extents.push({ offset: from + base + offset, length, fill });
      }
    }
    return extents;
  }
}
