/** Brings one session to its end: compare what is there, send what is missing, finish. */
import { newChunkSizes } from "./adaptive.ts";
import type { Attachment, Chunk, Span, UploadSession } from "./api_types.ts";
import { childAbort, type Sleepers } from "./clock.ts";
import { compareChunks } from "./compare_chunks.ts";
import { PawlError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import { contentDigest, digestOf } from "./hash.ts";
import { sendChunks } from "./send_chunks.ts";
import { DEFAULT_STALL_MS, type Server } from "./server.ts";
import type { Source } from "./source.ts";
import { gapsOf, newPending, type Pending, type Piece } from "./spans.ts";
import { chunksPage, completeSession, putChunk, showSession } from "./upload_session.ts";
import type { UploadOptions } from "./upload_types.ts";
import { DEFAULT_RETRIES } from "./transfer_view.ts";

/** What an upload lends to the work on one of its sessions. */
export interface Carrier {
  server: Server;
  source: Source;
  options: UploadOptions;
  signal: AbortSignal;
  gate: Gate;
  sleepers: Sleepers;
  /** Of the whole file; null when nobody computes it. */
  sha256: Promise<string | null>;
  /** Tries until it succeeds, telling of each wait. */
  patient<T>(attempt: () => Promise<T>): Promise<T>;
  onPhase(phase: "comparing" | "uploading" | "finishing"): void;
  onResumed(bytes: number): void;
  onMoved(bytes: { confirmed: number; sending: number }): void;
  onWaiting(waiting: { error: PawlError; waitMs: number } | null): void;
  /** Of a request without a body worth mentioning; null when none was measured. */
  latencyMs: number | null;
  /** Called once, between sending and finishing. */
  beforeFinish(): Promise<void>;
}

const DEFAULT_PARALLEL = 4;
/** Without a measured speed a request may be as slow as so many bytes a millisecond. */
const SLOWEST_BYTES_PER_MS = 16;
/** How often the server may find bytes missing that it has acknowledged. */
const MAX_ROUNDS = 5;

/** Throws `content-differs` when the server holds other bytes than the file has. */
export async function carryUpload(carrier: Carrier, session: UploadSession): Promise<Attachment> {
  const { server, source, signal } = carrier;
  let recorded: Span[] = [];
  if (session.receivedBytes > 0) {
    carrier.onPhase("comparing");
    recorded = await recordedSpans(carrier, session.id);
  }
  for (let missing = gapsOf(recorded, source.size), round = 1;; round++) {
    carrier.onPhase("uploading");
    if (missing.length > 0) await sendMissing(carrier, session, newPending(missing));
    carrier.onPhase("finishing");
    await carrier.beforeFinish();
    await source.requireSame();
    try {
      return await finish(carrier, session.id);
    } catch (error) {
      if (!(error instanceof PawlError)) throw error;
      if (error.code === "digest-mismatch") throw await mismatch(carrier, session.id, error);
      if (error.code !== "upload-incomplete" || round === MAX_ROUNDS) throw error;
      const found = await carrier.patient(() => showSession(server, session.id, signal));
      missing = gapsOf(found.received, source.size);
      const bytes = missing.reduce((sum, { start, end }) => sum + end - start, 0);
      carrier.onMoved({ confirmed: -bytes, sending: 0 });
    }
  }

  async function recordedSpans({ onResumed }: Carrier, id: string): Promise<Span[]> {
    const same = await compareChunks({
      chunks: recordedChunks(carrier, id),
      source,
      signal,
      onSame: ({ size }) => onResumed(size),
    });
    if (same) return same;
    throw heldByOtherFile(carrier, id);
  }
}

async function* recordedChunks(
  { server, signal, patient }: Carrier,
  id: string,
): AsyncGenerator<Chunk, void> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof chunksPage>> = await patient(() =>
      chunksPage(server, { id, cursor }, signal)
    );
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== null);
}

