/** The queue: starts files, follows them, and decides what becomes of one that cannot go on. */
import { PawlError } from "../../client/errors.ts";
import type { Attachment, Pawl, Upload, UploadStateChange } from "../../client/mod.ts";
import { createLimit } from "./limit.ts";
import { connectionsFor, isOverDay, toStart } from "./schedule.ts";
import { holdSession } from "./session_locks.ts";
import { isUnreachable, type Setback, setbackOf } from "./setback.ts";
import type { Store } from "./store.ts";
import { type ChosenFile, isEnded, isInterruptible, isSameFile, type Transfer } from "./transfer.ts";
import { createTransferRecords, DRAW_MS } from "./transfer_records.ts";
import { createTwins } from "./twins.ts";

const AFTER: Record<Setback, Partial<Transfer>> = {
  "connection": { phase: "waiting", hold: "connection" },
  "sign-in": { phase: "waiting", hold: "sign-in" },
  "limit": { phase: "queued", hold: null },
  "anew": { phase: "failed", hold: null, sessionId: null, confirmed: 0, transferred: 0 },
  "failed": { phase: "failed", hold: null },
};

export interface AddOptions {
  businessType: string;
  /** The session to go on with; its content is compared before anything is sent. */
  sessionId?: string;
}

export interface Transfers {
  store: Store<readonly Transfer[]>;
  add(files: readonly ChosenFile[], options: AddOptions): void;
  pause(id: number): void;
  resume(id: number): void;
  retry(id: number): void;
  /** Ends it, frees what has arrived, and removes it from the list. */
  cancel(id: number): void;
  /** Only from the list. */
  remove(id: number): void;
  pauseAll(): void;
  resumeAll(): void;
  retryAll(): void;
  cancelAll(): void;
  clearFinished(): void;
  /** What waited for the connection or for signing in goes on. */
  release(hold: "connection" | "sign-in"): void;
  /** Ends all and leaves what has arrived at the server: somebody else signs in here. */
  stopAll(): void;
}

export interface TransfersOptions {
  pawl: Pick<Pawl, "attachments" | "upload" | "uploads">;
  onStored(attachment: Attachment): void;
  /** A session has ended or was given up. */
  onSessionGone(id: string): void;
  onUnreachable(): void;
  onSignedOut(error: PawlError): void;
}

