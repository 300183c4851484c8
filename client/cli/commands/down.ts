/** `pawl down`: fetches files. */
import type { Command } from "commander";
import { examples, integer } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { combined, type ExitReason } from "../exit_codes.ts";
import { CommandError } from "../failure.ts";
import { fetchToOutput, fetchToPath } from "../fetch_file.ts";
import { findRemote, type Remote } from "../find_remote.ts";
import { isFolder, targetPath, untaken } from "../target_path.ts";
import { transferAll } from "../transfer_all.ts";

interface DownOptions {
  output?: string;
  force?: boolean;
  parallel: number;
}

export function addDownload(program: Command, handle: Handle): void {
  program.command("down")
    .summary("download files")
    .description(
      "Downloads files under the server's name for them, made harmless. Bytes go to NAME.part until all are here " +
        "and their digest is right; run again after an interruption, it goes on there. A file that is here " +
        "already, with the same content, is left alone.",
    )
    .argument("<file...>", "ids, addresses, names, or temporary links")
    .option("-o, --output <path>", "a file, a folder, or - for standard output")
    .option("-f, --force", "overwrite what is there")
    .option("--parallel <number>", "requests at once, for all files together", integer(1, 16), 4)
    .addHelpText(
      "after",
      examples([
        ["pawl down film.mp4", "by name; after Ctrl-C the same command goes on"],
        ["pawl down 1234567890123456789 -o copy.mp4", "by id, under another name"],
        ["pawl down 'https://files.example.org/d/...' -o videos/", "by a temporary link, into a folder"],
        ["pawl down project.tar -o - | tar x", "into a pipe"],
      ]),
    )
    .action(handle(down));
}

/** A file to fetch, as it was named, and where it goes; null: into the pipe. */
interface Fetch {
  file: string;
  remote: Remote;
  path: string | null;
}

async function down(context: CommandContext, options: DownOptions, files: string[]): Promise<ExitReason> {
  const { output, signal } = context;
  const piped = options.output === "-";
  if (files.length > 1 && options.output !== undefined && !piped && !await isFolder(options.output)) {
    throw new CommandError("usage", `Several files need a folder: ${options.output} is none.`);
  }
  const unknown: ExitReason[] = [];
  const fetches: Fetch[] = [];
  const taken = new Set<string>();
  for (const file of new Set(files)) {
    try {
      const remote = await findRemote(context, file);
      const path = piped ? null : untaken(await targetPath(options.output ?? null, remote.fileName), taken);
      fetches.push({ file, remote, path });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      unknown.push(await output.failed(error, file));
    }
  }
  const { reason } = await transferAll(context, {
    items: fetches,
    nameOf: ({ file }) => file,
    sizeOf: ({ remote }) => remote.size,
    parallel: options.parallel,
    inOrder: piped,
    async transfer({ remote, path }, how) {
      const fetching = { context, force: options.force ?? false, ...how };
      await (path === null ? fetchToOutput(remote, fetching) : fetchToPath(remote, { path, ...fetching }));
    },
  });
  if (signal.aborted) {
    await output.note(
      piped
        ? "Stopped. What went into the pipe cannot go on: begin again, or download into a file."
        : "Stopped. What has arrived is kept in .part files: run the same command again to go on.",
    );
    throw signal.reason;
  }
  return combined([...unknown, reason]);
}
