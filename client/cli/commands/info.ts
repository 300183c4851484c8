/** `pawl info`: all that is known of files. */
import type { Command } from "commander";
import type { Attachment } from "../../api_types.ts";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { formatSize, formatTime } from "../format.ts";
import { findAttachment } from "../reference.ts";
import { fieldLines } from "../table.ts";
import { forEach } from "../for_each.ts";
import type { ExitReason } from "../exit_codes.ts";

export function addInfo(program: Command, handle: Handle): void {
  program.command("info")
    .summary("all that is known of a file")
    .description("Shows all that the server knows of a file: size, type, digest, owner, downloads.")
    .argument("<file...>", "ids, addresses or names")
    .addHelpText("after", examples([["pawl info film.mp4 --json | jq -r .sha256", "its digest"]]))
    .action(handle(info));
}

async function info(context: CommandContext, _options: unknown, files: string[]): Promise<ExitReason> {
  const { output, signal } = context;
  const { server } = await context.target();
  const pawl = await context.connect();
  return await forEach(context, files, async (file) => {
    const attachment = await findAttachment(pawl, file, { signal, server });
    const url = pawl.attachments.contentUrl(attachment);
    const text = fieldLines(fields(attachment, url)).join("\n");
    await output.result({
      json: attachment,
      text: files.length > 1 ? `${text}\n` : text,
      brief: attachment.id,
    });
  });
}

function fields(attachment: Attachment, url: string): [string, string | null][] {
  const { businessType, businessId, size, image, deletedAt, sourceSha256, sha256 } = attachment;
  return [
    ["id", attachment.id],
    ["name", attachment.fileName],
    ["size", `${formatSize(size)} (${size} bytes)`],
    ["content type", attachment.contentType],
    ["picture", image ? `${image.width} x ${image.height}` : null],
    ["sha-256", sha256],
    ["as sent", sourceSha256 === sha256 ? null : sourceSha256],
    ["belongs to", businessId === null ? businessType : `${businessType}/${businessId}`],
    ["owner", attachment.ownerId],
    [
      "visible to",
      { private: "the owner", users: "anybody signed in", public: "anybody" }[attachment.visibility],
    ],
    ["created", formatTime(attachment.createdAt)],
    ["changed", formatTime(attachment.updatedAt)],
    ["deleted", deletedAt === null ? null : formatTime(deletedAt)],
    ["downloads", String(attachment.downloadCount)],
    ["address", url],
  ];
}
