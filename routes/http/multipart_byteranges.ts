/** The body of a 206 with several ranges: `multipart/byteranges` (RFC 9110 §14.6 and §15.3.7.2). */
import { bodyLength, type BodyPart } from "./body_stream.ts";
import { type ByteRange, contentRange } from "./byte_range.ts";

export interface MultipartLayout {
  parts: BodyPart[];
  /** Bytes of all parts: the exact Content-Length. */
  contentLength: number;
  /** The Content-Type of the response; that of the file stands in each part. */
  contentType: string;
}

/** A boundary that no file can know beforehand. */
export function newBoundary(): string {
  return crypto.randomUUID().replaceAll("-", "");
}

/** Lays out `ranges` of a file of `size` bytes; `contentType` is the file's, `boundary` must not occur in it. */
export function layoutByteranges(
  ranges: ByteRange[],
  { size, contentType, boundary }: { size: number; contentType: string; boundary: string },
): MultipartLayout {
  const encoder = new TextEncoder();
  const parts: BodyPart[] = ranges.flatMap((range, index) => [
    encoder.encode(
      `${index === 0 ? "" : "\r\n"}--${boundary}\r\n` +
        `Content-Type: ${contentType}\r\nContent-Range: ${contentRange(range, size)}\r\n\r\n`,
    ),
    range,
  ]);
  parts.push(encoder.encode(`\r\n--${boundary}--\r\n`));
  return {
    parts,
    contentLength: bodyLength(parts),
    contentType: `multipart/byteranges; boundary=${boundary}`,
  };
}
