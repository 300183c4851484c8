/** A file at a server, read in ranges: what its headers say, and whether it is still the same (RFC 9110). */
import { refusal } from "./answer.ts";
import type { ChildAbort } from "./clock.ts";
import { PawlError } from "./errors.ts";
import { sha256OfReprDigest } from "./hash.ts";
import { nameOfDisposition } from "./saved_name.ts";
import type { Server } from "./server.ts";
import { networkError } from "./transport.ts";

/** What tells versions of a file apart. */
export interface Validators {
  /** A strong entity tag with its quotes; null without one. */
  etag: string | null;
  lastModified: string | null;
}

export interface RemoteFacts extends Validators {
  /** Bytes; null when the server does not say. */
  size: number | null;
  /** Lower-case hex; null when the server names none. */
  sha256: string | null;
  fileName: string | null;
  contentType: string;
}

/** An answer whose body is to be read or cancelled. */
export interface RemoteRange {
  facts: RemoteFacts;
  /** Where the body begins; 0 when the server sends the whole file. */
  start: number;
  /** Whether the server cuts ranges out of it. */
  partial: boolean;
  body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface RangeWish {
  start: number;
  /** Exclusive; null for all that follows. */
  end: number | null;
  /** Only of this version; another one comes whole. */
  version: Validators | null;
}

/** How a request is given up. */
export interface Opening {
  request: ChildAbort;
  /** Milliseconds for the answer's head. */
  stallMs: number;
}

const nothing = () =>
  new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.close() });

/**
 * One request. Throws what the server refuses with, `network`, or the signal's reason. A range behind the end is
 * answered with an empty body when the file ends exactly at `start`.
 */
export async function openRange(
  server: Server,
  url: URL,
  { start, end, version, ...how }: RangeWish & Opening,
): Promise<RemoteRange> {
  const whole = start === 0 && end === null;
  const condition = version?.etag ?? version?.lastModified ?? null;
  const response = await server.open(url, {
    headers: {
      "Accept": "*/*",
      // Ranges are of the bytes as stored. Browsers do so by themselves.
      "Accept-Encoding": "identity",
      ...(whole ? {} : { "Range": `bytes=${start}-${end === null ? "" : end - 1}` }),
      ...(whole || condition === null ? {} : { "If-Range": condition }),
    },
    ...how,
  });
  const { status, headers } = response;
  if (status === 416) {
    await response.body?.cancel();
    return await behindTheEnd(server, url, { start, total: totalOf(headers), ...how });
  }
  if (status !== 200 && status !== 206) {
    const text = await response.text().catch((error) => {
      throw how.request.signal.aborted ? how.request.signal.reason : networkError(error);
    });
    throw refusal({ status, header: (name) => headers.get(name), text });
  }
  const partial = status === 206;
  const range = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(headers.get("Content-Range") ?? "");
  if (partial && range === null) {
    await response.body?.cancel();
    throw new PawlError("unexpected-answer", "The server sent a part of the file without saying which.", {
      status,
    });
  }
  return {
    facts: factsOf(headers, partial ? totalOf(headers) : lengthOf(headers)),
    start: partial ? Number(range![1]) : 0,
    partial,
    body: response.body ?? nothing(),
  };
}

/** Either nothing is left, or the file has become shorter; an empty file has no ranges at all. */
async function behindTheEnd(
  server: Server,
  url: URL,
  { start, total, ...how }: { start: number; total: number | null } & Opening,
): Promise<RemoteRange> {
  if (total === null || total !== start && total !== 0) {
    return await openRange(server, url, { start: 0, end: null, version: null, ...how });
  }
  const response = await server.open(url, { method: "HEAD", ...how });
  await response.body?.cancel();
  const { status, headers } = response;
  if (status !== 200) throw refusal({ status, header: (name) => headers.get(name), text: "" });
  return { facts: factsOf(headers, total), start: total, partial: true, body: nothing() };
}

function factsOf(headers: Headers, size: number | null): RemoteFacts {
  const etag = headers.get("ETag");
  return {
    size,
    etag: etag?.startsWith('"') ? etag : null,
    lastModified: headers.get("Last-Modified"),
    sha256: sha256OfReprDigest(headers.get("Repr-Digest")),
    fileName: nameOfDisposition(headers.get("Content-Disposition")),
    contentType: headers.get("Content-Type") ?? "application/octet-stream",
  };
}

function totalOf(headers: Headers): number | null {
  const total = /\/(\d+)$/.exec(headers.get("Content-Range") ?? "")?.[1];
  return total === undefined ? null : Number(total);
}

function lengthOf(headers: Headers): number | null {
  const coding = headers.get("Content-Encoding");
  const length = headers.get("Content-Length");
  return length === null || coding !== null && coding !== "identity" ? null : Number(length);
}

/** Whether both name the same version. Without validators nobody knows, which is not the same. */
export function isSameVersion(a: Validators, b: Validators): boolean {
  if (a.etag !== null || b.etag !== null) return a.etag === b.etag;
  return a.lastModified !== null && a.lastModified === b.lastModified;
}
