/** Measures contenders in turns (A B C A B C ...), because the machine is never the same for long. */
import {
  cpuSeconds,
  endedChildrenCpuSeconds,
  peakMemory,
  processTree,
  resetPeak,
} from "./process_figures.ts";

export interface Contender {
  name: string;
  /** Bytes that one round moves; 0 when it is not about bytes. */
  bytes: number;
  /** What serves; with all processes below it. null: nothing runs but the round's own children. */
  pid: () => number | null;
  /** Not timed; `round` counts from 0. What it returns is timed, and may return figures of the scenario's own. */
  prepare: (round: number) => Promise<() => Promise<Record<string, number> | void>>;
  /** Not timed: removes what the round has left. */
  after?: () => Promise<void>;
}

export interface Sample {
  seconds: number;
  /** CPU seconds of what serves. */
  serverCpu: number;
  /** CPU seconds of the clients that were started for the round. */
  clientCpu: number;
  /** Bytes, of what serves. */
  peakMemory: number;
  extra: Record<string, number>;
}

export interface Result {
  contender: string;
  bytes: number;
  samples: Sample[];
}

/** One unmeasured round each, then `rounds` measured ones; says on standard error how far it is with `of`. */
export async function measure(
  contenders: Contender[],
  { rounds, of }: { rounds: number; of: string },
): Promise<Result[]> {
  const results = contenders.map(({ name, bytes }): Result => ({ contender: name, bytes, samples: [] }));
  const started = performance.now();
  for (let round = 0; round <= rounds; round++) {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.error(`  ${of}: round ${round} of ${rounds}, ${seconds} s`);
    for (const [index, contender] of contenders.entries()) {
      const sample = await once(contender, round);
      if (round > 0) results[index]!.samples.push(sample);
    }
  }
  return results;
}

async function once({ pid, prepare, after }: Contender, round: number): Promise<Sample> {
  const run = await prepare(round);
  const root = pid();
  const pids = root === null ? [] : processTree(root);
  resetPeak(pids);
  const serverBefore = cpuSeconds(pids);
  const clientBefore = endedChildrenCpuSeconds();
  const started = performance.now();
  try {
    const extra = await run() ?? {};
    const seconds = (performance.now() - started) / 1000;
    return {
      seconds,
      serverCpu: cpuSeconds(pids) - serverBefore,
      clientCpu: endedChildrenCpuSeconds() - clientBefore,
      peakMemory: peakMemory(pids),
      extra,
    };
  } finally {
    await after?.();
  }
}

export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
