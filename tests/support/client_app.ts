/** The client library against the application in process: no sockets, no waiting, and every request can be tampered with. */
import type { Clock } from "../../client/clock.ts";
import { connectWith } from "../../client/connect.ts";
import type { Surroundings } from "../../client/server.ts";
import type { ConnectOptions, Pawl } from "../../client/types.ts";
import { ADMIN, type TestApp, type TestUser } from "./app.ts";

/** What a request looked like. */
export interface SeenRequest {
  method: string;
  /** With its query. */
  path: string;
  headers: Headers;
  /** Bytes; 0 without a body. */
  bodyBytes: number;
}

/** Stands between the client and the application; `forward` passes the request on, by default as it is. */
export type Intercept = (
  request: SeenRequest & { body: Uint8Array<ArrayBuffer> | null },
  forward: (body?: Uint8Array<ArrayBuffer> | null) => Promise<Response>,
) => Promise<Response>;

export interface ClientOptions extends Partial<ConnectOptions> {
  user?: TestUser;
  intercept?: Intercept;
  surroundings?: Surroundings;
}

export interface ConnectedClient {
  pawl: Pawl;
  /** In the order in which they were made. */
  requests: SeenRequest[];
  /** Milliseconds that it would have waited. */
  waits: number[];
}

/** A clock whose waits are over at once, in a macrotask; `waits` gets their milliseconds. */
export function eagerClock(waits: number[]): Clock {
  return {
    now: () => performance.now(),
    date: () => Date.now(),
    delay: (ms, signal) => {
      waits.push(ms);
      return new Promise((resolve, reject) => {
        setTimeout(() => signal.aborted ? reject(signal.reason) : resolve(), 0);
      });
    },
  };
}

async function bodyOf(body: BodyInit | null | undefined): Promise<Uint8Array<ArrayBuffer> | null> {
  return body === null || body === undefined ? null : new Uint8Array(await new Response(body).arrayBuffer());
}

/** As an administrator, who has no limits, unless `user` says otherwise. */
export function connectTo(app: TestApp, options: ClientOptions = {}): ConnectedClient {
  const { user = ADMIN, intercept, surroundings, ...connectOptions } = options;
  const requests: SeenRequest[] = [];
  const waits: number[] = [];

  const fetch = (async (input: URL | string | Request, init: RequestInit = {}) => {
    const { signal } = init;
    const { pathname, search } = new URL(input instanceof Request ? input.url : input);
    const body = await bodyOf(init.body);
    const method = init.method ?? "GET";
    const headers = new Headers(init.headers);
    if (body) headers.set("Content-Length", String(body.length));
    const seen = { method, path: pathname + search, headers, bodyBytes: body?.length ?? 0 };
    requests.push(seen);
    const forward = async (sent = body) =>
      await app.request(seen.path, { method, headers: seen.headers, body: sent, user: null });
    const answer = intercept ? intercept({ ...seen, body }, forward) : forward();
    const response = await (signal ? unlessAborted(answer, signal) : answer);
    return signal && response.body ? endedBy(response, signal) : response;
  }) as typeof globalThis.fetch;

  const pawl = connectWith(
    { baseUrl: "http://127.0.0.1/", token: () => app.token(user), fetch, ...connectOptions },
    { clock: eagerClock(waits), random: () => 0.5, ...surroundings },
  );
  return { pawl, requests, waits };
}

/** What a network does: an answer that nobody waits for any more is lost, whatever the server does. */
async function unlessAborted(answer: Promise<Response>, signal: AbortSignal): Promise<Response> {
  answer.catch(() => {});
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } catch (error) {
    answer.then((response) => response.body?.cancel(), () => {});
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function endedBy(response: Response, signal: AbortSignal): Response {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  response.body!.pipeTo(writable, { signal }).catch(() => {});
  return new Response(readable, response);
}
