/** A file of somebody's looked at: its content as far as that is safe, its facts, and what can be done to it. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import type { Attachment } from "../../../client/mod.ts";
import { Icon } from "../../controls/icon.tsx";
import { kindName } from "../../i18n/words.ts";
import { PreviewDialog, Tool } from "../../preview/preview_dialog.tsx";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";
import { historyOf } from "./attachment_row.tsx";
import type { AttachmentCommands } from "./attachments_view.tsx";

export interface FileViewProps {
  id: string;
  /** Those that it is looked at among. */
  files: readonly Attachment[];
  commands: AttachmentCommands;
  onClose: () => void;
}

export function FileView({ id, files, commands, onClose }: FileViewProps) {
  const index = files.findIndex((file) => file.id === id);
  const file = files[index];
  const [last] = useState(file);
  useLayoutEffect(() => {
    if (!file) onClose(); // It is gone from here.
  }, [file]);
  const looked = file ?? last;
  if (!looked) return null;
  const step = (by: number) => {
    const next = index < 0 ? undefined : files[index + by];
    return next ? () => commands.show(next.id) : null;
  };
  return (
    <PreviewDialog
      attachment={looked}
      previous={step(-1)}
      next={step(1)}
      tools={<Tools file={looked} commands={commands} onClose={onClose} />}
      details={<Facts file={looked} />}
      onClose={onClose}
    />
  );
}

function Tools(
  { file, commands, onClose }: Pick<FileViewProps, "commands" | "onClose"> & { file: Attachment },
) {
  const { pawl } = useAdmin();
  const { a, m } = useAdminWords();
  const isLive = file.deletedAt === null;
  return (
    <div class="tools">
      <a
        class="button quiet icon-only"
        href={pawl.attachments.contentUrl(file, { download: true })}
        download
        title={m.list.download}
        aria-label={m.list.downloadNamed(file.fileName)}
      >
        <Icon name="download" />
      </a>
      <a
        class="button quiet icon-only"
        href={historyOf(file.id)}
        title={a.lists.history}
        aria-label={a.lists.history}
        onClick={onClose}
      >
        <Icon name="shield" />
      </a>
      {isLive
        ? <Tool key="delete" icon="trash" label={m.list.delete} run={() => commands.remove([file])} />
        : <Tool key="restore" icon="restore" label={m.list.restore} run={() => commands.restore([file])} />}
      {!isLive && (
        <Tool
          key="purge"
          icon="trash"
          label={m.list.deleteForGood}
          run={() => commands.purge([file])}
        />
      )}
      <Tool key="close" icon="close" label={m.close} run={onClose} />
    </div>
  );
}

function Facts({ file }: { file: Attachment }) {
  const words = useAdminWords();
  const { a, m, format } = words;
  const { files: named } = a.lists;
  const facts: ([string, string] | null)[] = [
    [a.lists.owner, file.ownerId],
    [m.preview.size, format.bytes(file.size)],
    [m.preview.stored, format.full(file.createdAt)],
    file.deletedAt === null ? null : [named.deletedFact, format.full(file.deletedAt)],
    file.binnedAt === null ? null : [named.hiddenFact, format.full(file.binnedAt)],
    [m.preview.kind, kindName(words, file.businessType)],
    file.businessId === null ? null : [named.belongsTo, file.businessId],
    [m.preview.type, file.contentType],
    file.image === null ? null : [m.preview.pixels, `${file.image.width} × ${file.image.height}`],
    [m.preview.downloads, format.number(file.downloadCount)],
    [named.ownerSees, named.visibilities[file.visibility]],
    [named.identity, file.id],
  ];
  return (
    <dl class="details small">
      {facts.filter((fact) => fact !== null).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="figures">{value}</dd>
        </div>
      ))}
      <div class="wide">
        <dt>{m.preview.digest}</dt>
        <dd>
          <code>{file.sha256}</code>
        </dd>
      </div>
    </dl>
  );
}
