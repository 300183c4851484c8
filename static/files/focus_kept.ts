/** Where the focus goes when what had it is gone. */
import { useLayoutEffect, useRef } from "hono/jsx/dom";

/** When the row with the focus goes, the one that takes its place gets it, so that nobody starts from the top again. */
export function useFocusKept(rows: { current: HTMLElement | null }, shown: readonly string[]): void {
  const at = useRef(-1);
  const list = rows.current;
  const row = list?.contains(document.activeElement) ? document.activeElement!.closest("[data-id]") : null;
  if (row) at.current = [...list!.querySelectorAll("[data-id]")].indexOf(row);
  useLayoutEffect(() => {
    if (at.current! < 0 || document.activeElement !== document.body) return;
    const left = [...rows.current?.querySelectorAll("[data-id]") ?? []];
    const next = left[at.current!] ?? left.at(-1);
    (next?.querySelector<HTMLElement>("a.name, button.name") ?? next?.querySelector<HTMLElement>("a, button"))
      ?.focus();
    at.current = -1;
  }, [shown.join()]);
}
