/** One stored file. */
import { memo } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Icon } from "../controls/icon.tsx";
import { Menu, type MenuItem } from "../controls/menu.tsx";
import { kindName, useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import type { FileCommands } from "./files.tsx";
import { Thumbnail } from "./thumbnail.tsx";

export interface FileRowProps {
  attachment: Attachment;
  selected: boolean;
  /** `range`: with the shift key. */
  toggle: (id: string, range: boolean) => void;
  commands: FileCommands;
}

/** Drawn again only when the file or its selection changes: there may be hundreds. */
export const FileRow = memo(Row);

function Row({ attachment, selected, toggle, commands }: FileRowProps) {
  const { pawl } = usePage();
  const words = useWords();
  const { m, format } = words;
  const { id, fileName, size, businessType, createdAt, deletedAt } = attachment;
  const kind = businessType === "General" ? "" : kindName(words, businessType);
  const time = deletedAt === null ? format.moment(createdAt) : m.list.deletedAt(format.moment(deletedAt));
  return (
    <li class={selected ? "row selected" : "row"} data-id={id}>
      <input
        class="check"
        type="checkbox"
        checked={selected}
        aria-label={m.list.select(fileName)}
        onClick={(event: MouseEvent) => toggle(id, event.shiftKey)}
      />
      <Thumbnail attachment={attachment} />
      <div class="middle">
        <button
          type="button"
          class="name clip"
          title={fileName}
          aria-label={m.list.open(fileName)}
          onClick={() => commands.show(id)}
        >
          {fileName}
        </button>
        <p class="meta soft small figures">
          <span class="size">{format.bytes(size)}</span>
          <time datetime={deletedAt ?? createdAt} title={format.full(deletedAt ?? createdAt)}>{time}</time>
          {kind && <span class="badge">{kind}</span>}
        </p>
      </div>
      {deletedAt === null && (
        <a
          class="button quiet slim icon-only fetch"
          href={pawl.attachments.contentUrl(attachment, { download: true })}
          download
          title={m.list.download}
          aria-label={m.list.downloadNamed(fileName)}
        >
          <Icon name="download" />
        </a>
      )}
      <RowMenu attachment={attachment} commands={commands} />
    </li>
  );
}

function RowMenu({ attachment, commands }: Pick<FileRowProps, "attachment" | "commands">) {
  const { pawl, actions } = usePage();
  const { m } = useWords();
  const live = (): MenuItem[] => [
    { label: m.list.show, icon: "eye", run: () => commands.show(attachment.id) },
    {
      label: m.list.download,
      icon: "download",
      href: pawl.attachments.contentUrl(attachment, { download: true }),
      download: true,
    },
    { label: m.list.copyLink, icon: "link", run: () => void actions.copyLink(attachment) },
    { label: m.list.share, icon: "share", run: () => commands.share(attachment) },
    { label: m.list.rename, icon: "rename", run: () => commands.rename(attachment) },
    { label: m.list.delete, icon: "trash", danger: true, run: () => commands.remove([attachment]) },
  ];
  const deleted = (): MenuItem[] => [
    { label: m.list.restore, icon: "restore", run: () => void actions.restore([attachment]) },
    { label: m.list.show, icon: "eye", run: () => commands.show(attachment.id) },
    { label: m.list.deleteForGood, icon: "trash", danger: true, run: () => commands.remove([attachment]) },
  ];
  return (
    <Menu
      label={m.list.actions(attachment.fileName)}
      class="button quiet slim icon-only"
      items={attachment.deletedAt === null ? live : deleted}
    >
      <Icon name="more" />
    </Menu>
  );
}
