/** The frame of the page: who sees what. */
import { ErrorBoundary, useLayoutEffect, useState } from "hono/jsx/dom";
import { Notice } from "../controls/notice.tsx";
import { ToastList } from "../controls/toasts.tsx";
import { loadWords, useWords, type Words, WordsProvider } from "../i18n/words.ts";
import { PageProvider, type PageState, usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { ConnectionNotice } from "./connection_notice.tsx";
import { Home } from "./home.tsx";
import { SignIn } from "./sign_in.tsx";
import { TopBar } from "./top_bar.tsx";
import { Unreachable } from "./unreachable.tsx";

const RETRY_MS = 1000;

export function App({ state }: { state: PageState }) {
  const language = useStore(state.preferences, ({ language }) => language);
  const [words, setWords] = useState<Words | null>(null);
  const [tries, setTries] = useState(1);
  useLayoutEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    loadWords(language, Date.now).then((loaded) => current && setWords(loaded), () => {
      // With another language on the page, that one stays.
      if (current && words === null) timer = setTimeout(() => setTries((count) => count + 1), RETRY_MS);
    });
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [language, tries]);
  if (words === null) return null;
  return (
    <PageProvider value={state}>
      <WordsProvider value={words}>
        <ErrorBoundary fallbackRender={() => <Crashed />} onError={(error) => console.error(error)}>
          <TopBar />
          <Main />
          <ToastList />
        </ErrorBoundary>
      </WordsProvider>
    </PageProvider>
  );
}

function Main() {
  const { session } = usePage();
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
