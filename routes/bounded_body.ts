/** Reads the small JSON bodies of our API, so that no stranger can make the server hold a large one. */
import { createMiddleware } from "hono/factory";
import { Problem } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { openBody } from "./http/idle_body.ts";

export interface BoundedBodyOptions {
  /** Largest body, bytes, inclusive. */
  maxBytes?: number;
  /** Milliseconds without a byte after which the body is given up. */
  idleMs?: number;
  /** Milliseconds that the whole body may take, however it trickles. */
  totalMs?: number;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

/**
 * Middleware for JSON routes: reads the body within its limits and hands it on as the request's body. An absent or
 * empty body passes, without content type, for routes where it may be omitted. Throws `Problem`
 * `unsupported-media-type`, `body-too-large`, `malformed-body`, `body-stalled` or `body-incomplete`.
 * Never for routes that take files.
 */
export function boundedBody(options: BoundedBodyOptions = {}) {
  const { maxBytes = 1_048_576, idleMs = 30_000, totalMs = 120_000, now = () => performance.now() } = options;
  return createMiddleware<Env>(async (c, next) => {
    const request = c.req.raw;
    if (request.body === null) return await next();
    const declared = Number(request.headers.get("Content-Length") ?? 0);
    if (declared > maxBytes) throw tooLarge(maxBytes);
    const bytes = await readAll(request.body, { maxBytes, idleMs, totalMs, now });
    const headers = new Headers(request.headers);
    if (bytes.length > 0) {
      checkContentType(headers);
      checkUtf8(bytes);
    } else {
      headers.delete("Content-Type");
    }
    headers.delete("Transfer-Encoding");
    headers.set("Content-Length", String(bytes.length));
    c.req.raw = new Request(request, { headers, body: bytes });
    await next();
  });
}

async function readAll(
  stream: ReadableStream<Uint8Array>,
  { maxBytes, idleMs, totalMs, now }: Required<BoundedBodyOptions>,
): Promise<Uint8Array<ArrayBuffer>> {
  const body = openBody(stream, { idleMs });
  const started = now();
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    for (let piece = await body.read(); piece !== null; piece = await body.read()) {
      size += piece.length;
      if (size > maxBytes) throw tooLarge(maxBytes);
      if (now() - started > totalMs) throw tooSlow(totalMs);
      pieces.push(piece);
    }
  } finally {
    body.cancel();
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function checkContentType(headers: Headers): void {
  const type = headers.get("Content-Type") ?? "";
  if (!/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type)) {
    throw new Problem(
      "unsupported-media-type",
      "Send the body as JSON, with Content-Type: application/json.",
      {
        headers: { Accept: "application/json" },
      },
    );
  }
  const encoding = headers.get("Content-Encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", "Send the body without Content-Encoding.", {
      headers: { "Accept-Encoding": "identity" },
    });
  }
}

/** RFC 8259 section 8.1: JSON between systems is UTF-8. `fetch`'s decoder would replace what is not. */
function checkUtf8(bytes: Uint8Array): void {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Problem("malformed-body", "The request body is not valid UTF-8, which JSON must be.", {
      cause,
    });
  }
}

function tooLarge(maxBytes: number): Problem {
  return new Problem("body-too-large", `JSON bodies may have at most ${maxBytes} bytes here.`, {
    extra: { maxBytes },
    headers: { Connection: "close" },
  });
}

function tooSlow(totalMs: number): Problem {
  return new Problem(
    "body-stalled",
    `The body took more than ${totalMs / 1000} seconds. Send the request again.`,
    {
      headers: { Connection: "close" },
    },
  );
}
