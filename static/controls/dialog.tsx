/** Modal dialogs: the browser keeps the focus in them and gives it back. */
import { type Child, useId, useLayoutEffect, useRef } from "hono/jsx/dom";
import { useWords } from "../i18n/words.ts";

export interface DialogProps {
  title: string;
  onClose: () => void;
  class?: string;
  children: Child;
}

/** Open as long as it is drawn. A press of Escape or beside it closes it. */
export function Dialog({ title, onClose, class: className, children }: DialogProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current!;
    const before = document.activeElement;
    element.showModal();
    return () => {
      element.close();
      // The element is taken out of the page, so that the browser would forget where the focus was.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={className ?? "dialog"}
      aria-labelledby={id}
      onCancel={(event: Event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event: MouseEvent) => {
        if (event.target === dialog.current && isOutside(dialog.current!, event)) onClose();
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

function isOutside(element: HTMLElement, { clientX, clientY }: MouseEvent): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

export interface ConfirmProps {
  title: string;
  text: string;
  yes: string;
  no?: string;
  onYes: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone; the way back has the focus. */
export function Confirm({ title, text, yes, no, onYes, onClose }: ConfirmProps) {
  const { m } = useWords();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class="button" autofocus onClick={onClose}>{no ?? m.cancel}</button>
        <button
          type="button"
          class="button danger"
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {yes}
        </button>
      </div>
    </Dialog>
  );
}
