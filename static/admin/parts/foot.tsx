/** The end of a list: how much is there, and more of it. */
import { Notice } from "../../controls/notice.tsx";
import type { PagedState } from "../state/paged.ts";
import { adminProblem, useAdminWords } from "../words/admin_words.ts";

export interface FootProps<T> {
  state: PagedState<T>;
  /** How many there are, in words. */
  count: string;
  more: () => void;
}

export function Foot<T>({ state: { cursor, status, error, items }, count, more }: FootProps<T>) {
  const words = useAdminWords();
  const { a } = words;
  return (
    <footer class="foot">
      {error !== null && items.length > 0 && (
        <Notice kind="warn">{a.stale(adminProblem(words, error))}</Notice>
      )}
      <p class="soft small figures">{count}</p>
      {cursor !== null && (
        <button type="button" class="button slim" disabled={status === "more"} onClick={more}>
          {status === "more" ? a.loadingMore : a.showMore}
        </button>
      )}
    </footer>
  );
}
