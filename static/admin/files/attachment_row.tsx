/** One file of somebody's. */
import { memo } from "hono/jsx/dom";
import type { Attachment } from "../../../client/mod.ts";
import { Icon } from "../../controls/icon.tsx";
import { Menu, type MenuItem } from "../../controls/menu.tsx";
import { Thumbnail } from "../../files/thumbnail.tsx";
import { kindName } from "../../i18n/words.ts";
import { useStore } from "../../state/store.ts";
import { Owner } from "../parts/owner.tsx";
import { When } from "../parts/when.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { formatRoute } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";
import type { AttachmentCommands } from "./attachments_view.tsx";

export interface AttachmentRowProps {
  file: Attachment;
  section: "files" | "bin";
  selected: boolean;
  /** `range`: with the shift key. */
  toggle: (id: string, range: boolean) => void;
  commands: AttachmentCommands;
}

/** Drawn again only when the file or its selection changes: there may be hundreds. */
export const AttachmentRow = memo(Row);

function Row({ file, section, selected, toggle, commands }: AttachmentRowProps) {
  const { router } = useAdmin();
  const words = useAdminWords();
  const { a, m, format } = words;
  const { id, fileName, size, businessType, ownerId, createdAt, deletedAt, binnedAt } = file;
  const state = useStore(router.store, ({ query }) => query.state);
  const kind = businessType === "General" ? "" : kindName(words, businessType);
  return (
    <li class={selected ? "row file selected" : "row file"} data-id={id}>
      <input
        class="check"
        type="checkbox"
        checked={selected}
        aria-label={m.list.select(fileName)}
        onClick={(event: MouseEvent) => toggle(id, event.shiftKey)}
      />
      <Thumbnail attachment={file} />
      <div class="middle">
        <p class="line">
          <button
            type="button"
            class="name clip"
            title={fileName}
            aria-label={m.list.open(fileName)}
            onClick={() => commands.show(id)}
          >
            {fileName}
          </button>
          <Owner id={ownerId} section={section} query={state === undefined ? {} : { state }} />
        </p>
        <p class="meta soft small figures">
          <span>{format.bytes(size)}</span>
          {binnedAt !== null && <When iso={binnedAt} say={a.lists.files.hiddenAt} />}
          {deletedAt !== null && <When iso={deletedAt} say={a.lists.files.deletedAt} />}
          {deletedAt === null && <When iso={createdAt} say={a.lists.files.stored} />}
          {kind && <span>{kind}</span>}
        </p>
      </div>
      <RowMenu file={file} commands={commands} />
    </li>
  );
}

function RowMenu({ file, commands }: Pick<AttachmentRowProps, "file" | "commands">) {
  const { pawl } = useAdmin();
  const { a, m } = useAdminWords();
  const isLive = file.deletedAt === null;
  const items = (): MenuItem[] => [
    { label: m.list.show, icon: "eye", run: () => commands.show(file.id) },
    {
      label: m.list.download,
      icon: "download",
      href: pawl.attachments.contentUrl(file, { download: true }),
      download: true,
    },
    { label: a.lists.history, icon: "shield", href: historyOf(file.id) },
    isLive
      ? { label: m.list.delete, icon: "trash", danger: true, run: () => commands.remove([file]) }
      : { label: m.list.restore, icon: "restore", run: () => commands.restore([file]) },
    { label: m.list.deleteForGood, icon: "trash", danger: true, run: () => commands.purge([file]) },
  ];
  return (
    <Menu label={m.list.actions(file.fileName)} class="button quiet slim icon-only" items={items}>
      <Icon name="more" />
    </Menu>
  );
}

/** Where the audit tells all that happened to a file. */
export function historyOf(id: string): string {
  return formatRoute({ section: "audit", query: { targetKind: "attachment", targetId: id } });
}
