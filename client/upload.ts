/** One file on its way up: the handle that the caller holds, its states, and which session carries it. */
import { jsonOf } from "./answer.ts";
import type { Attachment, UploadSession } from "./api_types.ts";
import { type Carrier, carryUpload, heldByOtherFile } from "./carry_upload.ts";
import { childAbort, newSleepers } from "./clock.ts";
import { PawlError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { newGate } from "./gate.ts";
import { newOpening } from "./opening.ts";
import { persist } from "./retry.ts";
import { DEFAULT_STALL_MS, impatient, type Server } from "./server.ts";
import { openSource, type Source } from "./source.ts";
import { openSession, showSession } from "./upload_session.ts";
import { newTransferView } from "./transfer_view.ts";
import type { Upload, UploadOptions, UploadSource, UploadState } from "./upload_types.ts";
import type { WholeHash } from "./whole_hash.ts";

/** Smaller files are hashed before they are sent, so that what is there already is never sent. */
const HASH_FIRST_BYTES = 16 * 1024 * 1024;
/** With so much left to send it is worth asking again whether the content is there, once its digest is known. */
const ASK_AGAIN_BYTES = 16 * 1024 * 1024;
/** Sessions that one upload may try, when one after the other expires or belongs to another file. */
const MAX_SESSIONS = 3;
const GONE = new Set(["upload-expired", "not-found"]);
const OTHER_FILE = new Set(["content-differs", "chunk-conflict"]);
const INSTANT = Symbol("instant");

/** The digest of the whole file, known or on its way; null when nobody computes it. */
interface WholeDigest {
  known: Promise<string | null>;
}

/** A session that was given other bytes than it declares, not one whose file is refused for what it is. */
function failedOfOtherBytes({ code, extra: { reason = "digest-mismatch" } }: PawlError): boolean {
  return code === "upload-failed" && reason === "digest-mismatch";
}

export interface UploadParts {
  server: Server;
  wholeHash: WholeHash;
}

export function startUpload(
  parts: UploadParts,
  { source: given, options }: { source: UploadSource; options: UploadOptions },
): Upload {
  const { wholeHash } = parts;
  const server = impatient(parts.server, options.stallTimeout ?? DEFAULT_STALL_MS);
  const { clock } = server;
  const stopper = childAbort(options.signal);
  const { signal } = stopper;
  const gate = newGate();
  const sleepers = newSleepers();
  const view = newTransferView<UploadState>({
    server,
    options,
    first: "preparing",
    moving: "uploading",
    total: given.size,
    signal,
    gate,
    sleepers,
  });
  const { count, enter, patient } = view;
  const opening = newOpening(server, signal);
  const offLine = server.line.onOnline(sleepers.wake);
  let session: UploadSession | null = null;
  let sha256: string | null = options.sha256?.toLowerCase() ?? null;
  let instant = false;
  let cancelling = false;
  let latencyMs: number | null = null;

  /** Smaller files wait for it; of larger ones it becomes known on the way. */
  async function startHash(source: Source): Promise<WholeDigest> {
    if (sha256 !== null || options.verify === false) return { known: Promise.resolve(sha256) };
    const known = wholeHash.of(source, signal).then((hex) => sha256 = hex);
    known.catch(() => {}); // Whoever waits for it hears of it.
    if (source.size <= HASH_FIRST_BYTES) await known;
    return { known };
  }

  async function run(): Promise<Attachment> {
    signal.throwIfAborted();
    const source = await openSource(given);
    const fingerprint = options.fingerprint ?? await fingerprintOf(source);
    const { known } = await startHash(source);
    let forceNew = options.forceNew ?? false;

    for (let round = 1;; round++) {
      enter("opening");
      Object.assign(count, { confirmed: 0, resumed: 0, moving: 0 });
      const wish = { source, options, fingerprint, forceNew };
      const opened = round === 1 && options.sessionId !== undefined
        ? await namedSession(options.sessionId, source)
        : await patient(async () => {
          const began = clock.now();
          let pacedMs = 0;
          const answer = await opening.open({ ...wish, sha256 }, (waiting) => {
            pacedMs = waiting.waitMs;
            view.wait(waiting);
          });
          latencyMs = Math.max(0, clock.now() - began - pacedMs);
          return answer;
        });
      if (opened.kind === "instant") {
        instant = true;
        return opened.attachment;
      }
      session = opened.session;
      try {
        if (session.attachmentId !== null) return await attachmentOf(session.attachmentId, known);
        return await carry(session, { source, known, wish });
      } catch (error) {
        if (!(error instanceof PawlError) || signal.aborted) throw error;
        // Nobody can go on with what has arrived of a file that is another one now.
        if (error.code === "source-changed") await discard(session.id);
        const { attachmentId } = error.extra;
        if (error.code === "upload-ended" && typeof attachmentId === "string") {
          return await attachmentOf(attachmentId, known);
        }
        const otherFile = OTHER_FILE.has(error.code) || failedOfOtherBytes(error);
        if (otherFile) await source.requireSame();
        const named = options.sessionId !== undefined && round === 1;
        if (round === MAX_SESSIONS || !(GONE.has(error.code) || otherFile && !named)) throw error;
        forceNew ||= otherFile;
      }
    }
  }

  async function namedSession(id: string, source: Source) {
    const found = await patient(() => showSession(server, id, signal));
    if (found.size !== source.size) {
      throw new PawlError(
        "content-differs",
        `The upload ${id} is of a file of ${found.size} bytes; this one has ${source.size}.`,
        { extra: { sessionId: id } },
      );
    }
    return { kind: "session" as const, session: found, created: false };
  }

  /** For uploads that another client has finished. */
  async function attachmentOf(id: string, known: Promise<string | null>): Promise<Attachment> {
    enter("finishing");
    const attachment = await patient(async () =>
      jsonOf<Attachment>(
        await server.send({ method: "GET", path: `api/v1/attachments/${encodeURIComponent(id)}`, signal }),
      )
    );
    const own = await known;
    if (own === null || own === attachment.sourceSha256) return attachment;
    throw new PawlError("content-differs", "The upload was finished with another file.", {
      extra: { attachmentId: id },
    });
  }

  async function carry(
    session: UploadSession,
    { source, known, wish }: {
      source: Source;
      known: Promise<string | null>;
      wish: Omit<Parameters<typeof openSession>[1], "sha256">;
    },
  ): Promise<Attachment> {
    const sending = childAbort(signal);
    let found: Attachment | null = null;
    let asking: Promise<void> | null = null;

    /** A digest that is known only now may show that the content is there already. */
    async function askAgain(digest: string | null) {
      if (digest === null || view.phase !== "uploading" || options.forceNew) return;
      if (source.size - count.confirmed < ASK_AGAIN_BYTES) return;
      const again = await openSession(server, { ...wish, forceNew: false, sha256: digest }, { signal });
      if (again.kind === "instant") {
        found = again.attachment;
        sending.abort(INSTANT);
      } else if (again.created && again.session.id !== session.id) {
        await discard(again.session.id);
      }
    }
    // A file that cannot be hashed cannot be sent whole.
    known.catch((error) => sending.abort(error));
    known.then((digest) => {
      if (session.sha256 === null) asking = askAgain(digest).catch(() => {});
      else if (digest !== null && digest !== session.sha256) {
        sending.abort(heldByOtherFile({ options, source }, session.id));
      }
    }, () => {});

    const carrier: Carrier = {
      server,
      source,
      options,
      signal: sending.signal,
      gate,
      sleepers,
      sha256: known,
      patient,
      onPhase: enter,
      onResumed(bytes) {
        count.resumed += bytes;
        count.confirmed += bytes;
        view.moved();
      },
      onMoved({ confirmed, sending }) {
        count.confirmed += confirmed;
        count.moving = sending;
        view.moved();
      },
      onWaiting: view.wait,
      latencyMs,
      async beforeFinish() {
        await asking;
        sending.signal.throwIfAborted();
      },
    };
    try {
      return await carryUpload(carrier, session);
    } catch (error) {
      if (found === null || signal.aborted) throw error;
      instant = true;
      await discard(session.id);
      return found;
    } finally {
      sending.release();
    }
  }

  async function discard(id: string): Promise<void> {
    const call = { method: "DELETE", path: `api/v1/uploads/${encodeURIComponent(id)}` };
    const calm = new AbortController().signal;
    await persist(() => server.send(call), { retries: 2, signal: calm, clock, random: server.random })
      .catch(() => {}); // It expires by itself.
  }

  function settle(state: "completed" | "failed" | "cancelled", error?: unknown) {
    gate.open();
    view.end(state, error instanceof PawlError ? error : undefined);
    offLine();
    stopper.abort(error ?? null);
    stopper.release();
    if (!cancelling) opening.release();
  }

  const result = run().then((attachment) => {
    settle("completed");
    return attachment;
  }, (error) => {
    settle(signal.aborted ? "cancelled" : "failed", error);
    throw error;
  });
  result.catch(() => {});

  const cancelled = () => new PawlError("cancelled", "The upload was cancelled.");
  return {
    result,
    get state() {
      return view.reporter.state;
    },
    get progress() {
      return view.reporter.progress();
    },
    get sessionId() {
      return session?.id ?? null;
    },
    get sha256() {
      return sha256;
    },
    get instant() {
      return instant;
    },
    pause() {
      gate.close();
      view.show();
    },
    resume() {
      gate.open();
      sleepers.wake();
      view.show();
    },
    async cancel() {
      cancelling = true;
      stopper.abort(cancelled());
      await result.catch(() => {});
      if (view.reporter.state !== "cancelled") return;
      const left = await opening.left();
      for (const made of [session, left]) if (made) await discard(made.id);
    },
    stop: () => stopper.abort(cancelled()),
  };
}
