/**
 * A line between a client and a server as a model: its capacity is shared by all connections, each of which starts
 * slowly (TCP), takes a round trip to be made, another for each answer, and breaks by chance.
 */
import { PawlError } from "../../client/errors.ts";
import type { VirtualClock } from "./virtual_clock.ts";

export interface LineFacts {
  bitsPerSecond: number;
  /** There and back. */
  rttMs: number;
  /** Of all requests with a body, from 0 to 1. A fifth of these are recorded, and only their answer is lost. */
  broken: number;
  /** From 0 to 1. */
  random: () => number;
  clock: VirtualClock;
}

export interface SimulatedLine {
  /** Resolves when the server's answer is there; rejects when the connection broke. Calls `onRecorded` at the server. */
  send(bytes: number, options: { signal: AbortSignal; onRecorded: () => void }): Promise<void>;
}

/** TCP's first window, and the largest that common systems give a connection. */
const FIRST_WINDOW = 14_600;
const LARGEST_WINDOW = 4 * 1024 * 1024;
/** What the server needs to put a chunk on stable storage. */
const SYNC_MS = 8;
const STORE_BYTES_PER_MS = 400_000;

interface Connection {
  /** Bytes a round trip. */
  window: number;
}

interface Flow {
  connection: Connection;
  /** Bytes still to be sent. */
  left: number;
  /** Bytes a millisecond, now. */
  rate: number;
  /** Calls off the growth of its window; null while that does not grow. */
  growing: (() => void) | null;
  done: () => void;
}

export function simulatedLine({ bitsPerSecond, rttMs, broken, random, clock }: LineFacts): SimulatedLine {
  const capacity = bitsPerSecond / 8000;
  const idle: Connection[] = [];
  const flows = new Set<Flow>();
  let sharedAt = 0;
  let cancelNext = () => {};

  /** Moves what has been sent since the last time. */
  function advance() {
    const ms = clock.now() - sharedAt;
    sharedAt = clock.now();
    for (const flow of flows) flow.left -= flow.rate * ms;
  }

  /** Shares the capacity: nobody gets more than their window lets through. */
  function share() {
    cancelNext();
    let left = capacity;
    const byWindow = [...flows].sort((a, b) => a.connection.window - b.connection.window);
    byWindow.forEach((flow, index) => {
      flow.rate = Math.min(flow.connection.window / rttMs, left / (byWindow.length - index));
      left -= flow.rate;
      grow(flow);
    });
    const next = Math.min(...byWindow.map(({ left, rate }) => Math.max(0, left) / rate));
    if (flows.size === 0) return cancelNext = () => {};
    cancelNext = clock.after(next, () => {
      advance();
      for (const flow of [...flows]) {
        if (flow.left > 1e-3) continue;
        flows.delete(flow);
        flow.done();
      }
      share();
    });
  }

  /** A window doubles with each round trip as long as it is what limits. */
  function grow(flow: Flow) {
    const limits = () => flow.rate >= flow.connection.window / rttMs * 0.99;
    if (flow.growing || flow.connection.window >= LARGEST_WINDOW || !limits()) return;
    flow.growing = clock.after(rttMs, () => {
      flow.growing = null;
      advance();
      if (limits()) flow.connection.window *= 2;
      share();
    });
  }

  function transfer(connection: Connection, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        flow.growing?.();
        signal.removeEventListener("abort", stop);
        settle();
      };
      const flow: Flow = { connection, left: bytes, rate: 0, growing: null, done: () => end(resolve) };
      const stop = () => {
        advance();
        flows.delete(flow);
        share();
        end(() => reject(signal.reason));
      };
      advance();
      flows.add(flow);
      signal.addEventListener("abort", stop, { once: true });
      share();
    });
  }

  return {
    async send(bytes, { signal, onRecorded }) {
      let connection = idle.pop();
      if (!connection) {
        await clock.delay(2 * rttMs, signal); // TCP and TLS.
        connection = { window: FIRST_WINDOW };
      }
      const breaks = bytes > 0 && random() < broken;
      const answerLost = breaks && random() < 0.2;
      await transfer(connection, breaks && !answerLost ? bytes * random() : bytes, signal);
      if (breaks && !answerLost) {
        await clock.delay(rttMs / 2, signal);
        throw new PawlError("network", "the connection broke");
      }
      await clock.delay(rttMs / 2 + (bytes > 0 ? SYNC_MS + bytes / STORE_BYTES_PER_MS : 0), signal);
      onRecorded();
      await clock.delay(rttMs / 2, signal);
      if (answerLost) throw new PawlError("network", "the answer was lost");
      idle.push(connection);
    },
  };
}
