/** Whether the parts that the server works with answer, asked under a deadline. */
import { getLogger } from "@logtape/logtape";
import { toProblem } from "./problem_response.ts";

/** `full`: nothing new fits, but what is there can be read and deleted. */
export const CHECK_RESULTS = ["ok", "full", "failed", "silent"] as const;
export type CheckResult = (typeof CHECK_RESULTS)[number];

/** By the part's name. */
export type Health = () => Promise<Record<string, CheckResult>>;

export interface HealthOptions {
  /** Milliseconds after which a silent check counts as such. */
  deadlineMs?: number;
  /** Milliseconds for which a result is told again: checks write, and anybody may ask. */
  freshMs?: number;
  /** Milliseconds, monotonic. */
  now?: () => number;
}

/** `checks` by name: resolves while the part works, throws while it does not. */
export function healthOf(
  checks: Record<string, () => Promise<void>>,
  { deadlineMs = 2000, freshMs = 1000, now = () => performance.now() }: HealthOptions = {},
): Health {
  const probes = Object.entries(checks).map(([name, check]) =>
    [name, probe(name, check, { deadlineMs, freshMs, now })] as const
  );
  return async () =>
    Object.fromEntries(await Promise.all(probes.map(async ([name, ask]) => [name, await ask()] as const)));
}

/**
 * Asks `check` under a deadline. Askers that come while it runs, or shortly after, share its result, and one that
 * hangs is not started again before it has ended: probes must not pile up on what is already in trouble.
 */
function probe(
  name: string,
  check: () => Promise<void>,
  { deadlineMs, freshMs, now }: Required<HealthOptions>,
) {
  let running: Promise<CheckResult> | null = null;
  let endedAt = -Infinity;
  return async (): Promise<CheckResult> => {
    if (running === null || now() - endedAt > freshMs) {
      endedAt = Infinity;
      running = run(name, check).finally(() => endedAt = now());
    }
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silent = new Promise<"silent">((resolve) => {
      timer = setTimeout(() => resolve("silent"), deadlineMs);
    });
    try {
      return await Promise.race([running, silent]);
    } finally {
      clearTimeout(timer);
    }
  };
}

async function run(name: string, check: () => Promise<void>): Promise<CheckResult> {
  try {
    await check();
    return "ok";
  } catch (error) {
    getLogger(["pawl", "health"]).warning("check {name} failed", { name, error });
    return toProblem(error).code === "disk-full" ? "full" : "failed";
  }
}
