/** The answer to GET and HEAD of stored bytes: conditions, ranges and headers (RFC 9110), then the bytes. */
import { Buffer } from "node:buffer";
import { Problem } from "../../services/problem.ts";
import {
  type BodyEnd,
  bodyLength,
  type BodyPart,
  type ByteSource,
  readParts,
  SMALL_BODY,
  type StreamOptions,
  streamParts,
} from "./body_stream.ts";
import { type ByteRange, contentRange, decideRange } from "./byte_range.ts";
import { contentDisposition } from "./content_disposition.ts";
import { formatHttpDate } from "./http_date.ts";
import { type Presentation, presentation } from "./inline_types.ts";
import { layoutByteranges, newBoundary } from "./multipart_byteranges.ts";
import { type ConditionalRequest, evaluatePreconditions } from "./preconditions.ts";

/** What is handed out, and how. */
export interface DownloadFile {
  /** Bytes. */
  size: number;
  /** Of the whole file, lower-case hex; null when unknown, then `etag` must be there. */
  sha256: string | null;
  /** The entity tag with its quotes, `W/` for a weak one; made of `sha256` when absent. */
  etag?: string;
  /** Milliseconds since 1970. */
  lastModified: number;
  /** As stored; what may be shown and what is only saved follows from it. */
  contentType: string;
  fileName: string;
  /** Save it even when it could be shown. */
  download: boolean;
  /** Show it in a frame of our own page, if that is safe. */
  preview?: boolean;
  cacheControl: string;
  /** Request headers that change what this address answers. */
  vary?: string;
  /** Which sites may embed it (Cross-Origin-Resource-Policy); `same-origin` when absent. */
  embedding?: "same-origin" | "same-site" | "cross-origin";
  /**
   * Called once, and only when bytes will be sent, of which the first is at `first`; may refuse by throwing. The
   * response closes what it returns.
   */
  open(first: number): Promise<ByteSource>;
  /** Asked by HEAD where GET would open: refuses what GET would refuse then. Absent: HEAD does not ask. */
  check?(): Promise<void>;
  /** Called once when a response with bytes is over; also when its client left. */
  onEnd?(end: BodyEnd): void;
}

/**
 * Answers 200, 206 or 304; 200 for HEAD with the headers of the whole file. Everything is decided before
 * `open`, and nothing is sent before `open` has succeeded.
 * Throws `Problem` `precondition-failed` and `range-not-satisfiable`, and whatever `open` and `check` throw.
 */
export async function fileResponse(
  request: ConditionalRequest,
  file: DownloadFile,
  options: { now: number; boundary?: string } & Pick<StreamOptions, "load" | "freesPieces">,
): Promise<Response> {
  // RFC 9110 §8.8.2.1: never later than the answer itself.
  const lastModified = Math.min(file.lastModified, options.now);
  const etag = file.etag ?? `"${file.sha256}"`;
  const validators = validatorHeaders(file, etag, lastModified);

  const condition = evaluatePreconditions(request, { etag, lastModified }, options);
  if (condition.kind === "not-modified") return new Response(null, { status: 304, headers: validators });
  if (condition.kind === "failed") throw preconditionFailed(condition.header, validators);

  const decision = decideRange(condition.rangeApplies ? request.headers.get("range") : null, file.size);
  if (decision.kind === "unsatisfiable") throw rangeNotSatisfiable(file.size, validators);

  const shown = presentation(file.contentType, file);
  const headers: Record<string, string> = { ...validators, ...contentHeaders(file, shown) };
  let parts: BodyPart[] = [{ offset: 0, length: file.size }];
  if (decision.kind === "partial") {
    parts = decision.ranges;
    if (decision.ranges.length === 1) {
      headers["content-range"] = contentRange(decision.ranges[0]!, file.size);
    } else {
      const layout = layoutByteranges(decision.ranges, {
        size: file.size,
        contentType: shown.contentType,
        boundary: options.boundary ?? newBoundary(),
      });
      parts = layout.parts;
      headers["content-type"] = layout.contentType;
    }
  }
  headers["content-length"] = String(bodyLength(parts));
  const init = { status: decision.kind === "partial" ? 206 : 200, headers: new Headers(headers) };
  if (request.method === "HEAD") {
    await file.check?.();
    return new Response(null, init);
  }

  const first = parts.find((part) => !(part instanceof Uint8Array)) as ByteRange | undefined;
  const source = await file.open(first?.offset ?? 0);
  const onEnd = (end: BodyEnd) => file.onEnd?.(end);
  const body = bodyLength(parts) <= SMALL_BODY
    ? await readParts(parts, source, { onEnd, load: options.load })
    : streamParts(parts, source, { ...options, onEnd });
  return new Response(body, init);
}

/** What a 304 carries too (RFC 9110 §15.4.5). */
function validatorHeaders(file: DownloadFile, etag: string, lastModified: number): Record<string, string> {
  return {
    "etag": etag,
    "last-modified": formatHttpDate(lastModified),
    "cache-control": file.cacheControl,
    ...(file.vary === undefined ? {} : { "vary": file.vary }),
  };
}

/** No `Content-Digest`: it would be wrong for HEAD and ranges, and says nothing more for the rest. */
function contentHeaders(file: DownloadFile, shown: Presentation): Record<string, string> {
  return {
    "accept-ranges": "bytes",
    "content-type": shown.contentType,
    "content-disposition": contentDisposition(shown.disposition, file.fileName),
    "x-content-type-options": "nosniff",
    "content-security-policy": shown.policy,
    "cross-origin-resource-policy": file.embedding ?? "same-origin",
    ...(file.sha256 === null ? {} : { "repr-digest": reprDigest(file.sha256) }),
  };
}

/** RFC 9530 §3: of the whole file, whatever part of it is sent. */
function reprDigest(sha256: string): string {
  return `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`;
}

function preconditionFailed(header: string, validators: Record<string, string>): Problem {
  return new Problem(
    "precondition-failed",
    `The file is not the version that ${header} asks for. Download it again from its beginning.`,
    { headers: { "etag": validators["etag"]!, "last-modified": validators["last-modified"]! } },
  );
}

function rangeNotSatisfiable(size: number, validators: Record<string, string>): Problem {
  return new Problem(
    "range-not-satisfiable",
    `The file is ${size} bytes long and no byte of it lies in the range asked for. If you have them all, you are done.`,
    {
      headers: { "content-range": `bytes */${size}`, "accept-ranges": "bytes", "etag": validators["etag"]! },
    },
  );
}
