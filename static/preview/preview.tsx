/** A file looked at: its content as far as that is safe, its facts, and what can be done to it. */
import { useEffect, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Icon } from "../controls/icon.tsx";
import type { FileCommands } from "../files/files.tsx";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { Details } from "./details.tsx";
import { PreviewDialog, Tool } from "./preview_dialog.tsx";

export interface PreviewProps {
  id: string;
  commands: FileCommands;
  onClose: () => void;
}

export function Preview({ id, commands, onClose }: PreviewProps) {
  const { list } = usePage();
  const items = useStore(list.store, ({ items }) => items);
  const index = items.findIndex((item) => item.id === id);
  const attachment = items[index];
  const [last, setLast] = useState<Attachment | null>(attachment ?? null);
  useEffect(() => {
    if (!attachment) onClose();
    else if (attachment !== last) setLast(attachment);
  }, [attachment]);
  const looked = attachment ?? last;
  if (!looked) return null;

  const step = (by: number) => {
    const next = items[index + by];
    return next ? () => commands.show(next.id) : null;
  };
  return (
    <PreviewDialog
      attachment={looked}
      previous={step(-1)}
      next={index < 0 ? null : step(1)}
      tools={<Actions attachment={looked} commands={commands} onClose={onClose} />}
      details={<Details attachment={looked} />}
      onClose={onClose}
    />
  );
}

function Actions({ attachment, commands, onClose }: Omit<PreviewProps, "id"> & { attachment: Attachment }) {
  const { actions, pawl } = usePage();
  const { m } = useWords();
  const isDeleted = attachment.deletedAt !== null;
  return (
    <div class="tools">
      {!isDeleted && (
        <>
          <a
            class="button quiet icon-only"
            href={pawl.attachments.contentUrl(attachment, { download: true })}
            download
            title={m.list.download}
            aria-label={m.list.downloadNamed(attachment.fileName)}
          >
            <Icon name="download" />
          </a>
          <Tool icon="link" label={m.list.copyLink} run={() => void actions.copyLink(attachment)} />
          <Tool icon="share" label={m.list.share} run={() => commands.share(attachment)} />
          <Tool icon="rename" label={m.list.rename} run={() => commands.rename(attachment)} />
        </>
      )}
      {isDeleted && (
        <Tool
          icon="restore"
          label={m.list.restore}
          run={() => void actions.restore([attachment])}
        />
      )}
      <Tool
        icon="trash"
        label={isDeleted ? m.list.deleteForGood : m.list.delete}
        run={() => commands.remove([attachment])}
      />
      <Tool icon="close" label={m.close} run={onClose} />
    </div>
  );
}
