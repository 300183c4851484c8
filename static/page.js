/** The page: signing in by a link, sending files, the list. */
import { call } from "./api.js";
import { newUpload } from "./upload.js";
import { byId, fileRow, showNotice, showToast, uploadRow } from "./view.js";

const RENEW_MS = 30 * 60_000;
const PAGE_ROWS = 25;

// --- Signing in -----------------------------------------------------------------------------------------------------

/** The link's token; it leaves the address bar, and so the history, before anything else happens. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

async function start() {
  showNotice(null);
  const token = takeToken();
  try {
    const session = token === null
      ? await call("GET", "/api/v1/session")
      : await call("POST", "/api/v1/session", { token });
    await enter(session.body);
  } catch (error) {
    // Nobody is signed in: that is no mistake, unless a link was meant to.
    if (error.status === 401 && token === null) return leave();
    showNotice(error);
    if (byId("home").hidden) leave();
  }
}

async function enter({ user, expiresAt }) {
  const signingIn = expiresAt !== null;
  const role = user.role === "admin" ? "administrator" : "";
  byId("who").textContent = [user.name || user.id, signingIn ? role : "signing in is off"].filter(Boolean)
    .join(", ");
  byId("sign-out").hidden = !signingIn;
  byId("account").hidden = false;
  byId("welcome").hidden = true;
  byId("home").hidden = false;
  await showFirstPage();
}

function leave() {
  byId("account").hidden = true;
  byId("home").hidden = true;
  byId("welcome").hidden = false;
  byId("files").replaceChildren();
}

/** Runs what a person asked for; what is refused is told in the server's words. */
async function act(work) {
  try {
    showNotice(null);
    await work();
  } catch (error) {
    showNotice(error);
    if (error.status === 401) leave();
  }
}

byId("sign-out").addEventListener("click", () =>
  act(async () => {
    for (const sending of [...queue, ...(current ? [current] : [])]) sending.cancel();
    await call("DELETE", "/api/v1/session");
    byId("uploads").replaceChildren();
    tellSending();
    leave();
    byId("welcome-title").focus();
  }));

/** A page that is open stays signed in, up to the server's limit. */
setInterval(() => {
  if (byId("home").hidden || byId("sign-out").hidden) return;
  call("POST", "/api/v1/session").catch((error) => {
    if (error.status !== 401) return; // Tried again next time.
    showNotice(error);
    leave();
  });
}, RENEW_MS);

// --- The list -------------------------------------------------------------------------------------------------------

let nextCursor = null;

async function showPage(cursor) {
  const query = new URLSearchParams({ limit: PAGE_ROWS, ...(cursor === null ? {} : { cursor }) });
  const { body } = await call("GET", `/api/v1/attachments?${query}`);
  const rows = body.items.map(rowOf);
  if (cursor === null) byId("files").replaceChildren(...rows);
  else byId("files").append(...rows);
  nextCursor = body.cursor;
  byId("more").hidden = nextCursor === null;
  tellEmpty();
  return rows;
}

const showFirstPage = () => showPage(null);

function tellEmpty() {
  byId("empty").hidden = byId("files").children.length > 0;
}

const rowOf = (attachment) => fileRow(attachment, (row) => act(() => remove(attachment, row)));

async function remove({ id, fileName }, row) {
  await call("DELETE", `/api/v1/attachments/${id}`);
  const neighbour = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  tellEmpty();
  (neighbour?.querySelector(".delete") ?? byId("files-title")).focus();
  const undo = async () => {
    await call("POST", `/api/v1/attachments/${id}/restore`);
    await showFirstPage();
  };
  showToast(`“${fileName}” is in the recycle bin.`, { label: "Undo", run: () => act(undo) });
}

byId("more").addEventListener("click", () =>
  act(async () => {
    const [first] = await showPage(nextCursor);
    first?.querySelector(".name").focus();
  }));

// --- Sending --------------------------------------------------------------------------------------------------------

/** One file after the other, each with several pieces on their way. */
const queue = [];
let current = null;

function tellSending() {
  byId("sending").hidden = byId("uploads").children.length === 0;
}

function addFile(file) {
  const stop = new AbortController();
  const upload = newUpload(file, (bytes, waiting) => row.progress(bytes, waiting));
  const sending = {
    signal: stop.signal,
    upload,
    cancel() {
      stop.abort();
      const waiting = queue.indexOf(sending);
      if (waiting >= 0) queue.splice(waiting, 1);
      row.element.remove();
      tellSending();
      byId("choose").focus();
      upload.discard().catch(() => {}); // It expires by itself.
    },
    fail(error) {
      // Expired, cancelled elsewhere, wrong type or size: there is nothing to go on with.
      row.fail(error, error.status >= 400 && error.status < 500 && error.status !== 401 && !error.passing);
    },
    done(attachment) {
      if (row.element.contains(document.activeElement)) byId("files-title").focus();
      row.element.remove();
      tellSending();
      byId("files").prepend(rowOf(attachment));
      tellEmpty();
      showToast(`“${attachment.fileName}” is stored.`);
    },
  };
  const row = uploadRow(file, {
    onCancel: () => sending.cancel(),
    onAgain() {
      row.wait();
      queue.push(sending);
      sendNext();
    },
  });
  row.wait();
  byId("uploads").append(row.element);
  queue.push(sending);
}

async function sendNext() {
  tellSending();
  if (current !== null) return;
  const sending = queue.shift();
  if (!sending) return;
  current = sending;
  try {
    sending.done(await sending.upload.run(sending.signal));
  } catch (error) {
    if (!sending.signal.aborted) sending.fail(error);
  } finally {
    current = null;
    sendNext();
  }
}

function addFiles(files) {
  if (byId("home").hidden) return;
  showNotice(null);
  for (const file of files) addFile(file);
  sendNext();
}

byId("choose").addEventListener("click", () => byId("file-input").click());
byId("file-input").addEventListener("change", ({ target }) => {
  addFiles([...target.files]);
  target.value = "";
});

// The whole window takes them: a file that misses the field must not replace the page.
addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("drop").classList.toggle("over", event.dataTransfer.types.includes("Files"));
});
addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) byId("drop").classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").classList.remove("over");
  const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
  const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory;
  addFiles(items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()));
  if (items.some(isFolder)) {
    showNotice(
      new Error("Folders cannot be sent here yet. Open the folder and drop the files that are in it."),
    );
  }
});
addEventListener("beforeunload", (event) => {
  if (current !== null) event.preventDefault();
});

byId("notice-close").addEventListener("click", () => showNotice(null));
// A sign-in link opened in this very tab changes the fragment alone.
addEventListener("hashchange", () => {
  if (location.hash.includes("token=")) start();
});
await start();
