/**
 * Reads and writes the headers of IETF resumable uploads (draft-ietf-httpbis-resumable-upload), which are structured
 * fields (RFC 9651): one of a wrong type is as good as absent. Pure.
 */
import { parse as parseDisposition } from "content-disposition";
import { parseItem } from "structured-headers";
import { Problem } from "../../services/problem.ts";

export const PARTIAL_UPLOAD = "application/partial-upload";

/** Types of problem that the draft registers. */
export const MISMATCHING_OFFSET = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
export const INCONSISTENT_LENGTH =
  "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";

/** From this interop version on (draft -04), an append has a media type of its own. */
const MEDIA_TYPE_SINCE = 6;

/** `Upload-Complete`, or the opposite in the words of draft -01 (interop 3); null: absent, or no boolean. */
export function uploadComplete(headers: Headers): boolean | null {
  const complete = item(headers, "Upload-Complete");
  if (typeof complete === "boolean") return complete;
  const incomplete = item(headers, "Upload-Incomplete");
  return typeof incomplete === "boolean" ? !incomplete : null;
}

/** `Upload-Offset` or `Upload-Length` in bytes; null: absent, or no integer from 0. */
export function byteCount(headers: Headers, name: "Upload-Offset" | "Upload-Length"): number | null {
  const value = item(headers, name);
  // A decimal is another type, also when it is a whole number.
  if (/\./.test(headers.get(name) ?? "")) return null;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** `Upload-Draft-Interop-Version`; null when it is absent, as of a client of the finished standard. */
export function interopVersion(headers: Headers): number | null {
  const value = item(headers, "Upload-Draft-Interop-Version");
  return typeof value === "number" ? value : null;
}

function item(headers: Headers, name: string): unknown {
  const text = headers.get(name);
  if (text === null) return null;
  try {
    return parseItem(text)[0];
  } catch {
    return null;
  }
}

/** Throws `unsupported-media-type` for an append in another one; clients of older drafts send none. */
export function requirePartialUpload(headers: Headers): void {
  const type = headers.get("Content-Type")?.split(";")[0]?.trim().toLowerCase();
  if (type === PARTIAL_UPLOAD) return;
  if (type === undefined && (interopVersion(headers) ?? MEDIA_TYPE_SINCE) < MEDIA_TYPE_SINCE) return;
  throw new Problem("unsupported-media-type", `Send the bytes with Content-Type: ${PARTIAL_UPLOAD}.`, {
    headers: { "Accept-Patch": PARTIAL_UPLOAD },
  });
}

/** The file's name in `Content-Disposition` (RFC 6266), whatever its type; null: there is none, or it cannot be read. */
export function dispositionName(headers: Headers): string | null {
  const value = headers.get("Content-Disposition");
  if (value === null) return null;
  try {
    return parseDisposition(value).parameters["filename"] ?? null;
  } catch {
    return null;
  }
}

/** The file's own media type; null for those that only say how its bytes are sent. */
export function fileType(headers: Headers): string | null {
  const type = headers.get("Content-Type")?.trim() || null;
  const essence = type?.split(";")[0]?.trim().toLowerCase();
  return essence === PARTIAL_UPLOAD || essence === "application/offset+octet-stream" ? null : type;
}

/** `Upload-Limit` for uploads of at most `maxSize` bytes that last `maxAge` seconds more (null: not known yet). */
export function uploadLimit({ maxSize, maxAge }: { maxSize: number; maxAge: number | null }): string {
  return `max-size=${maxSize}, min-size=0` + (maxAge === null ? "" : `, max-age=${Math.max(0, maxAge)}`);
}
