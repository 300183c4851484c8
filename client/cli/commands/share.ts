/** `pawl share`: temporary links, for people without an account. */
import type { Command } from "commander";
import type { AccessToken, AccessTokenRequest } from "../../api_types.ts";
import { examples, integer, positive } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { combined, type ExitReason } from "../exit_codes.ts";
import { CommandError } from "../failure.ts";
import { forEach } from "../for_each.ts";
import { count, formatTime } from "../format.ts";
import { findAttachment } from "../reference.ts";
import { tableLines } from "../table.ts";

interface ShareOptions {
  hours: number;
  uses: number;
  user?: string;
  from?: string;
  list?: boolean;
  revoke?: string[];
}

export function addShare(program: Command, handle: Handle): void {
  program.command("share")
    .summary("make a temporary link to a file")
    .description(
      "Makes a temporary link with which a file can be downloaded without signing in. The link is shown this " +
        "once. A use is a download, not a request: breaking off and going on counts once.",
    )
    .argument("[file]", "id, address or name")
    .option("--hours <number>", "how long it is valid", positive, 1)
    .option("--uses <number>", "for so many downloads; 0 for any number", integer(0), 1)
    .option("--user <id>", "only for this user, who must be signed in")
    .option("--from <address>", "only from this IP address or block, such as 192.0.2.0/24")
    .option("--list", "show the file's links instead, without their secret part")
    .option("--revoke <link...>", "take links back, by their id")
    .addHelpText(
      "after",
      examples([
        ["pawl share film.mp4", "for one download within an hour"],
        ["pawl share film.mp4 --hours 168 --uses 0", "for a week, for everybody who has the link"],
        ["pawl share film.mp4 --list", "who used which link how often"],
        ["pawl share --revoke 8kq1...", "nobody can use it any more"],
      ]),
    )
    .action(handle(share));
}

async function share(context: CommandContext, options: ShareOptions, file?: string): Promise<ExitReason> {
  const { output, signal } = context;
  if (options.revoke !== undefined) return await revoke(context, options.revoke);
  if (file === undefined) throw new CommandError("usage", "Which file? Give its id, address or name.");
  const { server } = await context.target();
  const pawl = await context.connect();
  const attachment = await findAttachment(pawl, file, { signal, server });
  if (options.list) return await list(context, attachment.id);

  const request: AccessTokenRequest = {
    validHours: options.hours,
    maxUses: options.uses,
    ...(options.user !== undefined && { authorizedUserId: options.user }),
    ...(options.from !== undefined && { authorizedIp: options.from }),
  };
  const made = await pawl.tokens.create(attachment.id, request, { signal });
  const url = new URL(made.url, pawl.baseUrl).href;
  await output.result({ json: { ...made, url }, text: url, brief: url });
  const uses = made.maxUses === 0 ? "any number of downloads" : count(made.maxUses, "download");
  await output.note(
    `${attachment.fileName}: for ${uses}, until ${formatTime(made.expiresAt)}. Link id ${made.id}.`,
  );
  return "ok";
}

async function list(context: CommandContext, attachmentId: string): Promise<ExitReason> {
  const { output, signal, json, quiet } = context;
  const pawl = await context.connect();
  const shown: AccessToken[] = [];
  for await (const token of pawl.tokens.list(attachmentId, {}, { signal })) {
    if (json || quiet) await output.result({ json: token, text: "", brief: token.id });
    else shown.push(token);
  }
  if (shown.length > 0) await output.result({ json: null, text: table(shown).join("\n"), brief: "" });
  else await output.note("It has no links.");
  return combined([]);
}

function table(tokens: readonly AccessToken[]): string[] {
  return tableLines(
    [{ title: "ID" }, { title: "STATE" }, { title: "USED", align: "right" }, { title: "UNTIL" }, {
      title: "FOR",
    }],
    tokens.map((token) => [
      token.id,
      token.status,
      token.maxUses === 0 ? String(token.uses) : `${token.uses} of ${token.maxUses}`,
      formatTime(token.expiresAt),
      [token.authorizedUserId, token.authorizedIp].filter((who) => who !== null).join(" from ") || "anybody",
    ]),
  );
}

async function revoke(context: CommandContext, ids: string[]): Promise<ExitReason> {
  const { output, signal } = context;
  const pawl = await context.connect();
  return await forEach(context, ids, async (id) => {
    await pawl.tokens.revoke(id, { signal });
    await output.result({ json: { id, revoked: true }, text: `${id} is revoked`, brief: id });
  });
}
