/** What came back for a request, and what it means when it is a refusal. */
import { PawlError } from "./errors.ts";

export interface Answer {
  status: number;
  /** The header's value, null without it. */
  header(name: string): string | null;
  text: string;
}

/** Throws what an answer other than 2xx says. */
export function requireOk(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refusal(answer);
}

/** The answer's JSON, undefined for an empty one. Throws `unexpected-answer` for anything else. */
export function jsonOf<T>(answer: Answer): T {
  if (answer.text === "") return undefined as T;
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    throw new PawlError(
      "unexpected-answer",
      "What answered is not Pawl: it sent no JSON. Check the address.",
      {
        status: answer.status,
        cause,
      },
    );
  }
}

/** A problem document (RFC 9457) as an error; other answers, of proxies say, are `unexpected-answer` with their status. */
export function refusal(answer: Answer): PawlError {
  const { status } = answer;
  const retryAfter = secondsOf(answer.header("Retry-After"));
  const problem = problemOf(answer);
  if (problem === null) {
    return new PawlError("unexpected-answer", `The server answered ${status} without saying why.`, {
      status,
      retryAfter,
    });
  }
  const { type: _type, title, status: _status, detail, code, instance, ...extra } = problem;
  const sentence = typeof detail === "string" ? detail : `The server answered ${status}: ${code}.`;
  return new PawlError(code, sentence, {
    status,
    retryAfter,
    title: typeof title === "string" ? title : "",
    requestId: typeof instance === "string" ? instance : null,
    extra,
  });
}

function problemOf({ text }: Answer): Record<string, unknown> & { code: string } | null {
  try {
    const value = JSON.parse(text);
    return typeof value?.code === "string" ? value : null;
  } catch {
    return null;
  }
}

/** `Retry-After` (RFC 9110 section 10.2.3) as seconds from now; null when absent or not understood. */
export function secondsOf(value: string | null): number | null {
  if (value === null || value.trim() === "") return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}
