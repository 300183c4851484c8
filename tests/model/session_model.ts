/**
 * The simple model that `sessions_test.ts` compares the server with: what has come of each session, byte by byte,
 * and which attachments there are. Pure; times are ms since 1970.
 */
import { createHash } from "node:crypto";

export const CHUNKS = { min: 1024, default: 2048, max: 4096 };

const HOUR = 3_600_000;
const EXPIRE_MS = 24 * HOUR;
/** Progress is stored this coarsely, so that the time promised after a restart may be so much longer. */
const COARSENESS_MS = 60_000;
const KEEP_MS = 7 * 24 * HOUR;

export interface SessionModel {
  /** null: never again. */
  id: string;
  /** What its client means to send. */
  content: Uint8Array<ArrayBuffer>;
  /** What was recorded, where `mask` is 1. */
  bytes: Uint8Array<ArrayBuffer>;
  mask: Uint8Array;
  sha256: string | null;
  fingerprint: string | null;
  status: "uploading" | "completed" | "cancelled" | "failed" | "expired" | "forgotten";
  lastProgressAt: number;
  /** The latest expiry that an answer named. */
  promised: number;
  endedAt: number;
  attachmentId: string | null;
}

export interface AttachmentModel {
  id: string;
  bytes: Uint8Array;
  deleted: boolean;
}

export interface Model {
  now: number;
  sessions: SessionModel[];
  attachments: AttachmentModel[];
  /** `sha256 size` or `fingerprint size` -> the session that was opened last with it. */
  found: Map<string, SessionModel>;
}

export const newModel = (now: number): Model => ({ now, sessions: [], attachments: [], found: new Map() });

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export interface OpenIntent {
  content: Uint8Array<ArrayBuffer>;
  sha256: string | null;
  fingerprint: string | null;
  forceNew: boolean;
}

export type OpenOutcome =
  | { kind: "instant"; of: AttachmentModel }
  | { kind: "found"; session: SessionModel }
  | { kind: "created" };

function marks({ content, sha256, fingerprint }: Pick<OpenIntent, "content" | "sha256" | "fingerprint">) {
  const marks: string[] = [];
  if (sha256 !== null) marks.push(`sha256 ${sha256} ${content.length}`);
  if (fingerprint !== null) marks.push(`fingerprint ${fingerprint} ${content.length}`);
  return marks;
}

export function expectOpen(model: Model, intent: OpenIntent): OpenOutcome {
  const { sha256, content } = intent;
  const owned = model.attachments.find(({ bytes, deleted }) =>
    !deleted && bytes.length === content.length && sha256Of(bytes) === sha256
  );
  if (owned) return { kind: "instant", of: owned };
  for (const mark of intent.forceNew ? [] : marks(intent)) {
    const session = model.found.get(mark);
    if (session?.status !== "uploading" || isStale(model, session)) continue;
    if (session.sha256 !== null && sha256 !== null && session.sha256 !== sha256) continue;
    return { kind: "found", session };
  }
  return { kind: "created" };
}

/** A found session learns what is declared only now. */
export function adopt(model: Model, session: SessionModel, intent: OpenIntent): void {
  const { sha256, fingerprint } = session;
  session.sha256 ??= intent.sha256;
  session.fingerprint ??= intent.fingerprint;
  if (session.sha256 === sha256 && session.fingerprint === fingerprint) return;
  for (const mark of marks(session)) model.found.set(mark, session);
}

export function addSession(model: Model, id: string, intent: OpenIntent): SessionModel {
  const { content, sha256, fingerprint } = intent;
  const session: SessionModel = {
    id,
    content,
    bytes: new Uint8Array(content.length),
    mask: new Uint8Array(content.length),
    sha256,
    fingerprint,
    status: "uploading",
    lastProgressAt: model.now,
    promised: model.now + EXPIRE_MS,
    endedAt: 0,
    attachmentId: null,
  };
  model.sessions.push(session);
  for (const mark of marks(session)) model.found.set(mark, session);
  return session;
}

/** Whether an open session may name this expiry: never an earlier one than before, and not much too late. */
export function promise(session: SessionModel, expiresAt: number): boolean {
  const least = Math.max(session.promised, session.lastProgressAt + EXPIRE_MS);
  session.promised = expiresAt;
  return expiresAt >= least && expiresAt <= session.lastProgressAt + EXPIRE_MS + COARSENESS_MS;
}

/** Past its time, whether the job has recorded that or not. */
export const isStale = (model: Model, session: SessionModel) =>
  model.now >= session.lastProgressAt + EXPIRE_MS;

