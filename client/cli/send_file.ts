/** Sends one file, shows its progress, and says what became of it. */
import type { Attachment } from "../api_types.ts";
import { PawlError } from "../errors.ts";
import { type OpenedFile, openFile } from "../local_file.ts";
import type { Pawl } from "../types.ts";
import type { FileFields, UploadStateChange } from "../upload_types.ts";
import type { CommandContext } from "./context.ts";
import type { Source } from "./file_list.ts";
import { formatElapsed, formatSize } from "./format.ts";
import { printable } from "./printable.ts";
import type { Trouble } from "./progress/board.ts";
import type { Display } from "./progress/display.ts";
import type { Unfinished } from "./unfinished.ts";

export interface Sending {
  context: CommandContext;
  pawl: Pawl;
  display: Display;
  fields: FileFields;
  /** null: nothing needs to be remembered. */
  unfinished: Unfinished | null;
  /** Gets what an interruption left unsent. */
  stopped: Stopped[];
}

/** A file that was on its way when the command was interrupted, and how much of it is safe at the server. */
export interface Stopped {
  path: string;
  confirmedBytes: number;
  totalBytes: number;
}

type FileSource = Extract<Source, { kind: "file" }>;

/** `parallel`: requests at once. Throws `PawlError`, or the reason of the context's signal. */
export async function sendFile(
  source: FileSource,
  { context, pawl, display, fields, unfinished, stopped, parallel }: Sending & { parallel: number },
): Promise<void> {
  const known = unfinished?.attachmentOf(source) ?? null;
  const earlier = known === null ? null : await find(pawl, known, context.signal);
  if (earlier !== null) {
    display.skip(source.size);
    return await display.above(() =>
      saySent(context, { path: source.path, attachment: earlier, how: "before" })
    );
  }
  const view = display.begin(source.path, source.size);
  const since = context.now();
  let file: OpenedFile | null = null;
  try {
    file = await openFile(source.path);
    const upload = pawl.upload(file, {
      ...fields,
      parallel,
      signal: context.signal,
      onProgress: view.progressed,
      onState: (change) => view.troubled(troubleOf(change)),
    });
    const attachment = await upload.result.finally(() => {
      const { confirmedBytes } = upload.progress;
      if (context.signal.aborted) {
        stopped.push({ path: source.path, confirmedBytes, totalBytes: source.size });
      }
    });
    const { path, size, modifiedMs } = source;
    await unfinished?.done({ path, size, modifiedMs, attachmentId: attachment.id });
    const how = upload.instant ? "instant" : "sent";
    const { resumedBytes } = upload.progress;
    const seconds = (context.now() - since) / 1000;
    await display.above(() => saySent(context, { path, attachment, how, resumedBytes, seconds }));
  } finally {
    await file?.close();
    view.ended();
  }
}

async function find(pawl: Pawl, id: string, signal: AbortSignal): Promise<Attachment | null> {
  try {
    const attachment = await pawl.attachments.get(id, { signal });
    return attachment.deletedAt === null ? attachment : null;
  } catch (error) {
    if (error instanceof PawlError && error.status === 404) return null;
    throw error;
  }
}

/** What a change of state says about why nothing moves; null when it does. Pure. */
export function troubleOf(
  { state, error, retryAt }: Pick<UploadStateChange, "error" | "retryAt"> & { state: string },
): Trouble | null {
  if (state !== "waiting") return null;
  return { message: troubleMessage(error), retryAt: retryAt ?? null };
}

function troubleMessage(error: PawlError | undefined): string {
  switch (error?.code) {
    case undefined:
      return "waiting";
    case "network":
      return "no connection";
    case "stalled":
      return "the connection stalled";
    default:
      return printable((error?.title || error?.code) ?? "waiting").toLowerCase();
  }
}

export interface Sent {
  path: string;
  attachment: Attachment;
  /** `before`: by an earlier run of the same command; `instant`: the server had the content. */
  how: "sent" | "instant" | "before";
  /** Bytes that were there from an earlier run. */
  resumedBytes?: number;
  seconds?: number;
}

/** The result of one file. */
export async function saySent({ output }: CommandContext, sent: Sent): Promise<void> {
  const { path, attachment, how, resumedBytes = 0, seconds = 0 } = sent;
  // Standard input has no name but the one that was given.
  const shown = path === "-" ? attachment.fileName : path;
  const size = formatSize(attachment.size);
  const from = resumedBytes > 0 ? `, went on from ${formatSize(resumedBytes)}` : "";
  const remark = {
    sent: `${size} in ${formatElapsed(seconds)}${from}`,
    instant: `${size}, the content was there already`,
    before: `${size}, sent before`,
  }[how];
  await output.result({
    json: { path, attachment, how, resumedBytes },
    text: `${attachment.id}  ${printable(shown)}  (${remark})`,
    brief: attachment.id,
  });
}
