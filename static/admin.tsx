/** The administrators' page: its state is made, and it is drawn. */
import { render } from "hono/jsx/dom";
import { AdminHome } from "./admin/shell/admin_home.tsx";
import { AdminProvider, createAdminState } from "./admin/state/admin_state.ts";
import { Frame } from "./shell/frame.tsx";

const state = createAdminState();

render(
  <AdminProvider value={state}>
    <Frame state={state} home={AdminHome} />
  </AdminProvider>,
  document.getElementById("page")!,
);
void state.site.load().catch(() => {}); // Without it the page is called by its default name.
void state.session.start();
