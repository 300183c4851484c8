/** What `Upload-Metadata` says of a file, in the words that tus clients use for it. */
import { z } from "@hono/zod-openapi";
import { isMediaType } from "../services/media_type.ts";
import type { BeginRequest } from "../services/uploads/begin.ts";
import { uploadMetadata } from "./http/tus_headers.ts";
import { imageFields, withImage } from "./image_fields.ts";
import { invalidRequest } from "./invalid_request.ts";
import { fileFields, Fingerprint } from "./schemas.ts";

const { businessType, businessId, visibility } = fileFields;
const Understood = z.object({
  businessType,
  businessId,
  visibility,
  fingerprint: Fingerprint.optional(),
  ...imageFields,
});

const SHA256 = /^[0-9a-fA-F]{64}$/;

/**
 * Understands `filename` or `name`, `filetype` or `type`, `businessType`, `businessId`, `visibility`, `fingerprint`,
 * `sha256` and what is to be done to a picture, and keeps the rest. An empty value says nothing, and neither does a type that is none (Uppy sends
 * `null`). Throws `invalid-header` and `invalid-request`; the name is judged with the file.
 */
export function describedFile(headers: Headers): Omit<BeginRequest, "size" | "partial" | "first"> {
  const { header, values } = uploadMetadata(headers);
  const text = (...keys: string[]) => keys.map((key) => values.get(key)).find(Boolean);
  const understood = Understood.safeParse(
    Object.fromEntries(Object.keys(Understood.shape).map((key) => [key, text(key)])),
  );
  if (!understood.success) throw invalidRequest("header", understood.error.issues);
  const contentType = text("filetype", "type");
  const sha256 = text("sha256");
  return {
    ...withImage(understood.data),
    fileName: text("filename", "name"),
    contentType: contentType !== undefined && isMediaType(contentType) ? contentType : undefined,
    sha256: sha256 !== undefined && SHA256.test(sha256) ? sha256.toLowerCase() : undefined,
    metadata: header,
  };
}
