/** Fetches one file to a path or to standard output, shows its progress, and says what became of it. */
import type { DownloadResult } from "../download_types.ts";
import type { CommandContext } from "./context.ts";
import { CommandError } from "./failure.ts";
import { formatElapsed, formatSize } from "./format.ts";
import { printable } from "./printable.ts";
import type { Display } from "./progress/display.ts";
import { canAsk, confirm } from "./prompt.ts";
import type { Remote } from "./find_remote.ts";
import { troubleOf } from "./send_file.ts";
import { compareExisting } from "./target_path.ts";
import { write } from "./terminal.ts";

export interface Fetching {
  context: CommandContext;
  display: Display;
  force: boolean;
  /** Requests at once. */
  parallel: number;
}

/** To a path. Throws `PawlError`, `CommandError`, or the reason of the context's signal. */
export async function fetchToPath(
  remote: Remote,
  { path, ...fetching }: Fetching & { path: string },
): Promise<void> {
  const { context, display } = fetching;
  const { size, sha256 } = remote;
  const existing = await compareExisting(path, { size: size ?? -1, sha256: sha256 ?? "" });
  if (existing === "same" && !fetching.force) {
    display.skip(size!);
    const result = { path, size: size!, sha256, verified: true, resumedBytes: size! };
    return await display.above(() => sayFetched(context, { remote, result, how: "before" }));
  }
  const overwrite = fetching.force || existing !== "absent";
  if (existing !== "absent" && !fetching.force) await mayOverwrite(path, fetching);

  const since = context.now();
  const view = display.begin(path, size);
  try {
    const download = remote.pawl.download(remote.what, {
      to: path,
      overwrite,
      parallel: fetching.parallel,
      signal: context.signal,
      onProgress: view.progressed,
      onState: (change) => view.troubled(troubleOf(change)),
      ...(sha256 !== null && { sha256 }),
    });
    const result = { ...await download.result, path };
    const seconds = (context.now() - since) / 1000;
    await display.above(() => sayFetched(context, { remote, result, how: "fetched", seconds }));
  } finally {
    view.ended();
  }
}

async function mayOverwrite(path: string, { context, display }: Fetching): Promise<void> {
  const { terminal, json, quiet } = context;
  let agreed = false;
  if (canAsk(terminal) && !json && !quiet) {
    await display.above(async () => {
      agreed = await confirm(terminal, `${printable(path)} is there already and differs. Overwrite it?`);
    });
  }
  if (agreed) return;
  throw new CommandError(
    "failure",
    `${path} is there already and differs. Use --force, or another name with -o.`,
  );
}

/** To standard output, in order. What is wrong with its digest is known only when all is out. */
export async function fetchToOutput(
  remote: Remote,
  { context, display, parallel, force }: Fetching,
): Promise<void> {
  const { stdout } = context.terminal;
  if (stdout.isTTY && !force) {
    throw new CommandError(
      "usage",
      "This would fill the terminal with a file. Send it into a pipe, or use --force.",
    );
  }
  const view = display.begin(remote.fileName, remote.size);
  try {
    const download = remote.pawl.download(remote.what, {
      parallel,
      signal: context.signal,
      onProgress: view.progressed,
      onState: (change) => view.troubled(troubleOf(change)),
      ...(remote.sha256 !== null && { sha256: remote.sha256 }),
    });
    for await (const piece of download.stream!) await write(stdout, piece, context.signal);
    await download.result;
  } finally {
    view.ended();
  }
}

interface Fetched {
  remote: Remote;
  result: Pick<DownloadResult, "path" | "size" | "sha256" | "verified" | "resumedBytes">;
  /** `before`: the very content was at that path. */
  how: "fetched" | "before";
  seconds?: number;
}

async function sayFetched(
  { output }: CommandContext,
  { remote, result, how, seconds = 0 }: Fetched,
): Promise<void> {
  const { path, size, sha256, verified, resumedBytes } = result;
  const id = typeof remote.what === "string" ? null : remote.what.id;
  const from = resumedBytes > 0 ? `, went on from ${formatSize(resumedBytes)}` : "";
  const checked = verified ? ", digest right" : ", without a digest to check";
  const remark = how === "before"
    ? `${formatSize(size)}, is there already`
    : `${formatSize(size)} in ${formatElapsed(seconds)}${from}${checked}`;
  await output.result({
    json: { path, id, fileName: remote.fileName, size, sha256, verified, how, resumedBytes },
    text: `${printable(path!)}  (${remark})`,
    brief: path!,
  });
}
