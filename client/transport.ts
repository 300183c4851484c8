/** One request and its whole answer, by `fetch` or, where it can tell how far a body is, by XMLHttpRequest. */
import type { Answer } from "./answer.ts";
import { childAbort } from "./clock.ts";
import { PawlError } from "./errors.ts";

export interface Outgoing {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body?: Uint8Array<ArrayBuffer> | string;
  signal?: AbortSignal;
  /** Milliseconds without a byte moving after which the request is given up. */
  stallMs: number;
  /** Milliseconds that the whole request may take where progress cannot be seen; at least `stallMs`. */
  deadlineMs?: number;
  /** Bytes of the body that have left so far. */
  onSent?: (bytes: number) => void;
}

/**
 * Rejects with `PawlError` `network` or `stalled` when there is no whole answer, and with the reason of `signal`.
 * Any status is an answer.
 */
export type Transport = (request: Outgoing) => Promise<Answer>;

export interface TransportOptions {
  credentials?: "omit" | "same-origin" | "include";
}

/** The error of a request in which nothing moved for so long. */
export function stalled(ms: number): PawlError {
  return new PawlError(
    "stalled",
    `Nothing moved for ${Math.round(ms / 1000)} seconds. Check the connection.`,
  );
}

/** The error that a failed `fetch` means. */
export function networkError(cause?: unknown): PawlError {
  return new PawlError("network", "The server cannot be reached, or the connection broke.", { cause });
}

/** Tells nothing while a body is on its way; so what bounds a request is its deadline. */
export function fetchTransport(fetch: typeof globalThis.fetch, options: TransportOptions): Transport {
  return async ({ method, url, headers, body, signal, stallMs, deadlineMs, onSent }) => {
    const request = childAbort(signal);
    const limit = Math.max(stallMs, deadlineMs ?? 0);
    const timer = setTimeout(() => request.abort(stalled(limit)), limit);
    try {
      const response = await fetch(url, {
        method,
        headers,
        // A Blob, because Deno silently repeats requests whose body is in memory, and the repetition would meet the first.
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Blob([body]) }),
        ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
        signal: request.signal,
      });
      if (typeof body === "object") onSent?.(body.length);
      const text = await response.text();
      return { status: response.status, header: (name) => response.headers.get(name), text };
    } catch (error) {
      throw request.signal.aborted ? request.signal.reason : networkError(error);
    } finally {
      clearTimeout(timer);
      request.release();
    }
  };
}

/** What is used of an XMLHttpRequest. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number }) => void) | null };
  onprogress: (() => void) | null;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  status: number;
  responseText: string;
  withCredentials: boolean;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getResponseHeader(name: string): string | null;
  send(body: Uint8Array<ArrayBuffer> | string | null): void;
  abort(): void;
}

const xhrClass = () => (globalThis as { XMLHttpRequest?: new () => Xhr }).XMLHttpRequest;

export const hasXhr = () => xhrClass() !== undefined;

/** For browsers: `fetch` there does not tell how far a body is. */
export function xhrTransport(options: TransportOptions): Transport {
  return ({ method, url, headers, body, signal, stallMs, onSent }) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const request = new (xhrClass()!)();
      let timer: ReturnType<typeof setTimeout>;
      const end = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const watch = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          end(() => reject(stalled(stallMs)));
          request.abort();
        }, stallMs);
      };
      const abort = () => {
        end(() => reject(signal!.reason));
        request.abort();
      };
      request.upload.onprogress = ({ loaded }) => {
        watch();
        onSent?.(loaded);
      };
      request.onprogress = watch;
      request.onload = () => {
        const { status, responseText: text } = request;
        end(() => resolve({ status, header: (name) => request.getResponseHeader(name), text }));
      };
      request.onerror = () => end(() => reject(networkError()));
      signal?.addEventListener("abort", abort, { once: true });
      request.open(method, url.href);
      request.withCredentials = options.credentials === "include";
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      watch();
      request.send(body ?? null);
    });
}
