/** Which of the two protocols at `/files` a request speaks. Pure. */

import { methodOf } from "./method_override.ts";

export type DialectName = "tus" | "ietf";

/**
 * IETF resumable uploads are known by their version header, by `Upload-Complete`, or by the media type of their
 * PATCH; everything else is tus, which says so itself.
 */
export function dialectOf(request: { method: string; headers: Headers }): DialectName {
  const { headers } = request;
  const speaksIetf = headers.has("Upload-Draft-Interop-Version") || headers.has("Upload-Complete") ||
    methodOf(request) === "PATCH" &&
      /^application\/partial-upload\s*(;|$)/i.test(headers.get("Content-Type") ?? "");
  return speaksIetf ? "ietf" : "tus";
}
