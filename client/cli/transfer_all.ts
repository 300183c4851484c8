/** Many files through the slots that they share, each shown, and each failure said. */
import type { CommandContext } from "./context.ts";
import { combined, type ExitReason } from "./exit_codes.ts";
import { count } from "./format.ts";
import { type Display, displayMode, openDisplay } from "./progress/display.ts";
import { newSlots, slotsOf } from "./slots.ts";

export interface Transfers<Item> {
  items: readonly Item[];
  /** As the person named it. */
  nameOf(item: Item): string;
  /** Bytes; null when unknown. */
  sizeOf(item: Item): number | null;
  /** Requests at once, for all together. */
  parallel: number;
  /** One after the other, in their order, each with all requests. */
  inOrder?: boolean;
  /** `parallel`: its share. */
  transfer(item: Item, how: { display: Display; parallel: number }): Promise<void>;
}

export interface TransferOutcome {
  done: number;
  /** `ok` when all are done. */
  reason: ExitReason;
}

/** What will not be otherwise for the next file: without a server or a sign-in the others are not tried. */
const HOPELESS = new Set<ExitReason>(["unavailable", "notSignedIn"]);

/** Resolves when all have ended; after an interruption too, with what was done until then. */
export async function transferAll<Item>(
  context: CommandContext,
  { items, nameOf, sizeOf, parallel, inOrder = false, transfer }: Transfers<Item>,
): Promise<TransferOutcome> {
  const { terminal, env, now, quiet, json, output, signal } = context;
  const sizes = items.map(sizeOf);
  const display = openDisplay({
    terminal,
    env,
    now,
    mode: displayMode({ terminal, env, quiet, json }),
    files: items.length,
    bytes: sizes.includes(null) ? null : sizes.reduce<number>((sum, size) => sum + size!, 0),
  });
  const slots = newSlots(parallel);
  const reasons: ExitReason[] = [];
  let untried = 0;
  let done = 0;

  async function one(item: Item, index: number): Promise<void> {
    const share = inOrder ? parallel : slotsOf(sizes[index]!, { slots: parallel, files: items.length });
    await slots.run(share, async () => {
      if (signal.aborted) return;
      if (reasons.some((reason) => HOPELESS.has(reason))) return void untried++;
      try {
        await transfer(item, { display, parallel: share });
        done++;
      } catch (error) {
        if (signal.aborted) return;
        await display.above(async () => void reasons.push(await output.failed(error, nameOf(item))));
      }
    });
  }
  try {
    await Promise.all(items.map(one));
  } finally {
    display.close();
  }
  if (untried > 0) await output.note(`Not tried any more: ${count(untried, "file")}.`);
  return { done, reason: combined(reasons) };
}