/** Why nothing can be sent to the session any more; null: it is open. */
export function closedBecause(model: Model, session: SessionModel): string | null {
  switch (session.status) {
    case "uploading":
      return isStale(model, session) ? "upload-expired" : null;
    case "completed":
      return "upload-ended";
    case "forgotten":
      return "not-found";
    default:
      return `upload-${session.status}`;
  }
}

export interface Put {
  offset: number;
  body: Uint8Array;
  /** Whether a length was declared. */
  sized: boolean;
  digest: "none" | "right" | "wrong";
  /** The connection breaks after so many bytes; null: it does not. */
  breaksAt: number | null;
}

/** What a chunk is answered: null for 200, else the problem's code. Records in the model what counts. */
export function putChunk(model: Model, session: SessionModel, put: Put): string | null {
  const closed = closedBecause(model, session);
  // An expired session is only looked at after the place of the chunk.
  if (closed !== null && session.status !== "uploading") return closed;
  const { offset, body, sized, digest, breaksAt } = put;
  const size = session.content.length;
  if (offset >= size) return "chunk-out-of-range";
  if (sized && body.length > CHUNKS.max) return "chunk-too-large";
  if (sized && offset + body.length > size) return "chunk-out-of-range";
  if (closed !== null) return closed;
  const most = sized ? offset + body.length : Math.min(offset + CHUNKS.max, size);
  if (sized && !longEnough(session, { offset, end: most })) return "chunk-too-small";
  const arrived = breaksAt === null ? body : body.subarray(0, breaksAt);
  for (let at = 0; at < arrived.length; at++) {
    if (offset + at >= most) return "chunk-too-large";
    if (session.mask[offset + at] && session.bytes[offset + at] !== arrived[at]) return "chunk-conflict";
  }
  if (breaksAt !== null) {
    if (digest === "none") record(model, session, { offset, bytes: arrived });
    return "body-incomplete";
  }
  if (digest === "wrong") return "digest-mismatch";
  if (!sized && !longEnough(session, { offset, end: offset + body.length })) return "chunk-too-small";
  record(model, session, { offset, bytes: arrived });
  return null;
}

function longEnough({ mask }: SessionModel, { offset, end }: { offset: number; end: number }): boolean {
  if (end - offset >= CHUNKS.min || end === mask.length || mask[end] === 1) return true;
  return end > offset && mask.subarray(offset, end).every((bit) => bit === 1);
}

function record(
  model: Model,
  session: SessionModel,
  { offset, bytes }: { offset: number; bytes: Uint8Array },
) {
  const isNew = session.mask.subarray(offset, offset + bytes.length).includes(0);
  session.bytes.set(bytes, offset);
  session.mask.fill(1, offset, offset + bytes.length);
  if (isNew) session.lastProgressAt = model.now;
}

/** Merged stretches where the mask has `bit`. */
export function spans(mask: Uint8Array, bit: 0 | 1): { offset: number; size: number }[] {
  const found: { offset: number; size: number }[] = [];
  for (let at = 0; at < mask.length;) {
    let end = at;
    while (end < mask.length && mask[end] === mask[at]) end++;
    if (mask[at] === bit) found.push({ offset: at, size: end - at });
    at = end;
  }
  return found;
}

export const isWhole = ({ mask }: SessionModel) => mask.every((bit) => bit === 1);

/** Whether every declared digest is that of the bytes. */
export function digestHolds(session: SessionModel, declared: string | null = null): boolean {
  const actual = sha256Of(session.bytes);
  return (session.sha256 ?? actual) === actual && (declared ?? actual) === actual;
}

export function end(model: Model, session: SessionModel, status: SessionModel["status"]): void {
  session.status = status;
  session.endedAt = model.now;
}

/** The expiry job. */
export function expire(model: Model): void {
  for (const session of model.sessions) {
    if (session.status === "forgotten") continue;
    if (session.status !== "uploading") {
      if (model.now >= session.endedAt + KEEP_MS) session.status = "forgotten";
    } else if (isStale(model, session)) {
      end(model, session, "expired");
    }
  }
}

/** What a start does: whole sessions are finished. Gives those that were. */
export function restart(model: Model): SessionModel[] {
  const whole = model.sessions.filter((session) =>
    session.status === "uploading" && session.content.length > 0 && isWhole(session)
  );
  for (const session of whole) end(model, session, digestHolds(session) ? "completed" : "failed");
  return whole.filter(({ status }) => status === "completed");
}
