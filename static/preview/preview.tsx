/** A file looked at: its content as far as that is safe, its facts, and what can be done to it. */
import { useEffect, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Dialog } from "../controls/dialog.tsx";
import { Icon, type IconName } from "../controls/icon.tsx";
import type { FileCommands } from "../files/files.tsx";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { Content } from "./content.tsx";
import { Details } from "./details.tsx";

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
    if (next) commands.show(next.id);
  };
  function onKeyDown(event: KeyboardEvent) {
    // Media and text have their own use for the arrows.
    if ((event.target as HTMLElement).closest("video, audio, pre, select, iframe")) return;
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  }

  return (
    <Dialog title={looked.fileName} class="preview" onClose={onClose}>
      <div class="frame" onKeyDown={onKeyDown}>
        <Actions attachment={looked} commands={commands} onClose={onClose} />
        <div class="stage">
          <Content key={looked.id} attachment={looked} />
        </div>
        <Step side="left" disabled={index <= 0} run={() => step(-1)} />
        <Step side="right" disabled={index < 0 || index >= items.length - 1} run={() => step(1)} />
        <Details attachment={looked} />
      </div>
    </Dialog>
  );
}

function Step({ side, disabled, run }: { side: "left" | "right"; disabled: boolean; run: () => void }) {
  const { m } = useWords();
  const label = side === "left" ? m.preview.previous : m.preview.next;
  return (
    <button
      type="button"
      class={`button quiet icon-only step ${side}`}
      title={label}
      aria-label={label}
      disabled={disabled}
      onClick={run}
    >
      <Icon name={side} />
    </button>
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

function Tool({ icon, label, run }: { icon: IconName; label: string; run: () => void }) {
  return (
    <button type="button" class="button quiet icon-only" title={label} aria-label={label} onClick={run}>
      <Icon name={icon} />
    </button>
  );
}
