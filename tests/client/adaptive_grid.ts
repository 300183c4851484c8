/** One upload over a simulated line, by the real chunk sender with the real retries, adaptive or of fixed chunk size. */
import { newChunkSizes } from "../../client/adaptive.ts";
import { newGate } from "../../client/gate.ts";
import { sendChunks } from "../../client/send_chunks.ts";
import { gapsOf, newPending } from "../../client/spans.ts";
import { simulatedLine } from "../support/simulated_line.ts";
import { virtualClock } from "../support/virtual_clock.ts";

export const KIB = 1024;
export const MIB = 1024 * KIB;

export interface Trial {
  bitsPerSecond: number;
  rttMs: number;
  /** Of all requests, from 0 to 1. */
  broken: number;
  /** Bytes. */
  size: number;
  seed: number;
  /** Bytes of every chunk; absent: adaptive. */
  fixed?: number;
}

export interface Outcome {
  /** Of the line's time. */
  seconds: number;
  requests: number;
  /** Bytes of the chunk sizes that were chosen, in order. */
  sizes: number[];
}

/** Mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export async function runTrial(trial: Trial): Promise<Outcome> {
  const clock = virtualClock();
  const random = seededRandom(trial.seed);
  const line = simulatedLine({ ...trial, clock, random });
  const { signal } = new AbortController();
  const sizes = newChunkSizes({ min: 256 * KIB, max: 10 * MIB }, trial.fixed);
  const recorded = new Set<number>();
  const chosen: number[] = [];
  let confirmed = 0;

  async function upload() {
    const began = clock.now();
    await line.send(0, { signal, onRecorded: () => {} }); // Opening the session.
    sizes.answered(clock.now() - began);
    await sendChunks({
      pending: newPending(gapsOf([], trial.size)),
      sizes,
      parallel: 4,
      retries: 10,
      gate: newGate(),
      signal,
      clock,
      random,
      line: { isOffline: () => false },
      async put({ start, end }, { signal }) {
        chosen.push(end - start);
        await line.send(end - start, { signal, onRecorded: () => recorded.add(start) });
      },
      async missingOf(piece, signal) {
        await line.send(0, { signal, onRecorded: () => {} });
        return recorded.has(piece.start) ? [] : [piece];
      },
      onMoved: (bytes) => void (confirmed += bytes.confirmed),
      onWaiting: () => {},
    });
  }
  await clock.run(upload());
  if (confirmed !== trial.size) throw new Error(`${confirmed} of ${trial.size} bytes arrived`);
  return { seconds: clock.now() / 1000, requests: chosen.length, sizes: chosen };
}
