/** The first answer of a download: it tells all about the file, and its body is the first part. */
import { childAbort } from "./clock.ts";
import type { Saved } from "./download_target.ts";
import { isSameVersion, openRange, type RangeWish, type RemoteRange } from "./remote_file.ts";
import type { Server } from "./server.ts";

export interface First {
  range: RemoteRange;
  /** Where the range that was asked for ends. */
  end: number;
  /** Lets go of the body. */
  abort(reason: unknown): void;
}

export interface FirstParts {
  server: Server;
  url: URL;
  stallMs: number;
  signal: AbortSignal;
  /** Tries until it succeeds. */
  patient<T>(attempt: () => Promise<T>): Promise<T>;
}

/** Goes on behind what is `saved` when the file is still that version; else from the start. `bytes`: of the first part. */
export async function openFirst(
  parts: FirstParts,
  { saved, bytes }: { saved: Saved | null; bytes: number },
): Promise<First> {
  const start = saved?.size ?? 0;
  const first = await openOnce(parts, { start, end: start + bytes, version: saved });
  const { range } = first;
  if (saved && range.start > 0 && !isSameVersion(saved, range.facts)) {
    first.abort(null);
    return await openFirst(parts, { saved: null, bytes });
  }
  if (!range.partial || range.facts.size !== null) return first;
  first.abort(null);
  return await openOnce(parts, { start: 0, end: null, version: null });
}

async function openOnce(
  { server, url, stallMs, signal, patient }: FirstParts,
  wish: RangeWish,
): Promise<First> {
  return await patient(async () => {
    const request = childAbort(signal);
    try {
      const range = await openRange(server, url, { ...wish, request, stallMs });
      const abort = (reason: unknown) => {
        request.abort(reason);
        request.release();
        range.body.cancel().catch(() => {});
      };
      return { range, end: wish.end ?? Infinity, abort };
    } catch (error) {
      request.release();
      throw error;
    }
  });
}
