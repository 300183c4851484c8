/** Where files come in: dropped anywhere on the page, pasted, or chosen. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { Icon } from "../controls/icon.tsx";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { type Chosen, droppedFiles, pastedFile, plainFiles } from "./chosen_files.ts";
import { KindSelect } from "./kind_select.tsx";

export function DropZone() {
  const page = usePage();
  const { m, format } = useWords();
  const businessType = useStore(page.preferences, ({ businessType }) => businessType);
  const extensions = useStore(
    page.businessTypes.store,
    (types) => types.find(({ name }) => name === businessType)?.extensions ?? null,
  );
  const isQuiet = useStore(page.transfers.store, (all) => all.length === 0);
  const isEmpty = useStore(page.isEmpty);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  async function take(chosen: Chosen | Promise<Chosen>) {
    const { files, unreadable } = await chosen;
    if (unreadable > 0) page.toasts.show({ text: ({ m }) => m.drop.unreadable(unreadable) });
    else if (files.length === 0) page.toasts.show({ text: ({ m }) => m.drop.nothing });
    page.transfers.add(files, { businessType: page.preferences.get().businessType });
  }
  function onChosen({ target }: Event) {
    const input = target as HTMLInputElement;
    void take(plainFiles(input.files ?? []));
    // Choosing the same file again is a change, too.
    input.value = "";
  }

  useLayoutEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      const pasted = [...event.clipboardData?.files ?? []];
      if (pasted.length === 0) return;
      event.preventDefault();
      const name = m.drop.pastedName(format.full(new Date().toISOString()).replaceAll(":", "."));
      void take(plainFiles(pasted.map((file) => pastedFile(file, name))));
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [m, format]);

  const roomy = isQuiet && isEmpty;
  return (
    <section class={roomy ? "drop roomy" : "drop"} aria-label={m.drop.title}>
      <span class="emblem" aria-hidden="true">
        <Icon name="upload" />
      </span>
      <div class="words">
        <p class="title">{roomy ? m.drop.title : m.drop.compact}</p>
        {roomy && <p class="soft small">{m.drop.hint}</p>}
      </div>
      <div class="choices">
        <button type="button" class="button main" onClick={() => files.current!.click()}>
          {m.drop.chooseFiles}
        </button>
        <button type="button" class="button" onClick={() => folder.current!.click()}>
          <Icon name="folder" />
          {m.drop.chooseFolder}
        </button>
      </div>
      <KindSelect />
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-files
        accept={extensions?.join(",")}
        onChange={onChosen}
      />
      <input ref={folder} type="file" webkitdirectory="" hidden data-folder onChange={onChosen} />
      <DropTarget onDrop={(data) => void take(droppedFiles(data))} />
    </section>
  );
}

/** The whole window takes files: one that misses the field must not replace the page. */
function DropTarget({ onDrop }: { onDrop: (data: DataTransfer) => void }) {
  const { m } = useWords();
  const [over, setOver] = useState(false);
  const latest = useRef(onDrop);
  latest.current = onDrop;
  useLayoutEffect(() => {
    const onDragOver = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const open = document.querySelector("dialog[open]") !== null;
      event.dataTransfer.dropEffect = open ? "none" : "copy";
      setOver(!open);
    };
    const onDragLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDropped = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(false);
      if (document.querySelector("dialog[open]") === null) latest.current!(event.dataTransfer);
    };
    addEventListener("dragover", onDragOver);
    addEventListener("dragleave", onDragLeave);
    addEventListener("drop", onDropped);
    return () => {
      removeEventListener("dragover", onDragOver);
      removeEventListener("dragleave", onDragLeave);
      removeEventListener("drop", onDropped);
    };
  }, []);
  return (
    <div class="drop-target" hidden={!over} aria-hidden="true">
      <p>
        <Icon name="upload" />
        {m.drop.here}
      </p>
    </div>
  );
}
