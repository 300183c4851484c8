/** A number of slots that transfers share: large ones take several, small ones go side by side. */

/** Bytes for which one request at a time is enough. */
const BYTES_PER_SLOT = 4 * 1024 * 1024;

export interface Slots {
  /** Runs `work` as soon as `weight` slots are free, in the order of the calls; `weight` is at most their number. */
  run<T>(weight: number, work: () => Promise<T>): Promise<T>;
}

/** Slots of one file: all when it is the only one, up to half of them for a large one beside others. Pure. */
export function slotsOf(bytes: number | null, { slots, files }: { slots: number; files: number }): number {
  if (files === 1) return slots;
  const most = Math.max(1, Math.ceil(slots / 2));
  return bytes === null ? most : Math.min(most, Math.max(1, Math.ceil(bytes / BYTES_PER_SLOT)));
}

export function newSlots(number: number): Slots {
  let free = number;
  const waiting: { weight: number; go: () => void }[] = [];

  function admit(): void {
    while (waiting.length > 0 && waiting[0]!.weight <= free) {
      free -= waiting[0]!.weight;
      waiting.shift()!.go();
    }
  }

  return {
    async run(weight, work) {
      await new Promise<void>((resolve) => {
        waiting.push({ weight, go: resolve });
        admit();
      });
      try {
        return await work();
      } finally {
        free += weight;
        admit();
      }
    },
  };
}
