/** Short messages at the lower edge. */
import { useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";

export function ToastList() {
  const words = useWords();
  const { toasts } = useFrame();
  const shown = useStore(toasts.store);
  return (
    <div
      class="toasts"
      role="status"
      onMouseEnter={() => toasts.hold(true)}
      onMouseLeave={() => toasts.hold(false)}
      onFocusIn={() => toasts.hold(true)}
      onFocusOut={() => toasts.hold(false)}
    >
      {shown.map(({ id, text, undo, copy }) => (
        <div key={id} class="toast">
          <span>{text(words)}{copy !== undefined && <code class="copy">{copy}</code>}</span>
          {undo && (
            <button
              type="button"
              class="button quiet slim"
              onClick={() => {
                toasts.dismiss(id);
                undo();
              }}
            >
              {words.m.undo}
            </button>
          )}
          <button
            type="button"
            class="button quiet slim icon-only"
            aria-label={words.m.close}
            onClick={() => toasts.dismiss(id)}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
