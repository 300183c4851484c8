/** The rows of the list, with what stands in their place while there are none. */
import { useCallback, useLayoutEffect, useRef } from "hono/jsx/dom";
import { Icon } from "../controls/icon.tsx";
import { Notice } from "../controls/notice.tsx";
import { problemText, useWords } from "../i18n/words.ts";
import type { ListState } from "../state/file_list.ts";
import { usePage } from "../state/page_state.ts";
import { type Selection, toggled } from "../state/selection.ts";
import { useStore } from "../state/store.ts";
import { FileRow } from "./file_row.tsx";
import type { FileCommands } from "./files.tsx";
import { useFocusKept } from "./focus_kept.ts";

export interface FileRowsProps {
  selection: Selection;
  select: (selection: Selection) => void;
  commands: FileCommands;
}

export function FileRows({ selection, select, commands }: FileRowsProps) {
  const { list } = usePage();
  const words = useWords();
  const { m } = words;
  const state = useStore(list.store);
  const { items, status, cursor, view } = state;
  const rows = useRef<HTMLUListElement>(null);
  const shown = items.map(({ id }) => id);
  const latest = useRef({ selection, shown });
  latest.current = { selection, shown };
  const toggle = useCallback((id: string, range: boolean) => {
    const { selection, shown } = latest.current!;
    select(toggled(selection, id, { shown, range }));
  }, []);

  useFocusKept(rows, shown);

  if (status === "loading") return <Placeholder />;
  if (status === "failed") {
    return (
      <Notice kind="bad" action={{ label: m.tryAgain, run: () => void list.refresh() }}>
        {m.list.failed(problemText(words, state.error))}
      </Notice>
    );
  }
  if (items.length === 0) return <Empty state={state} />;

  function onKeyDown(event: KeyboardEvent) {
    if (event.defaultPrevented) return; // A row's menu has it.
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-id]");
    const attachment = items.find(({ id }) => id === row?.dataset.id);
    if (!row || !attachment || (event.target as HTMLElement).closest("[role=menu]")) return;
    const near = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (near !== undefined) {
      event.preventDefault();
      near?.querySelector<HTMLElement>(".name")?.focus();
    } else if (event.key === "Delete") commands.remove([attachment]);
    else if (event.key === "F2" && attachment.deletedAt === null) commands.rename(attachment);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      select({ ids: new Set(shown), anchor: null });
    }
  }

  return (
    <div class="list">
      <ul ref={rows} class="rows card" aria-label={m.list[view.state]} onKeyDown={onKeyDown}>
        {items.map((attachment) => (
          <FileRow
            key={attachment.id}
            attachment={attachment}
            selected={selection.ids.has(attachment.id)}
            toggle={toggle}
            commands={commands}
          />
        ))}
      </ul>
      <footer class="foot">
        <p class="soft small figures" role={view.q === "" ? undefined : "status"}>
          {view.q === ""
            ? m.list.count(items.length, cursor !== null)
            : m.list.found(items.length, cursor !== null)}
        </p>
        {cursor !== null && <More status={status} />}
      </footer>
    </div>
  );
}

/** The next page, fetched when this comes near; and a button for those who do not scroll. */
function More({ status }: { status: ListState["status"] }) {
  const { list } = usePage();
  const { m } = useWords();
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const observer = new IntersectionObserver(([entry]) => {
      if (entry!.isIntersecting) void list.more();
    }, { rootMargin: "400px" });
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, [status]);
  return (
    <button
      ref={button}
      type="button"
      class="button slim"
      disabled={status === "more"}
      onClick={() => void list.more()}
    >
      {status === "more" ? m.loading : m.list.showMore}
    </button>
  );
}

function Placeholder() {
  const { m } = useWords();
  return (
    <div class="rows card waiting" role="status" aria-label={m.loading}>
      {[1, 2, 3].map((row) => (
        <div key={row} class="row">
          <span class="blank tile" />
          <span class="blank text" />
        </div>
      ))}
    </div>
  );
}

function Empty({ state: { view } }: { state: ListState }) {
  const { list } = usePage();
  const { m } = useWords();
  const isSearch = view.q !== "";
  const isFiltered = isSearch || view.businessType !== "";
  const isBin = view.state === "deleted";
  const [title, text] = isSearch
    ? [m.list.emptySearch, m.list.emptySearchText]
    : isFiltered
    ? [m.list.emptyKind, m.list.emptyKindText]
    : isBin
    ? [m.list.emptyBin, m.list.emptyBinText]
    : [m.list.empty, m.list.emptyText];
  return (
    <div class="placard">
      <span class="emblem" aria-hidden="true">
        <Icon name={isFiltered ? "search" : isBin ? "trash" : "folder"} />
      </span>
      <p class="title">{title}</p>
      <p class="soft small">{text}</p>
      {isFiltered && (
        <button
          type="button"
          class="button slim"
          onClick={() => list.show({ q: "", businessType: "" })}
        >
          {m.list.clearFilters}
        </button>
      )}
    </div>
  );
}
