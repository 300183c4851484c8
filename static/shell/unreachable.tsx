/** In place of everything: the server did not answer when the page was opened. */
import { Icon } from "../controls/icon.tsx";
import { useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";

export function Unreachable() {
  const { session } = useFrame();
  const { m } = useWords();
  return (
    <section class="placard">
      <span class="emblem">
        <Icon name="offline" />
      </span>
      <h1>{m.connection.unreachableTitle}</h1>
      <p class="soft">{m.connection.unreachable}</p>
      <button type="button" class="button" onClick={() => void session.start()}>{m.tryAgain}</button>
    </section>
  );
}
