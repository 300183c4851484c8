/** Many things one by one: what fails keeps none of the others from their turn. */
import { RunEnded, type StepProgress } from "./jobs/job.ts";

/**
 * The first failure is thrown at the end. A run is asked before each thing whether it is to go on; when it is not, nothing
 * more is done, and what failed before is left to the next run.
 */
export async function each<T>(
  items: readonly T[],
  step: (item: T) => Promise<void>,
  run?: Pick<StepProgress, "pulse">,
): Promise<void> {
  const failures: unknown[] = [];
  for (const item of items) {
    await run?.pulse();
    try {
      await step(item);
    } catch (error) {
      if (error instanceof RunEnded) throw error;
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
