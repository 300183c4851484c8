/**
 * A bad network between a client and a server: a TCP proxy on loopback that cuts, resets, stalls, slows or
 * reorders what passes through it. Bytes are counted per connection and direction.
 */
import { once } from "node:events";
import * as net from "node:net";
import { newOvertaking, type Overtaking } from "./overtaking.ts";

/** `up`: client to server; `down`: server to client. */
export type Direction = "up" | "down";

export type Fault =
  /** Everything passes. */
  | { kind: "pass" }
  /** Both sides lose the connection after `bytes` in `direction`: by FIN, or by RST when `reset` is set. */
  | { kind: "cut"; direction: Direction; bytes: number; reset?: boolean }
  /** After `bytes` in `direction` nothing more passes there; the connections stay open. */
  | { kind: "stall"; direction: Direction; bytes: number }
  /** `direction` passes about `bytesPerSecond`. */
  | { kind: "slow"; direction: Direction; bytesPerSecond: number }
  /** In `direction` what was sent later on one connection arrives before what was sent earlier on another. */
  | { kind: "reorder"; direction: Direction };

export interface Proxy extends AsyncDisposable {
  /** Where clients connect, `http://127.0.0.1:<port>/`. */
  url: URL;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Bytes passed on so far, over all connections. */
  readonly passed: Readonly<Record<Direction, number>>;
  /** Sets what happens to connections made from now on. */
  setFault(fault: Fault): void;
  /** Points connections made from now on at another server, e.g. after its restart. */
  setTarget(target: URL): void;
  /** Ends the connections there are: by FIN, or by RST when `reset` is set. */
  cutAll(options?: { reset?: boolean }): void;
  /** Resolves when at least `bytes` have passed in `direction`, over all connections. */
  hasPassed(direction: Direction, bytes: number): Promise<void>;
}

interface Flow {
  direction: Direction;
  from: net.Socket;
  to: net.Socket;
  fault: Fault;
  overtaking: Overtaking;
  onPassed(bytes: number): void;
  cut(options: { reset?: boolean }): void;
  /** Aborted when the connection has ended. */
  ended: AbortSignal;
}

const SLOW_STEPS_PER_SECOND = 20;

/** Resolves after `ms`, or at once when `signal` is aborted. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}

async function write(to: net.Socket, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (to.destroyed || to.write(bytes)) return;
  await once(to, "drain", { signal });
}

/** Passes one direction on until it ends or its fault strikes. */
async function pass({ direction, from, to, fault, overtaking, onPassed, cut, ended }: Flow): Promise<void> {
  const mine = fault.kind !== "pass" && fault.direction === direction ? fault : { kind: "pass" } as const;
  let left = mine.kind === "cut" || mine.kind === "stall" ? mine.bytes : Infinity;
  const step = mine.kind === "slow"
    ? Math.max(1, Math.round(mine.bytesPerSecond / SLOW_STEPS_PER_SECOND))
    : Infinity;

  const connection = Symbol();
  const forward = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; at += step) {
      const piece = bytes.subarray(at, Math.min(bytes.length, at + step));
      const release = mine.kind === "reorder" ? await overtaking.turn(connection, ended) : null;
      await write(to, piece, ended);
      release?.();
      onPassed(piece.length);
      if (mine.kind === "slow") await pause(piece.length / mine.bytesPerSecond * 1000, ended);
      if (ended.aborted) return;
    }
  };

  if (left > 0) {
    for await (const bytes of from.iterator({ destroyOnReturn: false })) {
      const part = bytes.subarray(0, left);
      await forward(part);
      left -= part.length;
      if (left === 0 || ended.aborted) break;
    }
  }
  if (mine.kind === "cut" && left === 0) cut({ reset: mine.reset });
  else if (mine.kind === "stall" && left === 0) from.pause();
  else to.end();
}

/** Joins `client` to `target`; resolves when both sides have ended. */
async function join(
  client: net.Socket,
  { target, fault, overtaking, onPassed, register }: {
    target: URL;
    fault: Fault;
    overtaking: Overtaking;
    onPassed(direction: Direction, bytes: number): void;
    register(cut: Flow["cut"]): void;
  },
): Promise<void> {
  const server = net.connect({ host: target.hostname, port: Number(target.port), allowHalfOpen: true });
  const sockets = [client, server];
  const ended = new AbortController();

  const cut: Flow["cut"] = ({ reset = false }) => {
    ended.abort();
    for (const socket of sockets) {
      if (reset) socket.resetAndDestroy();
      // What was passed on still arrives before the FIN; `destroy` alone would drop what waits in the socket.
      else socket.destroySoon();
    }
  };
  register(cut);

  const closed = sockets.map((socket) =>
    new Promise<void>((resolve) => {
      socket.on("error", () => cut({ reset: true }));
      socket.on("close", () => resolve());
    })
  );
  const flows = ([["up", client, server], ["down", server, client]] as const).map(([direction, from, to]) =>
    pass({
      direction,
      from,
      to,
      fault,
      overtaking,
      cut,
      ended: ended.signal,
      onPassed: (bytes) => onPassed(direction, bytes),
    }).catch(() => cut({ reset: true }))
  );
  await Promise.all([...closed, ...flows]);
}

/** Starts a proxy to `target`'s host and port that lets everything pass. Disposing it resets what is connected. */
export async function startProxy(target: URL): Promise<Proxy> {
  let fault: Fault = { kind: "pass" };
  let accepted = 0;
  const overtaking = newOvertaking();
  const passed = { up: 0, down: 0 };
  const joined = new Map<Promise<void>, Flow["cut"]>();
  const waiting = new Set<() => void>();

  const onPassed = (direction: Direction, bytes: number) => {
    passed[direction] += bytes;
    for (const check of waiting) check();
  };
  const listener = net.createServer({ allowHalfOpen: true }, (client) => {
    accepted++;
    let cut: Flow["cut"] = () => {};
    const connection = join(client, { target, fault, overtaking, onPassed, register: (c) => cut = c });
    joined.set(connection, cut);
    connection.finally(() => joined.delete(connection));
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as net.AddressInfo;

  const cutAll: Proxy["cutAll"] = ({ reset } = {}) => joined.forEach((cut) => cut({ reset }));
  return {
    url: new URL(`http://127.0.0.1:${port}/`),
    get accepted() {
      return accepted;
    },
    passed,
    setFault: (next) => void (fault = next),
    setTarget: (next) => void (target = next),
    cutAll,
    hasPassed(direction, bytes) {
      return new Promise((resolve) => {
        const check = () => {
          if (passed[direction] < bytes) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      });
    },
    async [Symbol.asyncDispose]() {
      const closed = once(listener, "close");
      listener.close();
      cutAll({ reset: true });
      await Promise.all([closed, ...joined.keys()]);
    },
  };
}
