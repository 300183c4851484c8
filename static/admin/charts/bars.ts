/** Where the bars of a small chart stand. Pure. */

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface BarsLayout {
  width: number;
  height: number;
  /** Room for so many; fewer stand at the right end. */
  slots: number;
  gap: number;
  /** Height of a bar for nothing, so that it can be seen that there was something. */
  least: number;
}

/**
 * A bar for each of `values`, which are not less than 0, the oldest first. Heights are as the square roots of the values,
 * so that one large one does not make all others look like nothing.
 */
export function barsOf(values: readonly number[], { width, height, slots, gap, least }: BarsLayout): Bar[] {
  const shown = values.slice(-slots);
  const step = (width + gap) / slots;
  const most = Math.max(...shown, 0);
  const first = slots - shown.length;
  return shown.map((value, index) => {
    const part = most === 0 ? 0 : Math.sqrt(value / most);
    const tall = value === 0 ? least : Math.max(least * 2, part * height);
    return { x: (first + index) * step, y: height - tall, width: step - gap, height: tall };
  });
}
