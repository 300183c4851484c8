/** `pawl rm`: into the recycle bin, or gone for good. */
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import type { ExitReason } from "../exit_codes.ts";
import { forEach } from "../for_each.ts";
import { printable } from "../printable.ts";
import { findAttachment } from "../reference.ts";

interface RemoveOptions {
  permanent?: boolean;
}

export function addRemove(program: Command, handle: Handle): void {
  program.command("rm")
    .summary("delete files")
    .description('Puts files into the recycle bin, from which "pawl restore" takes them out again.')
    .argument("<file...>", "ids, addresses or names")
    .option("--permanent", "at once and for good, also what is in the recycle bin already (by id)")
    .addHelpText(
      "after",
      examples([
        ["pawl rm old.zip 1234567890123456789", "by name and by id"],
        ["pawl ls draft -q | xargs pawl rm", 'all with "draft" in their name'],
      ]),
    )
    .action(handle(remove));
}

async function remove(
  context: CommandContext,
  { permanent = false }: RemoveOptions,
  files: string[],
): Promise<ExitReason> {
  const { output, signal } = context;
  const { server } = await context.target();
  const pawl = await context.connect();
  return await forEach(context, files, async (file) => {
    const { id, fileName } = await findAttachment(pawl, file, { signal, server });
    await pawl.attachments.delete(id, { permanent, signal });
    const name = printable(fileName);
    await output.result({
      json: { id, fileName, deleted: true, permanent },
      text: permanent ? `${id}  ${name} is gone for good` : `${id}  ${name} is in the recycle bin`,
      brief: id,
    });
  });
}
