/** `pawl ls`: the person's files. */
import { type Command, Option } from "commander";
import type { Attachment, AttachmentQuery } from "../../api_types.ts";
import { examples, integer } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { count, formatSize, formatTime } from "../format.ts";
import { tableLines } from "../table.ts";

interface ListOptions {
  type?: string;
  id?: string;
  deleted?: boolean;
  sort: "created" | "name" | "size";
  limit: number;
  all?: boolean;
}

export function addList(program: Command, handle: Handle): void {
  program.command("ls")
    .summary("list your files")
    .description("Lists your files, newest first.")
    .argument("[text]", "only those with this in their name")
    .option("--type <type>", "only of this business type")
    .option("--id <id>", "only of this business id; needs --type")
    .option("--deleted", "what is in the recycle bin")
    .addOption(
      new Option("--sort <order>", "newest, A to Z, or largest first")
        .choices(["created", "name", "size"]).default("created"),
    )
    .option("-n, --limit <number>", "so many at most", integer(1), 50)
    .option("--all", "without a limit")
    .addHelpText(
      "after",
      examples([
        ["pawl ls holiday --sort size", 'the largest of those with "holiday" in their name'],
        ["pawl ls --deleted", "what can be restored"],
        ["pawl ls --all --json | jq -r 'select(.size > 1e9) | .id'", "for scripts"],
      ]),
    )
    .action(handle(list));
}

const PAGE = 100;

async function list(context: CommandContext, options: ListOptions, text?: string): Promise<void> {
  const { output, signal, json, quiet } = context;
  const pawl = await context.connect();
  const limit = options.all ? Infinity : options.limit;
  const query: AttachmentQuery = {
    sort: options.sort,
    state: options.deleted ? "deleted" : "live",
    limit: Math.min(PAGE, limit),
    ...(text !== undefined && { q: text }),
    ...(options.type !== undefined && { businessType: options.type }),
    ...(options.id !== undefined && { businessId: options.id }),
  };
  const shown: Attachment[] = [];
  let listed = 0;
  let more = false;
  for await (const attachment of pawl.attachments.all(query, { signal })) {
    if (listed === limit) {
      more = true;
      break;
    }
    listed++;
    // A table needs all of it for its widths; programs get each as it comes.
    if (json || quiet) await output.result({ json: attachment, text: "", brief: attachment.id });
    else shown.push(attachment);
  }
  if (shown.length > 0) {
    await output.result({ json: null, text: table(shown, options).join("\n"), brief: "" });
  }
  if (listed === 0) await output.note(options.deleted ? "The recycle bin is empty." : "No files.");
  if (more) await output.note(`There are more than ${count(limit, "file")}: use --limit or --all.`);
}

function table(attachments: readonly Attachment[], { deleted }: Pick<ListOptions, "deleted">): string[] {
  return tableLines(
    [
      { title: "ID" },
      { title: "SIZE", align: "right" },
      { title: deleted ? "DELETED" : "CREATED" },
      { title: "TYPE" },
      { title: "NAME" },
    ],
    attachments.map(({ id, size, createdAt, deletedAt, businessType, businessId, fileName }) => [
      id,
      formatSize(size),
      formatTime(deletedAt ?? createdAt),
      businessId === null ? businessType : `${businessType}/${businessId}`,
      fileName,
    ]),
  );
}
