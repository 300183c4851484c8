/** The stored files, or what is in the recycle bin. */
import { useLayoutEffect, useMemo, useRef, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Confirm } from "../controls/dialog.tsx";
import { useWords } from "../i18n/words.ts";
import { Preview } from "../preview/preview.tsx";
import { usePage } from "../state/page_state.ts";
import { kept, NOTHING, type Selection } from "../state/selection.ts";
import { useStore } from "../state/store.ts";
import { Share } from "../share/share.tsx";
import { FileRows } from "./file_rows.tsx";
import { RenameDialog } from "./rename_dialog.tsx";
import { SelectionBar } from "./selection_bar.tsx";
import { Toolbar } from "./toolbar.tsx";

/** What can be done to a file from its row and from its preview. */
export interface FileCommands {
  show(id: string): void;
  rename(attachment: Attachment): void;
  /** Links for people without an account. */
  share(attachment: Attachment): void;
  /** Into the recycle bin, or for good when it is there. */
  remove(attachments: readonly Attachment[]): void;
}

export function Files() {
  const { list, actions } = usePage();
  const { m } = useWords();
  const { items, view } = useStore(list.store);
  const [chosen, setSelection] = useState<Selection>(NOTHING);
  const [shown, setShown] = useState<string | null>(null);
  const [renaming, setRenaming] = useState<Attachment | null>(null);
  const [sharing, setSharing] = useState<Attachment | null>(null);
  const [purging, setPurging] = useState<readonly Attachment[]>([]);
  const selection = kept(chosen, items.map(({ id }) => id));
  // What is gone from the list does not come back selected.
  useLayoutEffect(() => {
    if (selection !== chosen) setSelection(selection);
  }, [selection]);
  const selected = items.filter(({ id }) => selection.ids.has(id));

  const latest = useRef({ view, shown });
  latest.current = { view, shown };
  const commands = useMemo((): FileCommands => ({
    show: setShown,
    rename: setRenaming,
    share: setSharing,
    remove(attachments) {
      const { view, shown } = latest.current!;
      if (view.state === "deleted") return setPurging(attachments);
      if (attachments.some(({ id }) => id === shown)) setShown(null);
      void actions.remove(attachments);
    },
  }), []);

  const selectAll = () => setSelection({ ids: new Set(items.map(({ id }) => id)), anchor: null });

  return (
    <section class="files" aria-labelledby="files-title">
      <h2 id="files-title" class="unseen">{m.list.title}</h2>
      {selected.length === 0 ? <Toolbar /> : (
        <SelectionBar
          selected={selected}
          commands={commands}
          selectAll={selected.length === items.length ? null : selectAll}
          clear={() => setSelection(NOTHING)}
        />
      )}
      <FileRows selection={selection} select={setSelection} commands={commands} />
      {shown !== null && <Preview id={shown} commands={commands} onClose={() => setShown(null)} />}
      {sharing && <Share attachment={sharing} onClose={() => setSharing(null)} />}
      {renaming && <RenameDialog attachment={renaming} onClose={() => setRenaming(null)} />}
      {purging.length > 0 && (
        <Confirm
          title={m.purge.title(purging.length)}
          text={purging.length === 1 ? m.purge.textOne(purging[0]!.fileName) : m.purge.text}
          yes={m.list.deleteForGood}
          onYes={() => void actions.purge(purging)}
          onClose={() => setPurging([])}
        />
      )}
    </section>
  );
}
