/** The uploader: its state is made, and it is drawn. */
import { render } from "hono/jsx/dom";
import { Frame } from "./shell/frame.tsx";
import { Home } from "./shell/home.tsx";
import { createPageState, PageProvider } from "./state/page_state.ts";

const hashWorkerUrl = document.querySelector<HTMLMetaElement>("meta[name=hash-worker]")?.content ?? null;
const state = createPageState({ hashWorkerUrl });

render(
  <PageProvider value={state}>
    <Frame state={state} home={Home} />
  </PageProvider>,
  document.getElementById("page")!,
);
void state.site.load().catch(() => {}); // Without it the page is called by its default name.
void state.session.start();
