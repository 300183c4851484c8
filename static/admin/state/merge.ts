/** A list as it was looked at and as it is now, brought together. Pure. */

export interface MergeOptions<T> {
  keyOf(item: T): string;
  /** Known rows keep their places; new ones come before them. Else all are in the order of `next`. */
  settled: boolean;
}

/** What says the same as before is the same value, so that it is not drawn again. Items are plain JSON. */
export function merged<T>(
  before: readonly T[],
  next: readonly T[],
  { keyOf, settled }: MergeOptions<T>,
): readonly T[] {
  const known = new Map(before.map((item) => [keyOf(item), item]));
  const current = next.map((item) => {
    const old = known.get(keyOf(item));
    return old !== undefined && JSON.stringify(old) === JSON.stringify(item) ? old : item;
  });
  const ordered = settled ? inOrderOf(before, current, keyOf) : current;
  const same = ordered.length === before.length && ordered.every((item, index) => item === before[index]);
  return same ? before : ordered;
}

function inOrderOf<T>(before: readonly T[], current: readonly T[], keyOf: (item: T) => string): T[] {
  const places = new Map(before.map((item, index) => [keyOf(item), index]));
  const placeOf = (item: T) => places.get(keyOf(item)) ?? -1;
  return [...current].sort((a, b) => placeOf(a) - placeOf(b));
}
