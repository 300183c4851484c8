/** `pawl restore`: out of the recycle bin. */
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import type { ExitReason } from "../exit_codes.ts";
import { forEach } from "../for_each.ts";
import { printable } from "../printable.ts";
import { findAttachment } from "../reference.ts";

export function addRestore(program: Command, handle: Handle): void {
  program.command("restore")
    .summary("take files out of the recycle bin")
    .description("Takes files out of the recycle bin.")
    .argument("<file...>", 'ids, addresses or names, as "pawl ls --deleted" shows them')
    .addHelpText("after", examples([["pawl restore old.zip", "by its name"]]))
    .action(handle(restore));
}

async function restore(context: CommandContext, _options: unknown, files: string[]): Promise<ExitReason> {
  const { output, signal } = context;
  const { server } = await context.target();
  const pawl = await context.connect();
  return await forEach(context, files, async (file) => {
    const { id } = await findAttachment(pawl, file, { signal, server, state: "deleted" });
    const attachment = await pawl.attachments.restore(id, { signal });
    const text = `${id}  ${printable(attachment.fileName)} is back`;
    await output.result({ json: attachment, text, brief: id });
  });
}
