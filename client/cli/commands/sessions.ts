/** `pawl sessions`: uploads that have begun and not ended. */
import type { Command } from "commander";
import type { UploadSession } from "../../api_types.ts";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import type { ExitReason } from "../exit_codes.ts";
import { forEach } from "../for_each.ts";
import { formatPercent, formatSize, formatTime } from "../format.ts";
import { tableLines } from "../table.ts";

export function addSessions(program: Command, handle: Handle): void {
  const sessions = program.command("sessions")
    .summary("list or cancel uploads that have not ended")
    .description(
      'Lists your uploads that have begun and not ended, newest first. "pawl up" with the same file goes on ' +
        "with one of them by itself.",
    )
    .addHelpText(
      "after",
      examples([
        ["pawl sessions", "what is on its way"],
        ["pawl sessions -q | xargs pawl sessions cancel", "ends them all"],
      ]),
    )
    .action(handle(list));
  sessions.command("cancel")
    .summary("end uploads and free their bytes")
    .description("Ends uploads and frees what the server has of them.")
    .argument("<id...>", 'as "pawl sessions" shows them')
    .addHelpText("after", examples([["pawl sessions cancel 0abc...", "ends one"]]))
    .action(handle(cancel));
}

async function list(context: CommandContext): Promise<void> {
  const { output, signal, json, quiet } = context;
  const pawl = await context.connect();
  const shown: UploadSession[] = [];
  for await (const session of pawl.uploads.all({ limit: 100 }, { signal })) {
    if (json || quiet) await output.result({ json: session, text: "", brief: session.id });
    else shown.push(session);
  }
  if (shown.length > 0) await output.result({ json: null, text: table(shown).join("\n"), brief: "" });
  else await output.note("No uploads are on their way.");
}

function table(sessions: readonly UploadSession[]): string[] {
  return tableLines(
    [
      { title: "ID" },
      { title: "THERE", align: "right" },
      { title: "OF", align: "right" },
      { title: "", align: "right" },
      { title: "ENDS" },
      { title: "NAME" },
    ],
    sessions.map(({ id, receivedBytes, size, expiresAt, fileName }) => [
      id,
      formatSize(receivedBytes),
      size === null ? "?" : formatSize(size),
      size === null ? "" : formatPercent(size === 0 ? 1 : receivedBytes / size),
      formatTime(expiresAt),
      fileName,
    ]),
  );
}

async function cancel(context: CommandContext, _options: unknown, ids: string[]): Promise<ExitReason> {
  const { output, signal } = context;
  const pawl = await context.connect();
  return await forEach(context, ids, async (id) => {
    await pawl.uploads.cancel(id, { signal });
    await output.result({ json: { id, cancelled: true }, text: `${id} is cancelled`, brief: id });
  });
}
