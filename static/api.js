/** Talking to the server: answers as plain values, refusals as `Refused` with the sentence to show. */

/** What the server said no with (RFC 9457), or that it could not be reached (`status` 0). */
export class Refused extends Error {
  constructor({ status, detail, code = "", instance = "", retryAfter = null, extra = {} }) {
    super(detail);
    this.status = status;
    this.code = code;
    /** The request id, to search the server's log for. */
    this.instance = instance;
    /** Seconds, or null. */
    this.retryAfter = retryAfter;
    /** All members of the problem document. */
    this.extra = extra;
  }

  /** Whether the same request may succeed a little later. */
  get passing() {
    const again = ["chunk-busy", "superseded", "body-incomplete"];
    return this.status === 0 || this.status === 408 || this.status === 429 ||
      this.status >= 500 && this.status !== 507 ||
      again.includes(this.code);
  }
}

export const unreachable = () =>
  new Refused({
    status: 0,
    detail: "The server cannot be reached. Check the connection; what has arrived is kept.",
  });

/** The refusal that an answer with this status, body and `Retry-After` stands for. */
export function refusal(status, text, retryAfter) {
  const seconds = Number.parseInt(retryAfter ?? "", 10);
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy in between answered; its status is all that is known.
  }
  return new Refused({
    status,
    detail: problem.detail ?? `The server answered with status ${status}. Try again in a moment.`,
    code: problem.code,
    instance: problem.instance,
    retryAfter: Number.isNaN(seconds) ? null : seconds,
    extra: problem,
  });
}

/**
 * Sends `json` when there is some. Gives status and parsed body.
 * Throws `Refused`, and the signal's reason when it is aborted.
 */
export async function call(method, path, { json, token, signal } = {}) {
  const headers = {};
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  let response, text;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      cache: "no-store",
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
    text = await response.text();
  } catch {
    signal?.throwIfAborted();
    throw unreachable();
  }
  const retryAfter = response.headers.get("Retry-After");
  if (!response.ok) throw refusal(response.status, text, retryAfter);
  return {
    status: response.status,
    body: text === "" ? null : JSON.parse(text),
    retryAfter: Number(retryAfter) || 1,
  };
}
