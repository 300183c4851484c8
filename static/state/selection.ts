/** Which rows are selected; pure. Ranges go from the row that was selected last. */
export interface Selection {
  ids: ReadonlySet<string>;
  /** Where a range begins; null: nowhere. */
  anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null };

/** `range`: all from the anchor to `id` in the order of `shown`, as a click with the shift key means. */
export function toggled(
  { ids, anchor }: Selection,
  id: string,
  { shown, range }: { shown: readonly string[]; range: boolean },
): Selection {
  const next = new Set(ids);
  const from = range && anchor !== null ? shown.indexOf(anchor) : -1;
  const to = shown.indexOf(id);
  if (from >= 0 && to >= 0) {
    for (const one of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one);
    return { ids: next, anchor };
  }
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** Without those that are not shown any more. The same value when there are none. */
export function kept(selection: Selection, shown: readonly string[]): Selection {
  const there = new Set(shown);
  if ([...selection.ids].every((id) => there.has(id))) return selection;
  const anchor = selection.anchor !== null && there.has(selection.anchor) ? selection.anchor : null;
  return { ids: new Set([...selection.ids].filter((id) => there.has(id))), anchor };
}
