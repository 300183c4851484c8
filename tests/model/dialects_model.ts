/** The simple model that `dialects_test.ts` compares the server with: one session, whatever protocol speaks to it. Pure. */
import { createHash } from "node:crypto";

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

export interface Session {
  id: string;
  /** What its clients mean to send, at most so many bytes as the server knows of. */
  content: Uint8Array<ArrayBuffer>;
  /** As the server knows it. */
  size: number | null;
  /** Declared, of the whole. */
  sha256: string | null;
  /** What was recorded, where `mask` is 1; as long as `content`. */
  bytes: Uint8Array<ArrayBuffer>;
  mask: Uint8Array;
  status: "uploading" | "completed" | "cancelled" | "failed";
  /** Completed, and its file is not in the recycle bin. */
  hasFile: boolean;
}

export function newSession(
  id: string,
  { content, size, sha256 }: Pick<Session, "content" | "size" | "sha256">,
): Session {
  return {
    id,
    content,
    size,
    sha256,
    bytes: new Uint8Array(content.length),
    mask: new Uint8Array(content.length),
    status: "uploading",
    hasFile: false,
  };
}

/** Where the next append starts. */
export function frontOf({ mask }: Session): number {
  const gap = mask.indexOf(0);
  return gap < 0 ? mask.length : gap;
}

const endOf = ({ mask }: Session) => mask.lastIndexOf(1) + 1;

export function record(session: Session, { offset, body }: { offset: number; body: Uint8Array }): void {
  session.bytes.set(body, offset);
  session.mask.fill(1, offset, offset + body.length);
}

const conflicts = ({ mask, bytes }: Session, { offset, body }: { offset: number; body: Uint8Array }) =>
  body.some((byte, at) => mask[offset + at] === 1 && bytes[offset + at] !== byte);

/** The length is known from now on; what its clients meant to send behind it is not sent any more. */
function declare(session: Session, size: number): void {
  session.size = size;
  session.content = session.content.slice(0, size);
  session.bytes = session.bytes.slice(0, size);
  session.mask = session.mask.slice(0, size);
}

/** Finishes what is whole. Gives why the upload has failed, or null. */
export function settle(session: Session): string | null {
  if (session.status !== "uploading" || session.size === null || frontOf(session) !== session.size) {
    return null;
  }
  const right = (session.sha256 ?? sha256Of(session.bytes)) === sha256Of(session.bytes);
  session.status = right ? "completed" : "failed";
  session.hasFile = right;
  return right ? null : "upload-failed";
}

export interface Append {
  offset: number;
  body: Uint8Array;
  /** Whether the body's length was said before it. */
  sized: boolean;
  /** What the request says of the whole length. */
  size: number | null;
  /** The file ends with this body; never so in tus. */
  last: boolean;
  digest: "none" | "right" | "wrong";
  /** The connection breaks after so many bytes; null: it does not. */
  breaksAt: number | null;
  /** Too many bytes end the upload: in the IETF's protocol. */
  strict: boolean;
}

/** What an append is answered: null for success, else the problem's code. Changes the model as the server is changed. */
export function append(session: Session, made: Append): string | null {
  const { offset, body, sized, last, digest, breaksAt } = made;
  const said = [session.size, made.size, last && sized ? offset + body.length : null].filter((n) =>
    n !== null
  );
  const contradictory = new Set(said).size > 1;
  if (session.status === "completed") {
    if (offset !== session.size) return "offset-mismatch";
    if (contradictory) return "inconsistent-length";
    return body.length > 0 ? "body-too-large" : null;
  }
  if (session.status !== "uploading") return `upload-${session.status}`;
  const front = frontOf(session);
  if (offset < front) return "offset-mismatch";
  if (contradictory) return "inconsistent-length";
  if (offset !== front) return "offset-mismatch";
  if (said.length > 0) {
    if (endOf(session) > said[0]!) return "inconsistent-length";
    declare(session, said[0]!);
  }
  const bound = session.size ?? Infinity;
  const arrived = breaksAt === null ? body : body.subarray(0, breaksAt);
  const tooMuch = sized ? offset + body.length > bound : offset + arrived.length > bound;
  const inside = arrived.subarray(0, Math.max(0, bound - offset));
  if (!(sized && tooMuch) && conflicts(session, { offset, body: inside })) return "chunk-conflict";
  if (tooMuch) {
    if (made.strict) session.status = "cancelled";
    return "body-too-large";
  }
  if (breaksAt !== null) {
    if (digest === "none") record(session, { offset, body: arrived });
    return "body-incomplete";
  }
  if (digest === "wrong") return "digest-mismatch";
  record(session, { offset, body });
  if (last) {
    const end = offset + body.length;
    if ((session.size ?? end) !== end || endOf(session) > end) return "inconsistent-length";
    declare(session, end);
  }
  return settle(session);
}

/** What a chunk is answered. It finishes nothing. */
export function putChunk(session: Session, chunk: { offset: number; body: Uint8Array }): string | null {
  if (session.status === "completed") return "upload-ended";
  if (session.status !== "uploading") return `upload-${session.status}`;
  if (conflicts(session, chunk)) return "chunk-conflict";
  record(session, chunk);
  return null;
}

/** `complete` of the chunk API; it says the length of what nobody has said it. */
export function complete(session: Session): string | null {
  if (session.status === "completed") return null;
  if (session.status !== "uploading") return `upload-${session.status}`;
  if (frontOf(session) !== (session.size ?? endOf(session))) return "upload-incomplete";
  declare(session, frontOf(session));
  return settle(session) === null ? null : "digest-mismatch";
}

/** DELETE at `/files`, which gives up finished uploads too. */
export function terminate(session: Session): string | null {
  if (session.status === "cancelled" || session.status === "failed") return `upload-${session.status}`;
  session.status = "cancelled";
  session.hasFile = false;
  return null;
}

/** DELETE of the chunk API. */
export function cancel(session: Session): string | null {
  if (session.status === "completed") return "upload-ended";
  if (session.status === "uploading") session.status = "cancelled";
  return null;
}
