/** `pawl whoami`: which server, who, until when. */
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { readServers } from "../servers.ts";
import { sessionJson, sessionText } from "./login.ts";

export function addWhoami(program: Command, handle: Handle): void {
  program.command("whoami")
    .summary("who is signed in where, and until when")
    .description("Asks the server who is signed in, and until when.")
    .addHelpText("after", examples([["pawl whoami -q || pawl login", "signs in only when that is needed"]]))
    .action(handle(whoami));
}

async function whoami(context: CommandContext): Promise<void> {
  const { env, output, signal } = context;
  const { server } = await context.target();
  const session = await (await context.connect()).session.get({ signal });
  await output.result({
    json: sessionJson(server, session),
    text: sessionText(server, session),
    brief: session.user.id,
  });
  const others = Object.keys((await readServers(env)).known).filter((other) => other !== server);
  if (others.length > 0) await output.note(`Also signed in to ${others.join(", ")} (use --server).`);
}
