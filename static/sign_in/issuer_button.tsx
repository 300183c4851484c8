/** Signing in at the issuer, where there is one. */
import { useState } from "hono/jsx/dom";
import { Notice } from "../controls/notice.tsx";
import { useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";
import { SignInFailed } from "./failure.ts";
import { beginSignIn } from "./flow.ts";

export function IssuerButton() {
  const { session, site, waiting: inThisWindow } = useFrame();
  const { m } = useWords();
  const issuer = useStore(site.store, ({ issuer }) => issuer);
  const waiting = useStore(inThisWindow) > 0;
  const answered = useStore(session.store, (state) => state.kind === "out" ? state.failure : null);
  const [failure, setFailure] = useState<SignInFailed | null>(answered);
  const [leaving, setLeaving] = useState(false);
  if (issuer === null) return null;
  const label = m.signIn.with(new URL(issuer).host);

  async function leave() {
    setLeaving(true);
    setFailure(null);
    try {
      await beginSignIn();
    } catch (error) {
      setFailure(error instanceof SignInFailed ? error : new SignInFailed("failed", "", error));
    }
    setLeaving(false);
  }

  return (
    <div class="issuer">
      {failure && (
        <Notice kind="bad">
          {m.signIn.failures[failure.code]}
          {failure.detail !== "" && failure.code === "failed" && <>{" "}({failure.detail})</>}
        </Notice>
      )}
      {waiting
        // To leave would lose the files that wait here; this tab goes on when it is looked at again.
        ? (
          <p>
            <a class="button main" href={location.pathname} target="_blank">{label}</a>
            <span class="soft small">{m.signIn.inNewTab}</span>
          </p>
        )
        : (
          <p>
            <button type="button" class="button main" disabled={leaving} onClick={leave}>{label}</button>
          </p>
        )}
    </div>
  );
}
