/** Files of all owners, selected and changed one by one or many at once; live ones or those that were deleted. */
import { type Child, useCallback, useLayoutEffect, useMemo, useRef, useState } from "hono/jsx/dom";
import type { Attachment } from "../../../client/mod.ts";
import { Confirm } from "../../controls/dialog.tsx";
import type { IconShape } from "../../controls/icon.tsx";
import { useStore } from "../../state/store.ts";
import { kept, NOTHING, type Selection, toggled } from "../../state/selection.ts";
import { PagedList } from "../parts/paged_list.tsx";
import { Section } from "../parts/section.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { type Paged, type Query, usePaged } from "../state/paged.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { AttachmentRow } from "./attachment_row.tsx";
import { AttachmentsBar } from "./attachments_bar.tsx";
import { FileFilters } from "./file_filters.tsx";
import { FileView } from "./file_view.tsx";

export type FilesState = "live" | "deleted" | "binned";

/** What can be done to files from a row, from many and from a file that is looked at. */
export interface AttachmentCommands {
  show(id: string): void;
  remove(files: readonly Attachment[]): void;
  restore(files: readonly Attachment[]): void;
  purge(files: readonly Attachment[]): void;
}

export interface AttachmentsViewProps {
  section: "files" | "bin";
  state: FilesState;
  list: Paged<Attachment>;
  about: string;
  empty: { icon: IconShape; title: string; text: string };
  /** Before the filters. */
  children?: Child;
}

export function AttachmentsView(
  { section, state: shownState, list, about, empty, children }: AttachmentsViewProps,
) {
  const { router, changes } = useAdmin();
  const { a } = useAdminWords();
  const filters = useStore(router.store, ({ query }) => query);
  const asked = queryOf(shownState, filters);
  const state = usePaged(list, asked);
  const { items } = state;
  const [chosen, setSelection] = useState<Selection>(NOTHING);
  const [shown, setShown] = useState<string | null>(null);
  const [asking, setAsking] = useState<{ what: "remove" | "purge"; files: readonly Attachment[] } | null>(
    null,
  );
  const ids = items.map(({ id }) => id);
  const selection = kept(chosen, ids);
  useLayoutEffect(() => {
    if (selection !== chosen) setSelection(selection);
  }, [selection]);
  const selected = items.filter(({ id }) => selection.ids.has(id));
  const latest = useRef({ selection, ids });
  latest.current = { selection, ids };
  const toggle = useCallback((id: string, range: boolean) => {
    const { selection, ids } = latest.current!;
    setSelection(toggled(selection, id, { shown: ids, range }));
  }, []);
  const commands = useMemo((): AttachmentCommands => ({
    show: setShown,
    remove: (files) => setAsking({ what: "remove", files }),
    restore: (files) => void changes.restore(files),
    purge: (files) => setAsking({ what: "purge", files }),
  }), []);
  const isFiltered = ["q", "owner", "businessType"].some((name) => filters[name] !== undefined);
  const { files: m } = a.lists;

  function onKeyDown(event: KeyboardEvent) {
    if (event.defaultPrevented) return; // A row's menu has it.
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("[data-id]");
    if (!row || target.closest("[role=menu]")) return;
    const near = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (near !== undefined) {
      event.preventDefault();
      near?.querySelector<HTMLElement>(".name")?.focus();
    } else if (event.key === "Delete") {
      const file = items.find(({ id }) => id === row.dataset.id)!;
      shownState === "live" ? commands.remove([file]) : commands.purge([file]);
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setSelection({ ids: new Set(ids), anchor: null });
    }
  }

  return (
    <Section title={a.sections[section]} about={about}>
      {selected.length === 0
        ? (
          <div class="toolbar">
            {children}
            <FileFilters query={filters} change={router.filter} />
          </div>
        )
        : (
          <AttachmentsBar
            selected={selected}
            state={shownState}
            commands={commands}
            selectAll={selected.length === items.length
              ? null
              : () => setSelection({ ids: new Set(ids), anchor: null })}
            clear={() => setSelection(NOTHING)}
          />
        )}
      <PagedList
        label={a.sections[section]}
        list={list}
        state={state}
        row={(file) => (
          <AttachmentRow
            key={file.id}
            file={file}
            section={section}
            selected={selection.ids.has(file.id)}
            toggle={toggle}
            commands={commands}
          />
        )}
        empty={empty}
        clear={isFiltered ? () => router.filter({ q: "", owner: "", businessType: "" }) : null}
        count={a.lists.counts.files}
        onKeyDown={onKeyDown}
      />
      {shown !== null && (
        <FileView
          id={shown}
          files={items}
          commands={commands}
          onClose={() => setShown(null)}
        />
      )}
      {asking && (
        <Confirm
          title={asking.what === "purge"
            ? m.purgeTitle(asking.files.length)
            : m.deleteTitle(asking.files.length)}
          text={asking.what === "purge" ? m.purgeText : m.deleteText}
          yes={asking.what === "purge" ? m.purgeYes : m.deleteYes}
          onYes={() => void changes[asking.what](asking.files)}
          onClose={() => setAsking(null)}
        />
      )}
    </Section>
  );
}

function queryOf(state: FilesState, { q, owner, businessType }: Query): Record<string, string> {
  const filters = Object.entries({ q, owner, businessType }).filter(([, value]) => value !== undefined);
  return { state, ...Object.fromEntries(filters) as Record<string, string> };
}
