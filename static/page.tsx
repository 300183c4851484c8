/** The page: its state is made, and it is drawn. */
import { render } from "hono/jsx/dom";
import { App } from "./shell/app.tsx";
import { createPageState } from "./state/page_state.ts";

const hashWorkerUrl = document.querySelector<HTMLMetaElement>("meta[name=hash-worker]")?.content ?? null;
const state = createPageState({ hashWorkerUrl });

render(<App state={state} />, document.getElementById("page")!);
void state.site.load().catch(() => {}); // Without it the page is called by its default name.
void state.session.start();
