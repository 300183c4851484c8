/** In place of the toolbar while files are selected: what can be done to all of them. */
import type { Attachment } from "../../client/mod.ts";
import { Icon } from "../controls/icon.tsx";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import type { FileCommands } from "./files.tsx";

export interface SelectionBarProps {
  selected: readonly Attachment[];
  commands: FileCommands;
  /** Null when all that are shown are selected. */
  selectAll: (() => void) | null;
  clear: () => void;
}

export function SelectionBar({ selected, commands, selectAll, clear }: SelectionBarProps) {
  const { actions } = usePage();
  const { m, format } = useWords();
  const bytes = selected.reduce((sum, { size }) => sum + size, 0);
  const isBin = selected[0]!.deletedAt !== null;
  return (
    <div class="toolbar selected" role="group" aria-label={m.list.selected(selected.length)}>
      <button
        type="button"
        class="button quiet slim icon-only"
        title={m.list.clearSelection}
        aria-label={m.list.clearSelection}
        onClick={clear}
      >
        <Icon name="close" />
      </button>
      <p class="count figures" role="status">
        {m.list.selected(selected.length)}
        <span class="soft small aside">{format.bytes(bytes)}</span>
      </p>
      {selectAll && (
        <button type="button" class="button quiet slim" onClick={selectAll}>{m.list.selectAll}</button>
      )}
      {!isBin && (
        <button type="button" class="button slim" onClick={() => void actions.zip(selected)}>
          <Icon name="download" />
          {m.list.zip}
        </button>
      )}
      {isBin && (
        <button type="button" class="button slim" onClick={() => void actions.restore(selected)}>
          <Icon name="restore" />
          {m.list.restore}
        </button>
      )}
      <button type="button" class="button slim" onClick={() => commands.remove(selected)}>
        <Icon name="trash" />
        {isBin ? m.list.deleteForGood : m.list.delete}
      </button>
    </div>
  );
}
