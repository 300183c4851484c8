/** Sets up the multipart parser: which requests are forms, and the limits that keep hostile ones small. */
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { Problem } from "../../services/problem.ts";

/** Bytes of one part's headers: a file name of 255 bytes fits even when every byte is escaped. */
export const MAX_PART_HEADER_BYTES = 8 * 1024;

/** Bytes that wait between two streams. */
const BUFFER_BYTES = 64 * 1024;

/** RFC 2046, 5.1.1: 1 to 70 characters, in quotes when a blank is among them, which is never the last. */
const PLAIN = "[0-9A-Za-z'()+_,./:=?-]";
const BOUNDARY = new RegExp(
  `;\\s*boundary=(?:"((?:${PLAIN}| ){0,69}${PLAIN})"|(${PLAIN}{1,70}))\\s*(?:;|$)`,
  "i",
);

/**
 * A parser for one form with at most one file; a part is a file when it has a file name or is called `fileField`.
 * Throws `Problem` `unsupported-media-type` when the request is no form and `malformed-body` without one boundary.
 */
export function openForm(
  contentType: string | null,
  limits: {
    fileField: string;
    maxFields: number;
    maxFieldBytes: number;
    nameOf?: (name: string) => string;
  },
): BusboyInstance {
  const { nameOf = (name) => name } = limits;
  if (contentType === null || !/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
    throw new Problem(
      "unsupported-media-type",
      "The body must be a form with Content-Type multipart/form-data.",
    );
  }
  const [, quoted, plain] = BOUNDARY.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || contentType.match(/[;,]\s*boundary\s*=/gi)?.length !== 1) {
    throw new Problem(
      "malformed-body",
      "The Content-Type of a form needs one boundary. Let the client write that header itself.",
    );
  }
  return new Busboy({
    headers: { "content-type": `multipart/form-data; boundary="${boundary}"` },
    // The whole name is judged where all names are.
    preservePath: true,
    isPartAFile: (name, _contentType, fileName) =>
      fileName !== undefined || (name !== undefined && nameOf(name) === limits.fileField),
    highWaterMark: BUFFER_BYTES,
    fileHwm: BUFFER_BYTES,
    limits: {
      files: 1,
      fields: limits.maxFields,
      fieldSize: limits.maxFieldBytes,
      // One more than files and fields together, so that those limits are found first and named.
      parts: limits.maxFields + 2,
      headerSize: MAX_PART_HEADER_BYTES,
    },
  });
}
