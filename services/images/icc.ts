/** Colour profiles of JPEG and PNG, for an engine that looks at pixels only: taken out of one file, put into another. */
import { Buffer } from "node:buffer";
import { deflateSync, inflateSync } from "node:zlib";
import { chunk } from "./png.ts";

/** Bytes. Larger ones are for print; a variant would be mostly profile. */
const MAX_PROFILE = 16 * 1024;
const MARK = Buffer.from("ICC_PROFILE\0", "latin1");
const PNG_HEADER = 8 + 25;
const SOS = 0xda;
const APP2 = 0xe2;

/** null when there is none, or when it says what every program assumes without one: sRGB. */
export function profileOf(picture: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(picture.buffer, picture.byteOffset, picture.byteLength);
  const profile = bytes[0] === 0xff ? ofJpeg(bytes) : ofPng(bytes);
  if (profile === null || profile.length < 128 || profile.length > MAX_PROFILE) return null;
  // The description is ASCII in version 2 and UTF-16 in version 4 of the format.
  return profile.includes("sRGB") || profile.includes("\0s\0R\0G\0B") ? null : profile;
}

/** ICC.1, B.4: in numbered segments. */
function ofJpeg(bytes: Buffer): Buffer | null {
  const parts: Buffer[] = [];
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== SOS;) {
    const length = bytes.readUInt16BE(at + 2);
    const isProfile = bytes[at + 1] === APP2 && bytes.subarray(at + 4, at + 4 + MARK.length).equals(MARK);
    if (isProfile) {
      parts[bytes[at + 4 + MARK.length]!] = bytes.subarray(at + 4 + MARK.length + 2, at + 2 + length);
    }
    at += 2 + length;
  }
  const all = parts.filter(Boolean);
  return all.length === 0 ? null : Buffer.concat(all);
}

function ofPng(bytes: Buffer): Buffer | null {
  for (let at = 8; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (type === "IDAT") return null;
    if (type === "iCCP") {
      const data = bytes.subarray(at + 8, at + 8 + length);
      const name = data.indexOf(0);
      try {
        return inflateSync(data.subarray(name + 2), { maxOutputLength: 4 * MAX_PROFILE });
      } catch {
        return null; // A picture with a broken profile is shown without.
      }
    }
    at += 12 + length;
  }
  return null;
}

/** The picture, a JPEG or PNG that has none, with this profile. */
export function withProfile(picture: Uint8Array, profile: Uint8Array | null): Uint8Array<ArrayBuffer> {
  if (profile === null) return new Uint8Array(picture);
  if (picture[0] === 0xff) {
    const segment = Buffer.alloc(4 + MARK.length + 2 + profile.length);
    segment.set([0xff, APP2]);
    segment.writeUInt16BE(segment.length - 2, 2);
    MARK.copy(segment, 4);
    segment.set([1, 1], 4 + MARK.length);
    segment.set(profile, 4 + MARK.length + 2);
    // Behind JFIF's segment, which wants to be the first.
    const at = picture[3] === 0xe0 ? 4 + (picture[4]! << 8 | picture[5]!) : 2;
    return new Uint8Array(Buffer.concat([picture.subarray(0, at), segment, picture.subarray(at)]));
  }
  const data = Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(profile)]);
  const parts = [picture.subarray(0, PNG_HEADER), chunk("iCCP", data), picture.subarray(PNG_HEADER)];
  return new Uint8Array(Buffer.concat(parts));
}