export function createTransfers(options: TransfersOptions): Transfers {
  const { pawl } = options;
  const records = createTransferRecords();
  const { transfers, change, draw } = records;
  const handles = new Map<number, Upload>();
  const twins = createTwins();
  const holds = new Map<number, number>();
  let nextId = 1;
  const limit = createLimit(startNext);

  // --- Starting -----------------------------------------------------------------------------------------------------

  function startNext() {
    const queued = [...transfers.values()].filter(({ id }) => !twins.isBehind(id));
    const { why, ...allowed } = limit.allowed();
    toStart(queued, allowed).forEach(start);
    if (why) queued.filter((one) => isOverDay(one, allowed.bytes)).forEach(({ id }) => change(id, why));
  }

  function start({ id, file, businessType, sessionId }: Transfer) {
    change(id, { phase: "preparing", error: null, retryAt: null, hold: null });
    // The first states may be told before `upload` has returned.
    let begun: Upload | null = null;
    const upload = begun = pawl.upload(file, {
      businessType,
      parallel: connectionsFor(file.size),
      progressInterval: DRAW_MS,
      ...(sessionId === null ? {} : { sessionId }),
      onState: (state) => begun && follow(id, begun, state),
      onProgress: ({ confirmedBytes, transferredBytes, bytesPerSecond, secondsLeft }) => {
        if (begun === null || !isCurrent(id, begun)) return;
        if (confirmedBytes > (transfers.get(id)?.confirmed ?? 0)) holds.delete(id);
        change(id, { confirmed: confirmedBytes, transferred: transferredBytes, bytesPerSecond, secondsLeft });
      },
    });
    handles.set(id, upload);
    upload.result.then((attachment) => finish(id, upload, attachment), (error) => fail(id, upload, error));
  }

  /** The handle is the transfer's own: not one that was given up meanwhile. */
  const isCurrent = (id: number, upload: Upload) => handles.get(id) === upload;

  function follow(id: number, upload: Upload, { state, error, retryAt }: UploadStateChange) {
    if (!isCurrent(id, upload)) return;
    noteSession(id, upload);
    if (!isCurrent(id, upload) || state === "completed" || state === "failed" || state === "cancelled") {
      return;
    }
    const phase = state === "uploading" ? "sending" : state;
    change(id, { phase, error: error ?? null, retryAt: retryAt ?? null });
    if (state !== "waiting" || !error) return;
    if (error.status === 429 && retryAt !== undefined) limit.reached(error, retryAt);
    if (isUnreachable(error)) options.onUnreachable();
  }

  function noteSession(id: number, upload: Upload) {
    const { sessionId } = upload;
    if (sessionId === null || transfers.get(id)?.sessionId === sessionId) return;
    const first = [...transfers.values()].find((one) =>
      one.id !== id && one.sessionId === sessionId && handles.has(one.id)
    );
    if (!first) {
      change(id, { sessionId });
      holdSession(sessionId, upload.result);
      return;
    }
    handles.delete(id);
    upload.stop();
    twins.stepBack(id, first.id);
    change(id, { phase: "queued", error: null, retryAt: null });
  }

  // --- Ends ---------------------------------------------------------------------------------------------------------

  function release(id: number) {
    handles.delete(id);
    twins.ended(id);
    queueMicrotask(startNext);
  }

  async function finish(id: number, upload: Upload, stored: Attachment) {
    if (!isCurrent(id, upload)) return;
    const transfer = transfers.get(id)!;
    if (
      [...transfers.values()].some((one) => one.attachment?.id === stored.id && !isSameFile(one, transfer))
    ) {
      // The other file of the same content was faster: this one is stored now, under its own name.
      change(id, { phase: "queued", sessionId: null });
      return release(id);
    }
    const attachment = twins.isFirst(id) ? await underItsName(stored, transfer.file.name) : stored;
    if (!isCurrent(id, upload)) return;
    const { size } = transfer.file;
    const values = { confirmed: size, transferred: size, bytesPerSecond: 0, secondsLeft: null, error: null };
    change(id, { ...values, phase: "done", attachment, instant: upload.instant, retryAt: null });
    options.onStored(attachment);
    if (upload.sessionId !== null) options.onSessionGone(upload.sessionId);
    release(id);
  }

  /** A session that two files got has the name of the one that asked first. */
  async function underItsName(attachment: Attachment, fileName: string): Promise<Attachment> {
    if (attachment.fileName === fileName) return attachment;
    return await pawl.attachments.change(attachment.id, { fileName }).catch(() => attachment);
  }

  function fail(id: number, upload: Upload, error: unknown) {
    if (!isCurrent(id, upload)) return;
    const before = holds.get(id) ?? 0;
    const setback = setbackOf(error, { before });
    const retryAt = setback === "limit" ? Date.now() + ((error as PawlError).retryAfter ?? 60) * 1000 : null;
    change(id, { ...AFTER[setback], error, retryAt, bytesPerSecond: 0, secondsLeft: null });
    if (retryAt !== null) limit.reached(error as PawlError, retryAt);
    if (setback === "connection") {
      holds.set(id, before + 1);
      options.onUnreachable();
    }
    if (setback === "sign-in") options.onSignedOut(error as PawlError);
    release(id);
  }

  // --- What people do -----------------------------------------------------------------------------------------------

  function give(id: number, up: "cancel" | "stop") {
    const transfer = transfers.get(id);
    const upload = handles.get(id);
    transfers.delete(id);
    holds.delete(id);
    release(id);
    if (up === "stop") return upload?.stop();
    const sessionId = upload?.sessionId ?? transfer?.sessionId ?? null;
    const gone = upload ? upload.cancel() : sessionId === null ? null : pawl.uploads.cancel(sessionId);
    // What could not be cancelled expires by itself, or is complete.
    gone?.catch(() => {}).then(() => sessionId === null ? null : options.onSessionGone(sessionId));
  }

  function resume(id: number) {
    const transfer = transfers.get(id);
    if (!transfer || isEnded(transfer)) return;
    const upload = handles.get(id);
    if (upload) upload.resume();
    else change(id, { phase: "queued", hold: null });
    startNext();
    draw();
  }

  function retry(id: number) {
    if (transfers.get(id)?.phase !== "failed") return;
    holds.delete(id);
    change(id, { phase: "queued", error: null });
    startNext();
    draw();
  }

  /** The same file was chosen once more: that is how people say that it shall go on, or be another kind of file. */
  function again({ id, phase, businessType: before }: Transfer, businessType: string) {
    if (phase === "paused") return resume(id);
    if (phase !== "failed") return;
    if (before !== businessType) change(id, { businessType, sessionId: null });
    retry(id);
  }

  function pause(id: number) {
    const transfer = transfers.get(id);
    if (!transfer || isEnded(transfer)) return;
    handles.get(id)?.pause();
    change(id, { phase: "paused", hold: null, bytesPerSecond: 0, secondsLeft: null });
    startNext();
    draw();
  }

  const each = (work: (id: number) => void, which: (transfer: Transfer) => boolean = () => true) => {
    for (const transfer of [...transfers.values()].filter(which)) work(transfer.id);
    draw();
  };

  return {
    store: records.store,
    add(files, { businessType, sessionId: given }) {
      const sessionId = given ?? null;
      const known = [...transfers.values()].filter(({ phase }) => phase !== "done");
      for (const chosen of files) {
        const same = known.find((transfer) => isSameFile(transfer, chosen));
        if (same && (sessionId === null || same.sessionId === sessionId)) {
          again(same, businessType);
          continue;
        }
        const id = nextId++;
        transfers.set(id, {
          ...chosen,
          id,
          businessType,
          sessionId,
          phase: "queued",
          confirmed: 0,
          transferred: 0,
          bytesPerSecond: 0,
          secondsLeft: null,
          error: null,
          retryAt: null,
          hold: null,
          instant: false,
          attachment: null,
        });
      }
      startNext();
      draw();
    },
    pause,
    resume,
    retry,
    cancel(id) {
      give(id, "cancel");
      draw();
    },
    remove(id) {
      give(id, "stop");
      draw();
    },
    pauseAll: () => each(pause, isInterruptible),
    resumeAll: () => each(resume, ({ phase }) => phase === "paused"),
    retryAll: () => each(retry, ({ phase }) => phase === "failed"),
    cancelAll: () => each((id) => give(id, "cancel"), ({ phase }) => phase !== "done"),
    clearFinished: () => each((id) => give(id, "stop"), ({ phase }) => phase === "done"),
    release(hold) {
      // Those that are waiting by themselves try at once.
      if (hold === "connection") {
        for (const { id, phase } of transfers.values()) if (phase === "waiting") handles.get(id)?.resume();
      }
      each(
        (id) => change(id, { phase: "queued", hold: null, error: null }),
        (transfer) => transfer.hold === hold,
      );
      startNext();
    },
    stopAll: () => each((id) => give(id, "stop")),
  };
}
