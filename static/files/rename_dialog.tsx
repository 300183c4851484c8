/** Another name for a file. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { Dialog } from "../controls/dialog.tsx";
import { problemText, useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";

export function RenameDialog({ attachment, onClose }: { attachment: Attachment; onClose: () => void }) {
  const { actions } = usePage();
  const words = useWords();
  const { m } = words;
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);

  useLayoutEffect(() => {
    // The name without its extension is what people want to change.
    const { fileName, extension } = attachment;
    field.current!.focus();
    field.current!.setSelectionRange(0, fileName.length - extension.length);
  }, []);

  async function save(event: Event) {
    event.preventDefault();
    const name = field.current!.value.trim();
    if (name === attachment.fileName) return onClose();
    if (name === "") return setWrong(m.rename.empty);
    setBusy(true);
    try {
      await actions.rename(attachment, name);
      onClose();
    } catch (error) {
      setBusy(false);
      setWrong(problemText(words, error));
      field.current!.focus();
    }
  }

  return (
    <Dialog title={m.rename.title} onClose={onClose}>
      <form onSubmit={save}>
        <input
          ref={field}
          class="field"
          aria-label={m.rename.label}
          aria-invalid={String(wrong !== "")}
          aria-describedby="rename-wrong"
          value={attachment.fileName}
          maxLength={255}
          autocomplete="off"
        />
        <p id="rename-wrong" class="wrong" role="alert">{wrong}</p>
        <div class="actions">
          <button type="button" class="button" onClick={onClose}>{m.cancel}</button>
          <button type="submit" class="button main" disabled={busy}>{m.rename.save}</button>
        </div>
      </form>
    </Dialog>
  );
}
