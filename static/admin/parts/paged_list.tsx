/** A long list: its rows, or what stands in their place, and its end. */
import { type Child, useRef } from "hono/jsx/dom";
import type { IconShape } from "../../controls/icon.tsx";
import { useFocusKept } from "../../files/focus_kept.ts";
import type { Paged, PagedState } from "../state/paged.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { Foot } from "./foot.tsx";
import { Empty, Failure, Waiting } from "./states.tsx";

export interface PagedListProps<T> {
  label: string;
  list: Paged<T>;
  state: PagedState<T>;
  row: (item: T) => Child;
  /** What is said when there is nothing at all. */
  empty: { icon: IconShape; title: string; text: string };
  /** What is said when nothing matches; null where nothing is searched for. */
  clear: (() => void) | null;
  /** How many there are, in words. */
  count: (count: number, more: boolean) => string;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** Rows are list items with their key in `data-id`; what takes the focus in them has the class `name`, or comes first. */
export function PagedList<T>({ label, list, state, row, empty, clear, count, onKeyDown }: PagedListProps<T>) {
  const { a } = useAdminWords();
  const { items, status, error, cursor } = state;
  const rows = useRef<HTMLUListElement>(null);
  useFocusKept(rows, items.map(list.keyOf));
  const more = () => void list.more();
  const isThere = status === "ready" || status === "more";
  return (
    <div class="listing">
      {status === "loading" && <Waiting rows={5} />}
      {status === "failed" && <Failure error={error} retry={list.now} />}
      {isThere && items.length === 0 && cursor === null && clear === null && <Empty {...empty} />}
      {isThere && items.length === 0 && (cursor !== null || clear !== null) && (
        <Empty
          icon="search"
          title={cursor === null ? a.lists.foundNone : a.lists.foundNoneYet}
          text={cursor === null ? a.lists.foundNoneText : ""}
          action={cursor === null
            ? { label: a.lists.all, run: clear! }
            : { label: status === "more" ? a.loadingMore : a.searchOn, run: more }}
        />
      )}
      {items.length > 0 && (
        <ul ref={rows} class="rows card" aria-label={label} onKeyDown={onKeyDown}>{items.map(row)}</ul>
      )}
      {items.length > 0 && <Foot state={state} count={count(items.length, cursor !== null)} more={more} />}
    </div>
  );
}
