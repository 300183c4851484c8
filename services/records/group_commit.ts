/**
 * Group commit: changes that wait while others are being committed go together in one commit, because each commit
 * costs the database a sync. Each change stays all or nothing, and sees those before it in its group.
 */
import { Problem } from "../problem.ts";
import { type Change, type Footprint, footprint } from "./change.ts";

/** Records are mostly below 1 KiB, so that these are far from the 800 KiB of a commit; else each goes by itself. */
const MAX_MUTATIONS = 300;

interface Waiting {
  change: Change;
  /** Made when somebody else waits too. */
  prints?: Footprint;
  answer: PromiseWithResolvers<boolean>;
}

/**
 * Gives a function that resolves with whether the change was applied: false after a conflict. `commit` is given one
 * change or several, and resolves likewise for all of them together; `maxChecks` is what the engine takes in one.
 */
export function groupCommits(
  commit: (changes: Change[]) => Promise<boolean>,
  { maxChecks }: { maxChecks: number },
): (change: Change) => Promise<boolean> {
  const waiting: Waiting[] = [];
  let running = false;

  /** One at a time: the database syncs them one after the other anyway. */
  async function start(): Promise<void> {
    if (running) return;
    running = true;
    while (waiting.length > 0) await run(waiting.splice(0, groupLength(waiting, maxChecks)));
    running = false;
  }

  return (change) => {
    const answer = Promise.withResolvers<boolean>();
    waiting.push({ change, answer });
    void start();
    return answer.promise;
  };

  /** Never rejects. */
  async function run(group: Waiting[]): Promise<void> {
    if (group.length > 1) {
      try {
        if (await commit(group.map(({ change }) => change))) {
          return group.forEach(({ answer }) => answer.resolve(true));
        }
      } catch (error) {
        // The database itself fails; anything else may be the fault of one of them.
        if (error instanceof Problem) return group.forEach(({ answer }) => answer.reject(error));
      }
    }
    // In a group that conflicts, the others are to get what is theirs.
    for (const { change, answer } of group) await commit([change]).then(answer.resolve, answer.reject);
  }
}

/** How many of `waiting`, from its start, may go together; at least one. */
function groupLength(waiting: Waiting[], maxChecks: number): number {
  if (waiting.length < 2) return waiting.length;
  const changed = new Set<string>();
  let checks = 0;
  let mutations = 0;
  for (const [index, one] of waiting.entries()) {
    checks += one.change.checks.length;
    mutations += one.change.mutations.length;
    const prints = one.prints ??= footprint(one.change);
    const fits = checks <= maxChecks && mutations <= MAX_MUTATIONS;
    // Checks come before all changes, so that it would not see what others of its group have changed.
    if (index > 0 && (!fits || prints.checked.some((key) => changed.has(key)))) return index;
    for (const key of prints.changed) changed.add(key);
  }
  return waiting.length;
}
