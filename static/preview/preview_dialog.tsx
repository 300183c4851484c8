/** The dialog in which a file is looked at, with what stands around its content. */
import type { Child } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Dialog } from "../controls/dialog.tsx";
import { Icon, type IconName } from "../controls/icon.tsx";
import { useWords } from "../i18n/words.ts";
import { Content } from "./content.tsx";

export interface PreviewDialogProps {
  attachment: Attachment;
  /** To the file before and to the next one; null: there is none. */
  previous: (() => void) | null;
  next: (() => void) | null;
  tools: Child;
  details: Child;
  onClose: () => void;
}

export function PreviewDialog({ attachment, previous, next, tools, details, onClose }: PreviewDialogProps) {
  function onKeyDown(event: KeyboardEvent) {
    // Media and text have their own use for the arrows.
    if ((event.target as HTMLElement).closest("video, audio, pre, select, iframe")) return;
    if (event.key === "ArrowLeft") previous?.();
    if (event.key === "ArrowRight") next?.();
  }
  return (
    <Dialog title={attachment.fileName} class="preview" onClose={onClose}>
      <div class="frame" onKeyDown={onKeyDown}>
        {tools}
        <div class="stage">
          <Content key={attachment.id} attachment={attachment} />
        </div>
        <Step side="left" run={previous} />
        <Step side="right" run={next} />
        {details}
      </div>
    </Dialog>
  );
}

function Step({ side, run }: { side: "left" | "right"; run: (() => void) | null }) {
  const { m } = useWords();
  const label = side === "left" ? m.preview.previous : m.preview.next;
  return (
    <button
      type="button"
      class={`button quiet icon-only step ${side}`}
      title={label}
      aria-label={label}
      disabled={run === null}
      onClick={() => run?.()}
    >
      <Icon name={side} />
    </button>
  );
}

export function Tool({ icon, label, run }: { icon: IconName; label: string; run: () => void }) {
  return (
    <button type="button" class="button quiet icon-only" title={label} aria-label={label} onClick={run}>
      <Icon name={icon} />
    </button>
  );
}
