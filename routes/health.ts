/** Whether the parts that the server works with answer, asked under a deadline. */
import { getLogger } from "@logtape/logtape";

export const CHECK_RESULTS = ["ok", "failed", "silent"] as const;
export type CheckResult = (typeof CHECK_RESULTS)[number];

/** By the part's name. */
export type Health = () => Promise<Record<string, CheckResult>>;

/** `checks` by name: resolves while the part works, throws while it does not. */
export function healthOf(
  checks: Record<string, () => Promise<void>>,
  { deadlineMs = 2000 }: { deadlineMs?: number } = {},
): Health {
  const probes = Object.entries(checks).map(([name, check]) =>
    [name, probe(name, check, deadlineMs)] as const
  );
  return async () =>
    Object.fromEntries(await Promise.all(probes.map(async ([name, ask]) => [name, await ask()] as const)));
}

/**
 * Asks `check` under a deadline. Askers that come while it runs share its result, and one that hangs is not started
 * again before it has ended: probes must not pile up on what is already in trouble.
 */
function probe(name: string, check: () => Promise<void>, deadlineMs: number) {
  let running: Promise<"ok" | "failed"> | null = null;
  return async (): Promise<CheckResult> => {
    running ??= run(name, check).finally(() => running = null);
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

async function run(name: string, check: () => Promise<void>): Promise<"ok" | "failed"> {
  try {
    await check();
    return "ok";
  } catch (error) {
    getLogger(["pawl", "health"]).warning("check {name} failed", { name, error });
    return "failed";
  }
}
