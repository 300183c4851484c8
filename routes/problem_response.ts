/** The one place where a refusal or a defect becomes an HTTP answer (RFC 9457). */
import { getLogger } from "@logtape/logtape";
import type { Context, ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { z } from "zod";
import { Problem, type ProblemCode } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { invalidRequest } from "./invalid_request.ts";

/** Where the catalogue is explained; `type` of every problem is this page with the code as its fragment. */
export const PROBLEM_TYPES_PATH = "/docs/problems";

/** Seconds to wait that are told when a shortage, not the request, is to blame. */
const SHORTAGE_RETRY_SECONDS = 5;

/**
 * Renders a problem document.
 * `type` is a relative reference that can be opened here (a `urn:` of our own would need a registered
 * namespace); `instance` is the request id itself, so that it can be searched in the logs.
 * Content-Length is set so that HEAD, whose body Hono drops, tells the same length as GET.
 */
export function problemResponse(problem: Problem, requestId: string): Response {
  const body = new TextEncoder().encode(JSON.stringify({
    ...problem.extra,
    type: problem.type ?? `${PROBLEM_TYPES_PATH}#${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    instance: requestId,
  }));
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "Content-Length": String(body.byteLength),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  // RFC 9110 section 15.5.2: a 401 must name a scheme.
  if (problem.status === 401) headers.set("WWW-Authenticate", "Bearer");
  if (problem.retryAfter !== undefined) {
    headers.set("Retry-After", String(Math.max(0, Math.ceil(problem.retryAfter))));
  }
  for (const [name, value] of Object.entries(problem.headers)) headers.set(name, value);
  return new Response(body, { status: problem.status, headers });
}

/** Hono's `app.onError`. Defects are logged with their stack under the request id; the caller is told none of it. */
export const answerError: ErrorHandler<Env> = (error, c) => {
  const problem = toProblem(error);
  logProblem(problem, c);
  return problemResponse(problem, c.var.requestId ?? "unknown");
};

function logProblem(problem: Problem, c: Context<Env>): void {
  if (problem.status < 500) return;
  const log = getLogger(["pawl", "http"]);
  const facts = {
    requestId: c.var.requestId,
    code: problem.code,
    detail: problem.message,
    error: problem.cause,
  };
  if (problem.status === 500) log.error("request failed: {code}", facts);
  else log.warning("request refused: {code}", facts);
}

/** Sorts whatever was thrown into the catalogue; what is not recognised is `internal`, with the error as its cause. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.ZodError) return invalidRequest("json", error.issues);
  if (error instanceof HTTPException) return fromHttpException(error);
  if (error instanceof URIError) {
    return new Problem("invalid-request", "The address holds a malformed % sequence; encode it as UTF-8.");
  }
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if (cause instanceof Problem) return cause;
    const problem = fromSystemError(cause);
    if (problem) return problem;
  }
  return new Problem("internal", "Something went wrong here. It was logged under the id in `instance`.", {
    cause: error,
  });
}

const HTTP_EXCEPTION_CODES: Record<number, [ProblemCode, string]> = {
  401: ["unauthenticated", "Send a bearer token or sign in first."],
  403: ["forbidden", "You may not do this."],
  404: ["not-found", "There is nothing at this address."],
  405: ["method-not-allowed", "This address does not take that method."],
  413: ["body-too-large", "The request body is too large for this address."],
  415: ["unsupported-media-type", "This address does not take a body of that content type."],
};

function fromHttpException(error: HTTPException): Problem {
  if (error.message.startsWith("Malformed JSON")) {
    return new Problem(
      "malformed-body",
      "The request body is not valid JSON. Check its syntax and send it again.",
    );
  }
  if (error.status >= 500) return toProblem(error.cause ?? new Error(error.message, { cause: error.cause }));
  const [code, detail] = HTTP_EXCEPTION_CODES[error.status] ??
    ["invalid-request", "The request is not valid."];
  return new Problem(code, detail, { cause: error });
}

/** What the operating system, Deno KV or the connection says, by error code or, where there is none, by message. */
function fromSystemError(error: Error): Problem | null {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const shortage = { retryAfter: SHORTAGE_RETRY_SECONDS, cause: error };
  if (code === "ENOSPC" || code === "EDQUOT" || error.message.includes("database or disk is full")) {
    return new Problem("disk-full", "The storage is full. What was acknowledged is safe; try again later.", {
      retryAfter: 60,
      cause: error,
    });
  }
  if (code === "EMFILE" || code === "ENFILE" || error.message.includes("Too many open files")) {
    return new Problem("busy", "Too many files and connections are open. Try again in a moment.", shortage);
  }
  if (error.message.includes("database is locked")) {
    return new Problem("busy", "The records are busy. Try again in a moment.", shortage);
  }
  if (code === "EROFS" || code === "EIO" || code === "EACCES") {
    return new Problem(
      "storage-unavailable",
      "The storage does not take this now. Try again later.",
      shortage,
    );
  }
  if (isBrokenBody(error)) {
    return new Problem(
      "body-incomplete",
      "The connection ended before the whole body arrived. Send it again.",
      {
        cause: error,
      },
    );
  }
  return null;
}

/**
 * The client went away, or its framing broke, while its body was read (`BadResource` with these words on HTTP/1.1,
 * `Http` on HTTP/2). A file used after closing is a `BadResource` too, but says something else.
 */
function isBrokenBody(error: Error): boolean {
  return error instanceof Deno.errors.Http || /^Cannot read (request )?body/.test(error.message);
}
