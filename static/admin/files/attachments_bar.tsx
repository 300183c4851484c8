/** In place of the filters while files are selected: what can be done to all of them. */
import type { Attachment } from "../../../client/mod.ts";
import { Icon } from "../../controls/icon.tsx";
import { useAdminWords } from "../words/admin_words.ts";
import type { AttachmentCommands, FilesState } from "./attachments_view.tsx";

export interface AttachmentsBarProps {
  selected: readonly Attachment[];
  state: FilesState;
  commands: AttachmentCommands;
  /** Null when all that are shown are selected. */
  selectAll: (() => void) | null;
  clear: () => void;
}

export function AttachmentsBar({ selected, state, commands, selectAll, clear }: AttachmentsBarProps) {
  const { m, format } = useAdminWords();
  const bytes = selected.reduce((sum, { size }) => sum + size, 0);
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
      {state === "live" && (
        <button
          type="button"
          class="button slim"
          onClick={() => commands.remove(selected)}
        >
          <Icon name="trash" />
          {m.list.delete}
        </button>
      )}
      {state !== "live" && (
        <button
          type="button"
          class="button slim"
          onClick={() => commands.restore(selected)}
        >
          <Icon name="restore" />
          {m.list.restore}
        </button>
      )}
      <button type="button" class="button slim" onClick={() => commands.purge(selected)}>
        <Icon name="trash" />
        {m.list.deleteForGood}
      </button>
    </div>
  );
}
