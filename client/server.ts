/** Requests to one server: addresses, headers, the token and its renewal, answers and refusals. */
import { type Answer, requireOk } from "./answer.ts";
import { newAuthorization } from "./authorization.ts";
import { type ChildAbort, type Clock, systemClock } from "./clock.ts";
import { newPace, type PaceWait } from "./pace.ts";
import { type Line, systemLine } from "./runtime.ts";
import {
  fetchTransport,
  hasXhr,
  networkError,
  type Outgoing,
  stalled,
  type Transport,
  xhrTransport,
} from "./transport.ts";
import type { ConnectOptions, RequestOptions } from "./types.ts";

export interface Call extends Pick<RequestOptions, "query" | "json"> {
  method: string;
  /** Relative to the server's address, without a leading slash; already encoded. */
  path: string;
  headers?: Record<string, string>;
  body?: Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
  stallMs?: number;
  deadlineMs?: number;
  onSent?: (bytes: number) => void;
  /** Requests that are limited together; paced by the answers' `RateLimit`. */
  kind?: string;
  /** Told before such a wait. */
  onPaced?: (wait: PaceWait) => void;
}

export interface Server {
  readonly baseUrl: URL;
  readonly clock: Clock;
  readonly line: Line;
  /** From 0 to 1. */
  random(): number;
  /** The address of a call. */
  url(path: string, query?: Call["query"]): URL;
  /** One try, repeated only with a renewed token. Throws `PawlError` for anything but 2xx, or the signal's reason. */
  send(call: Call): Promise<Answer>;
  /**
   * An answer of any status whose body is still to be read or cancelled; `request` stays in charge of it. Only the server
   * itself gets the token. Rejects as `Transport` does.
   */
  open(url: URL, init: OpenInit): Promise<Response>;
}

export interface OpenInit {
  method?: string;
  headers?: Record<string, string>;
  body?: BodyInit;
  request: ChildAbort;
  /** Milliseconds for the answer's head; absent: any time, for requests with a long body. */
  stallMs?: number;
}

export const DEFAULT_STALL_MS = 30_000;

/** What tests put in the place of time, chance and the browser. */
export interface Surroundings {
  clock?: Clock;
  random?: () => number;
  line?: Line;
  transport?: Transport;
}

export function newServer(options: ConnectOptions, surroundings: Surroundings = {}): Server {
  const baseUrl = baseUrlOf(options.baseUrl);
  const { clock = systemClock, random = Math.random, line = systemLine } = surroundings;
  const authorization = newAuthorization(options.token);
  const pace = newPace();
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const transport = surroundings.transport ??
    (options.fetch === undefined && hasXhr() ? xhrTransport(options) : fetchTransport(fetch, options));

  function url(path: string, query: Call["query"] = {}): URL {
    const address = new URL(path, baseUrl);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined) address.searchParams.set(name, String(value));
    }
    return address;
  }

  /** Runs `attempt` with the token, and once more with a renewed one after a 401. */
  async function authorised<T extends { status: number }>(
    attempt: (headers: Record<string, string>) => Promise<T>,
    discard: (answer: T) => Promise<void> | undefined,
  ): Promise<T> {
    const credential = await authorization.current();
    const answer = await attempt(headersWith(credential.header));
    if (answer.status !== 401 || !await authorization.renew(credential)) return answer;
    await discard(answer);
    return await attempt(headersWith((await authorization.current()).header));
  }

  function headersWith(header: string | null): Record<string, string> {
    return { ...options.headers, ...(header === null ? {} : { "Authorization": header }) };
  }

  return {
    baseUrl,
    clock,
    line,
    random,
    url,

    async send({ method, path, query, json, headers, body, kind, onPaced, ...sending }) {
      const { stallMs = DEFAULT_STALL_MS, ...rest } = sending;
      const address = url(path, query);
      const now = clock.now();
      const wait = kind === undefined ? null : pace.wait(kind, now);
      if (wait) {
        onPaced?.(wait);
        await clock.delay(wait.ms, rest.signal ?? new AbortController().signal);
      }
      const content: Pick<Outgoing, "body"> = json === undefined
        ? body === undefined ? {} : { body }
        : { body: JSON.stringify(json) };
      const type: Record<string, string> = json === undefined ? {} : { "Content-Type": "application/json" };
      const answer = await authorised((own) =>
        transport({
          method,
          url: address,
          headers: { "Accept": "application/json", ...type, ...headers, ...own },
          ...content,
          stallMs,
          ...rest,
        }), () => undefined);
      if (kind !== undefined) pace.learn(kind, answer.header("RateLimit"), clock.now());
      return requireOk(answer);
    },

    async open(address, { request, stallMs, headers, ...init }) {
      const { signal } = request;
      const own = address.origin === baseUrl.origin;
      const attempt = async (authorized: Record<string, string>) => {
        const timer = stallMs === undefined ? 0 : setTimeout(() => request.abort(stalled(stallMs)), stallMs);
        try {
          signal.throwIfAborted();
          return await fetch(address, {
            ...init,
            ...(init.body instanceof ReadableStream ? { duplex: "half" } as RequestInit : {}),
            ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
            headers: { ...headers, ...authorized },
            signal,
          });
        } catch (error) {
          throw signal.aborted ? signal.reason : networkError(error);
        } finally {
          clearTimeout(timer);
        }
      };
      if (!own) return await attempt({});
      // A stream can be sent only once.
      if (init.body instanceof ReadableStream) {
        return await attempt(headersWith((await authorization.current()).header));
      }
      return await authorised(attempt, (response) => response.body?.cancel());
    },
  };
}

/** Ends with a slash, so that it can stand below a path. */
function baseUrlOf(given: string | URL | undefined): URL {
  const base = new URL(given ?? "/", globalThis.location?.href);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  return base;
}

/** The same server, whose requests are given up after `stallMs` without a byte. */
export function impatient(server: Server, stallMs: number): Server {
  return { ...server, send: (call) => server.send({ stallMs, ...call }) };
}
