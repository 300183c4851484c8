/** Response bodies that are read on demand, in constant memory and at the speed of the disk. */
import type { ByteRange } from "./byte_range.ts";

/** A piece of a body: bytes as they are, or a stretch of the source. */
export type BodyPart = Uint8Array | ByteRange;

/** Bytes by position; a `BlobReader` is one. Whoever is given it closes it. */
export interface ByteSource {
  /** Fills `into` from `position`; returns the bytes read, which may be fewer, and 0 only at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): void;
}

export interface BodyEnd {
  /** Bytes handed to the server; up to one read more than what reached the client. */
  sent: number;
  /** Bytes of this body that were not. */
  left: number;
  /** Whether that is the whole body. */
  whole: boolean;
  /** Why it broke here; absent when it is whole and when the client left. */
  error?: unknown;
}

/** The bodies of one server, counted. The fewer are open, the larger the pieces of each. */
export interface BodyLoad {
  /** Streams that are being sent. */
  open: number;
  /** Bytes handed to the server. */
  sent: number;
  /** Bodies that ended with their last byte, and those that ended before. */
  whole: number;
  broken: number;
}

export const noLoad = (): BodyLoad => ({ open: 0, sent: 0, whole: 0, broken: 0 });

/** Stays in the processor's cache from the file to the socket; a read costs a change of threads, whatever its size. */
const MAX_READ_BYTES = 262_144;
const MIN_READ_BYTES = 65_536;
/** Shared by all bodies: a client that stops reading holds about two pieces. */
const READ_BUDGET = 32 * MAX_READ_BYTES;

/** Bytes that a body is read in which starts while `open` are open, itself included. */
export function readBytes({ open }: Pick<BodyLoad, "open">): number {
  return Math.max(MIN_READ_BYTES, Math.min(MAX_READ_BYTES, Math.floor(READ_BUDGET / Math.max(open, 1))));
}

/** Bytes that `parts` make together: the body's Content-Length. */
export function bodyLength(parts: BodyPart[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** Bodies up to this are read before the first header is sent: a stream costs more than they do. */
export const SMALL_BODY = 64 * 1024;

/**
 * Reads all of `parts`, then closes `source`; for bodies of at most `SMALL_BODY` bytes. Throws when the source ends
 * early or fails. `onEnd` is called exactly once, after the source is closed.
 */
export async function readParts(
  parts: BodyPart[],
  source: ByteSource,
  options: { onEnd?: (end: BodyEnd) => void; load?: BodyLoad } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { load = noLoad() } = options;
  const bytes = new Uint8Array(bodyLength(parts));
  let filled = 0;
  let failure: { error: unknown } | null = null;
  try {
    for (const part of parts) {
      if (part instanceof Uint8Array) {
        bytes.set(part, filled);
        filled += part.length;
        continue;
      }
      for (let at = 0; at < part.length;) {
        const count = await source.read(bytes.subarray(filled, filled + part.length - at), part.offset + at);
        if (count === 0) throw endedEarly(part.offset + at, bytes.length - filled);
        at += count;
        filled += count;
      }
    }
  } catch (error) {
    failure = { error };
    throw error;
  } finally {
    source.close();
    const sent = failure ? 0 : bytes.length;
    load.sent += sent;
    if (failure) load.broken++;
    else load.whole++;
    options.onEnd?.({ sent, left: bytes.length - sent, whole: !failure, ...failure });
  }
  return bytes;
}

function endedEarly(position: number, left: number): Error {
  return new Error(`The source ended at ${position}, ${left} bytes early`);
}

export interface StreamOptions {
  onEnd?: ((end: BodyEnd) => void) | undefined;
  /** Counts the body while it is open. */
  load?: BodyLoad | undefined;
  /**
   * Who reads the body holds the memory of a piece by itself when it asks for the next one. Each is freed then; else
   * the garbage collector does it, late and at the price of half of the download's time.
   */
  freesPieces?: boolean | undefined;
}

/**
 * Streams `parts` one after the other. Closes `source` at the end, on cancel and on error, never while it is
 * reading. A source that ends early breaks the stream, and with it the connection, so that no client takes a
 * short body for the file. `onEnd` is called exactly once, after the source is closed.
 */
export function streamParts(
  parts: BodyPart[],
  source: ByteSource,
  options: StreamOptions = {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { load = noLoad(), freesPieces = false } = options;
  const total = bodyLength(parts);
  load.open++;
  const pieceBytes = readBytes(load);
  let index = 0;
  let within = 0;
  let sent = 0;
  let cancelled = false;
  let ended = false;
  let reading: Promise<unknown> | null = null;
  let given: ArrayBuffer | null = null;

  const end = (error?: unknown) => {
    if (ended) return;
    ended = true;
    load.open--;
    source.close();
    const left = total - sent;
    if (left === 0) load.whole++;
    else load.broken++;
    options.onEnd?.({ sent, left, whole: left === 0, ...(error === undefined ? {} : { error }) });
  };

  /** Fills `view` until it is full, a read was short, or the body ends; returns the bytes put into it. */
  const fill = async (view: Uint8Array): Promise<number> => {
    let filled = 0;
    while (filled < view.length && index < parts.length) {
      const part = parts[index]!;
      const wanted = Math.min(part.length - within, view.length - filled);
      let count = wanted;
      if (part instanceof Uint8Array) {
        view.set(part.subarray(within, within + wanted), filled);
      } else if (wanted > 0) {
        count = await source.read(view.subarray(filled, filled + wanted), part.offset + within);
        if (count === 0) {
          throw endedEarly(part.offset + within, total - sent);
        }
      }
      filled += count;
      within += count;
      if (within === part.length) {
        index++;
        within = 0;
      }
      if (count < wanted) break;
    }
    return filled;
  };

  // No byte stream: it would put each piece into another buffer object, which nobody could free.
  return new ReadableStream({
    start(controller) {
      if (total > 0) return;
      controller.close();
      end();
    },
    async pull(controller) {
      // Taken away from here, its memory lives for as long as the reader holds it.
      if (freesPieces) given?.transfer(0);
      given = null;
      if (sent === total) return controller.close();
      try {
        const piece = new Uint8Array(Math.min(pieceBytes, total - sent));
        const filling = fill(piece);
        reading = filling;
        const count = await filling;
        if (cancelled) return;
        sent += count;
        load.sent += count;
        given = piece.buffer;
        controller.enqueue(piece.subarray(0, count));
        if (sent === total) end();
      } catch (error) {
        if (sent === total) return; // What failed is `onEnd`, not the body.
        if (!cancelled) end(error);
        throw error;
      }
    },
    async cancel() {
      cancelled = true;
      await reading?.catch(() => {});
      end();
    },
  }, { highWaterMark: 0 });
}
