/** Which rows of a long list are near enough to be drawn. Pure. */

export interface RowWindow {
  /** Index of the first one drawn. */
  first: number;
  /** Index behind the last one drawn. */
  end: number;
}

/** Rows beyond the edges, so that scrolling shows no gaps. */
const BEYOND = 4;

/** `scrollTop` and `height` are those of the scrolled box, all in pixels; every row is `row` high. */
export function rowWindow(
  count: number,
  { scrollTop, height, row }: { scrollTop: number; height: number; row: number },
): RowWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / row) - BEYOND));
  const end = Math.min(count, Math.ceil((scrollTop + height) / row) + BEYOND);
  return { first, end: Math.max(first, end) };
}
