/** The dialog for links, fetched when it is first asked for. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import type { Attachment } from "../../client/mod.ts";
import { problemText } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import type { ShareDialog } from "./share_dialog.tsx";

export function Share(props: { attachment: Attachment; onClose: () => void }) {
  const { toasts } = useFrame();
  const [loaded, setLoaded] = useState<{ Dialog: typeof ShareDialog } | null>(null);
  useLayoutEffect(() => {
    import("./share_dialog.tsx").then(
      ({ ShareDialog }) => setLoaded({ Dialog: ShareDialog }),
      (error) => {
        toasts.show({ text: (words) => problemText(words, error) });
        props.onClose();
      },
    );
  }, []);
  return loaded && <loaded.Dialog {...props} />;
}
