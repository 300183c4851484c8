/** `pawl up`: sends files, folders and streams. */
import { type Command, Option } from "commander";
import { resolve } from "node:path";
import type { FileFields } from "../../upload_types.ts";
import { examples, integer } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { combined, type ExitReason } from "../exit_codes.ts";
import { CommandError } from "../failure.ts";
import { type FileList, listFiles, type Source } from "../file_list.ts";
import { count, formatSize } from "../format.ts";
import { sendFile, type Stopped } from "../send_file.ts";
import { sendSpooled, sendStream } from "../send_stream.ts";
import { transferAll } from "../transfer_all.ts";
import { openUnfinished } from "../unfinished.ts";

interface UpOptions {
  name?: string;
  type?: string;
  id?: string;
  visibility?: "private" | "users" | "public";
  contentType?: string;
  parallel: number;
  spool?: boolean;
}

export function addUpload(program: Command, handle: Handle): void {
  program.command("up")
    .summary("upload files and folders")
    .description(
      "Uploads files, and folders with all below them. Run again after an interruption, it goes on where it was: " +
        'only what the server lacks is sent. "-" and pipes are sent as they come, in one go; with --spool they are ' +
        "kept in a file first, so that they can go on too.",
    )
    .argument("<file...>", "files, folders, or - for standard input")
    .option("--name <name>", "the name at the server; for one file")
    .option("--type <type>", "the business type, which chooses the rules")
    .option("--id <id>", "what the files belong to, in your application")
    .addOption(
      new Option("--visibility <who>", "who else may read it").choices(["private", "users", "public"]),
    )
    .option("--content-type <type>", "the media type, when the name does not tell")
    .option("--parallel <number>", "requests at once, for all files together", integer(1, 16), 4)
    .option("--spool", "keep a stream in a temporary file before it is sent")
    .addHelpText(
      "after",
      examples([
        ["pawl up film.mp4", "prints its id; after Ctrl-C the same command goes on"],
        ["pawl up photos/ --type Image --id album-7", "a folder"],
        ["tar c project | pawl up - --name project.tar", "a stream"],
        ["id=$(pawl up -q report.pdf)", "for scripts"],
      ]),
    )
    .action(handle(up));
}

async function up(context: CommandContext, options: UpOptions, paths: string[]): Promise<ExitReason> {
  const { env, now, output, signal } = context;
  const { server } = await context.target();
  const pawl = await context.connect();
  const list = await listFiles(paths, signal);
  checkNames(list, options);
  const unread: ExitReason[] = [];
  for (const { path, why } of list.skipped) await output.note(`${path}: skipped, it is ${why}.`);
  for (const { path, error } of list.failed) unread.push(await output.failed(error, path));

  const { sources } = list;
  const fields = fieldsOf(options);
  const command = { server, fields, paths: paths.map((path) => path === "-" ? path : resolve(path)) };
  const unfinished = sources.length > 1 ? await openUnfinished(command, { env, now }) : null;
  const stopped: Stopped[] = [];
  const { done, reason } = await transferAll(context, {
    items: sources,
    nameOf: ({ path }) => path === "-" ? options.name! : path,
    sizeOf: (source) => source.kind === "file" ? source.size : null,
    parallel: options.parallel,
    async transfer(source, how) {
      const sending = { context, pawl, fields, unfinished, stopped, ...how };
      if (source.kind === "file") await sendFile(source, sending);
      else if (options.spool) await sendSpooled(source, sending);
      else await sendStream(source, sending);
    },
  });
  if (signal.aborted) {
    await sayHowToGoOn(context, { sources, done, stopped, spool: options.spool ?? false });
    throw signal.reason;
  }
  if (done === sources.length) await unfinished?.forget();
  else if (sources.length > 1) await output.note(notAll(done, sources.length));
  return combined([...unread, reason]);
}

function checkNames({ sources }: FileList, { name }: UpOptions): void {
  if (name !== undefined && sources.length > 1) {
    throw new CommandError("usage", "--name is for one file; several cannot have the same name.");
  }
  const unnamed = sources.find(({ kind }) => kind === "stream");
  if (unnamed && name === undefined) {
    throw new CommandError("usage", `${unnamed.path} has no name. Give one with --name.`);
  }
}

function fieldsOf({ name, type, id, visibility, contentType }: UpOptions): FileFields {
  return {
    ...(name !== undefined && { fileName: name }),
    ...(type !== undefined && { businessType: type }),
    ...(id !== undefined && { businessId: id }),
    ...(visibility !== undefined && { visibility }),
    ...(contentType !== undefined && { contentType }),
  };
}

async function sayHowToGoOn(
  { output }: CommandContext,
  { sources, done, stopped, spool }: {
    sources: readonly Source[];
    done: number;
    stopped: readonly Stopped[];
    spool: boolean;
  },
): Promise<void> {
  if (sources.length > 1) await output.note(`${done} of ${count(sources.length, "file")} are there.`);
  for (const { path, confirmedBytes, totalBytes } of stopped) {
    await output.note(`${path}: ${formatSize(confirmedBytes)} of ${formatSize(totalBytes)} are there.`);
  }
  if (sources.some(({ kind }) => kind === "file")) {
    await output.note("Stopped. What was sent is kept: run the same command again to go on.");
  } else if (!spool) {
    await output.note("Stopped. A stream cannot go on: begin again, or use --spool next time.");
  }
}

function notAll(done: number, all: number): string {
  return `${done} of ${count(all, "file")} are there. The same command tries the others again.`;
}
