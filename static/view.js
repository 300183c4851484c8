/** Rows, notices and words of the page. Whatever comes from people goes in as text, never as HTML. */

export const byId = (id) => document.getElementById(id);

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** `1536` -> `1.5 kB`. */
export function sizeText(bytes) {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return new Intl.NumberFormat("en", {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: step === 0 ? "long" : "short",
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value);
}

const clockTime = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

function timeText(date) {
  const today = date.toDateString() === new Date().toDateString();
  return today ? `today, ${clockTime.format(date)}` : fullTime.format(date);
}

function fromTemplate(id) {
  return byId(id).content.firstElementChild.cloneNode(true);
}

/** A row of the list; `onDelete` is called with the row. */
export function fileRow(attachment, onDelete) {
  const row = fromTemplate("file-row");
  const name = row.querySelector(".name");
  name.textContent = attachment.fileName;
  name.href = attachment.url;
  row.querySelector(".size").textContent = sizeText(attachment.size);
  const time = row.querySelector("time");
  time.dateTime = attachment.createdAt;
  time.textContent = timeText(new Date(attachment.createdAt));
  const download = row.querySelector(".download");
  download.href = `${attachment.url}?download=1`;
  download.setAttribute("aria-label", `Download ${attachment.fileName}`);
  const remove = row.querySelector(".delete");
  remove.setAttribute("aria-label", `Delete ${attachment.fileName}`);
  remove.addEventListener("click", () => onDelete(row));
  return row;
}

/** A row of what is being sent, with what changes in it. */
export function uploadRow(file, { onCancel, onAgain }) {
  const element = fromTemplate("upload-row");
  const state = element.querySelector(".state");
  const bar = element.querySelector("progress");
  const cancel = element.querySelector(".cancel");
  const again = element.querySelector(".again");
  element.querySelector(".name").textContent = file.name;
  bar.setAttribute("aria-label", `Progress of ${file.name}`);
  cancel.setAttribute("aria-label", `Cancel ${file.name}`);
  again.setAttribute("aria-label", `Go on with ${file.name}`);
  cancel.addEventListener("click", onCancel);
  again.addEventListener("click", onAgain);
  const show = (text, kind) => {
    state.textContent = text;
    element.dataset.kind = kind;
    again.hidden = kind !== "stopped";
    cancel.textContent = kind === "refused" ? "Dismiss" : "Cancel";
  };
  return {
    element,
    wait: () => show(`${sizeText(file.size)}, waits for the files before it`, "waiting"),
    /** `bytes` null: as many as before. */
    progress(bytes, waiting) {
      if (bytes !== null) bar.value = file.size === 0 ? 1 : bytes / file.size;
      const sent = bar.value * file.size;
      if (waiting !== null) return show(`${waiting} Trying again.`, "waiting");
      if (sent >= file.size) return show("All is there; checking it", "sending");
      show(`${sizeText(sent)} of ${sizeText(file.size)}, ${Math.floor(bar.value * 100)} %`, "sending");
    },
    /** `final`: going on cannot help. */
    fail: (error, final) => show(error.message, final ? "refused" : "stopped"),
  };
}

/** Shows what went wrong, in the server's words; null takes it away. */
export function showNotice(error) {
  byId("notice").hidden = error === null;
  byId("notice-text").textContent = error?.message ?? "";
  const facts = error?.code ? `${error.code}, request ${error.instance}` : "";
  byId("notice-facts").textContent = facts;
  byId("notice-facts").hidden = facts === "";
}

let toastTimer;

/** A passing remark, with one thing that can be done about it. */
export function showToast(text, action = null) {
  const toast = byId("toast");
  clearTimeout(toastTimer);
  toast.replaceChildren(text);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action.label;
    button.addEventListener("click", () => {
      toast.replaceChildren();
      action.run();
    });
    toast.append(button);
  }
  toastTimer = setTimeout(() => toast.replaceChildren(), action ? 12_000 : 5000);
}
