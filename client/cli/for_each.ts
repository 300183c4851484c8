/** A command for several things: each is tried, whatever becomes of the others. */
import type { CommandContext } from "./context.ts";
import { combined, type ExitReason } from "./exit_codes.ts";
import { Interrupted } from "./failure.ts";

/** One after the other; failures are said with the item's name. An interruption ends it all. */
export async function forEach<Item extends string>(
  { output, signal }: CommandContext,
  items: readonly Item[],
  act: (item: Item) => Promise<void>,
): Promise<ExitReason> {
  const reasons: ExitReason[] = [];
  for (const item of items) {
    try {
      signal.throwIfAborted();
      await act(item);
    } catch (error) {
      if (signal.aborted || error instanceof Interrupted) throw signal.reason ?? error;
      reasons.push(await output.failed(error, item));
    }
  }
  return combined(reasons);
}
