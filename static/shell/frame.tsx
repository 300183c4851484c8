/** The frame of every page: who sees what. */
import { ErrorBoundary, type FC } from "hono/jsx/dom";
import { Notice } from "../controls/notice.tsx";
import { ToastList } from "../controls/toasts.tsx";
import { useLoaded } from "../i18n/use_loaded.ts";
import { loadWords, useWords, WordsProvider } from "../i18n/words.ts";
import { FrameProvider, type FrameState, useFrame } from "../state/frame_state.ts";
import { useStore } from "../state/store.ts";
import { ConnectionNotice } from "./connection_notice.tsx";
import { SignIn } from "./sign_in.tsx";
import { TopBar } from "./top_bar.tsx";
import { Unreachable } from "./unreachable.tsx";

export interface FrameProps {
  state: FrameState;
  /** What somebody who is signed in sees. */
  home: FC;
}

export function Frame({ state, home }: FrameProps) {
  const language = useStore(state.preferences, ({ language }) => language);
  const words = useLoaded((language) => loadWords(language, Date.now), language);
  if (words === null) return null;
  return (
    <FrameProvider value={state}>
      <WordsProvider value={words}>
        <ErrorBoundary fallbackRender={() => <Crashed />} onError={(error) => console.error(error)}>
          <TopBar />
          <Main home={home} />
          <ToastList />
        </ErrorBoundary>
      </WordsProvider>
    </FrameProvider>
  );
}

function Main({ home: Home }: Pick<FrameProps, "home">) {
  const { session } = useFrame();
  const { m } = useWords();
  const kind = useStore(session.store, ({ kind }) => kind);
  return (
    <main id="content" tabindex={-1} aria-busy={String(kind === "asking")}>
      <ConnectionNotice />
      {kind === "asking" && <p class="unseen">{m.loading}</p>}
      {kind === "unreachable" && <Unreachable />}
      {kind === "out" && <SignIn />}
      {kind === "in" && <Home />}
    </main>
  );
}

/** A defect of ours: better said than an empty page. */
function Crashed() {
  const { m } = useWords();
  return (
    <main>
      <Notice kind="bad" action={{ label: m.connection.reload, run: () => location.reload() }}>
        {m.connection.crashed}
      </Notice>
    </main>
  );
}