async function sendMissing(carrier: Carrier, session: UploadSession, pending: Pending): Promise<void> {
  const { server, source, options, gate, sleepers } = carrier;
  const { id, minChunkSize: min, maxChunkSize: max } = session;
  const { retries = DEFAULT_RETRIES, parallel = DEFAULT_PARALLEL, chunkSize = "auto" } = options;
  const sizes = newChunkSizes({ min, max }, chunkSize === "auto" ? undefined : chunkSize);
  if (carrier.latencyMs !== null) sizes.answered(carrier.latencyMs);
  const stallMs = options.stallTimeout ?? DEFAULT_STALL_MS;

  /** For transports that see no progress: four times what the line needs, and longer after each failure. */
  function deadlineMs(bytes: number, tries: number): number {
    const bytesPerMs = sizes.bytesPerSecond === null ? SLOWEST_BYTES_PER_MS : sizes.bytesPerSecond / 4000;
    return (stallMs + bytes / bytesPerMs) * 2 ** Math.min(tries, 5);
  }

  await sendChunks({
    pending,
    sizes,
    retries,
    parallel: Math.max(1, Math.min(16, Math.floor(parallel))),
    gate,
    sleepers,
    signal: carrier.signal,
    clock: server.clock,
    random: server.random,
    line: server.line,
    onMoved: carrier.onMoved,
    onWaiting: carrier.onWaiting,

    async put({ start, end, tries }, { signal, onSent }) {
      const bytes = await source.read(start, end);
      // Behind the read, so that no byte of another file is sent, also after a long pause.
      await source.requireVersion();
      const digest = contentDigest(await digestOf(bytes));
      const how = { signal, onSent, stallMs, deadlineMs: deadlineMs(end - start, tries) };
      await putChunk(server, { id, offset: start, bytes, digest }, how);
    },

    async missingOf(piece, signal) {
      const { received } = await showSession(server, id, signal);
      if (!received.some((span) => overlaps(span, piece))) return [piece];
      const list = childAbort(signal);
      try {
        const chunks = recordedChunks(
          { ...carrier, signal: list.signal, patient: (attempt) => attempt() },
          id,
        );
        const wanted = (chunk: Chunk) => overlaps(chunk, piece);
        const same = await compareChunks({ chunks, source, signal: list.signal, wanted });
        // The repetition meets the other bytes, and the server says so.
        if (same === null) return [piece];
        return gapsOf(same, piece.end).map((gap) => ({ ...gap, start: Math.max(gap.start, piece.start) }))
          .filter(({ start, end }) => start < end);
      } finally {
        list.release();
      }
    },
  });
}

const overlaps = ({ offset, size }: Span, { start, end }: Pick<Piece, "start" | "end">) =>
  offset < end && start < offset + size;

async function finish(carrier: Carrier, id: string): Promise<Attachment> {
  const { server, signal, sleepers, gate } = carrier;
  const sha256 = await carrier.sha256;
  for (;;) {
    const done = await carrier.patient(() => completeSession(server, { id, sha256 }, signal));
    if ("attachment" in done) return done.attachment;
    await sleepers.sleep(done.retryAfter * 1000, { signal, clock: server.clock });
    await gate.opened(signal);
  }
}

/** The session is of a file that this one cannot be told from before all of it is known. */
export function heldByOtherFile(
  { options, source }: Pick<Carrier, "options" | "source">,
  id: string,
): PawlError {
  return new PawlError(
    "content-differs",
    `The upload ${id} at the server is of another file, although size and samples are the same.`,
    { extra: { sessionId: id, fileName: options.fileName ?? source.name } },
  );
}

/** Each chunk was compared on its way: so the digest of the whole is another one because the file is. */
async function mismatch(carrier: Carrier, id: string, error: PawlError): Promise<PawlError> {
  const { source, options } = carrier;
  const { declared } = error.extra;
  if (typeof declared === "string" && declared !== await carrier.sha256) return heldByOtherFile(carrier, id);
  if (options.sha256 !== undefined) return error;
  try {
    await source.requireSame();
  } catch (changed) {
    if (changed instanceof PawlError) return changed;
  }
  return new PawlError(
    "source-changed",
    "The file was changed while it was being uploaded: its digest is not that of the bytes that were sent. Upload it again.",
    { status: error.status, requestId: error.requestId, extra: error.extra, cause: error },
  );
}
