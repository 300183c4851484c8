/** Says that the server cannot be reached, as long as that is so. */
import { Notice } from "../controls/notice.tsx";
import { useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";

export function ConnectionNotice() {
  const { connectivity, session } = useFrame();
  const { m } = useWords();
  const reachable = useStore(connectivity.reachable);
  const kind = useStore(session.store, ({ kind }) => kind);
  // Before anybody is known the whole page says so.
  if (reachable || kind === "unreachable") return null;
  return <Notice kind="warn" icon="offline">{m.connection.offline}</Notice>;
}
