/** Listens for requests, and goes on listening when the process runs out of file descriptors. */
import { getLogger } from "@logtape/logtape";
import { problemResponse, toProblem } from "./problem_response.ts";

export interface ServeOptions {
  fetch: (request: Request, info: Deno.ServeHandlerInfo<Deno.NetAddr>) => Response | Promise<Response>;
  hostname: string;
  /** 0 lets the system choose. */
  port: number;
  /** Called once, when the first listener is up. */
  onListen?: (address: Deno.NetAddr) => void;
}

export interface RunningServer {
  /** The port listened on, the same after every new start of the listener. */
  port: number;
  /** Resolves after `shutdown`; never rejects. */
  finished: Promise<void>;
  /**
   * Refuses new connections and resolves when the running requests have ended. Request bodies that are still being
   * read are broken off at once, so let them end first (`services/draining.ts`).
   */
  shutdown(): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1000;
/** A listener that lived so long, in milliseconds, did recover: the next pause is a short one again. */
const RECOVERED_MS = 10_000;
/** Dead listeners whose connections may still be served, and are waited for at the end. */
const MAX_DEAD = 100;

/**
 * Starts listening. Throws when that is impossible now, e.g. `Deno.errors.AddrInUse`; once it listens, it comes back
 * on the same port whenever the listener dies, and connections that were open stay open.
 *
 * `Deno.serve` gives up its listener for good when `accept` fails, as it does without free file descriptors. Signal
 * listeners must be registered before this is called: the first one needs descriptors too, and the runtime aborts
 * when it gets none.
 */
export function serveApp({ fetch, hostname, port, onListen }: ServeOptions): RunningServer {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  let stopping = false;
  let wake = () => {};

  const listen = (onPort: number) => {
    const server = Deno.serve({ hostname, port: onPort, onListen() {}, onError: answerLastResort }, fetch);
    if (servers.push(server) > MAX_DEAD) servers.shift();
    return server;
  };

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function listenAgain(onPort: number, pauseMs: number): Promise<[Deno.HttpServer | null, number]> {
    for (;; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      await pause(pauseMs);
      if (stopping) return [null, pauseMs];
      try {
        return [listen(onPort), Math.min(pauseMs * 2, MAX_PAUSE_MS)];
      } catch (error) {
        getLogger(["pawl", "serve"]).error("cannot listen again on port {port}", { port: onPort, error });
      }
    }
  }

  async function keepListening(first: Deno.HttpServer, onPort: number): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    for (let server: Deno.HttpServer | null = first; server !== null;) {
      const since = performance.now();
      try {
        await server.finished;
        return;
      } catch (error) {
        if (stopping) return;
        getLogger(["pawl", "serve"]).error("listener lost on port {port}, listening again", {
          port: onPort,
          error,
        });
      }
      if (performance.now() - since > RECOVERED_MS) pauseMs = FIRST_PAUSE_MS;
      [server, pauseMs] = await listenAgain(onPort, pauseMs);
    }
  }

  const first = listen(port);
  onListen?.(first.addr);
  const finished = keepListening(first, first.addr.port);
  return {
    port: first.addr.port,
    finished,
    async shutdown() {
      stopping = true;
      wake();
      await Promise.allSettled(servers.map((server) => server.shutdown()));
      await finished;
    },
  };
}

/** For what no handler of the app has caught. */
function answerLastResort(error: unknown): Response {
  const requestId = crypto.randomUUID();
  getLogger(["pawl", "serve"]).error("request failed outside the app", { requestId, error });
  return problemResponse(toProblem(error), requestId);
}
