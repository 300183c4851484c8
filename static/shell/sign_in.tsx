/** For whoever is not signed in: the issuer, where there is one, and where the link comes from. */
import { Icon } from "../controls/icon.tsx";
import { Notice } from "../controls/notice.tsx";
import { problemText, useWords } from "../i18n/words.ts";
import { IssuerButton } from "../sign_in/issuer_button.tsx";
import { useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";

export function SignIn() {
  const { session, site, waiting: inThisWindow } = useFrame();
  const words = useWords();
  const { m } = words;
  const state = useStore(session.store);
  const waiting = useStore(inThisWindow);
  const atIssuer = useStore(site.store, ({ issuer }) => issuer !== null);
  if (state.kind !== "out") return null;
  return (
    <section class="sign-in">
      {state.ended && (
        <Notice kind="warn">
          {m.signIn.ended}
          {waiting > 0 && <>{" "}{m.signIn.kept(waiting)}</>}
        </Notice>
      )}
      {state.error && <Notice kind="bad">{problemText(words, state.error)}</Notice>}
      <h1>{atIssuer ? m.signIn.heading : m.signIn.title}</h1>
      <p class="lead">{m.signIn.about}</p>
      <IssuerButton />
      {atIssuer && <p class="soft">{m.signIn.or}</p>}
      <p>{m.signIn.how}</p>
      <h2>{m.signIn.where}</h2>
      <ul class="ways">
        <li>
          <Icon name="code" />
          <span>{m.signIn.terminal}</span>
        </li>
        <li>
          <Icon name="person" />
          <span>
            {m.signIn.command}
            <code>deno task token --user alice --link</code>
          </span>
        </li>
      </ul>
      <p class="soft small">{m.signIn.expired}</p>
    </section>
  );
}
