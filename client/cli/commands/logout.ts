/** `pawl logout`: forgets the token of a server. */
import type { Command } from "commander";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { CommandError } from "../failure.ts";
import { readServers, writeServers } from "../servers.ts";
import { readServer } from "../sign_in.ts";

export function addLogout(program: Command, handle: Handle): void {
  program.command("logout")
    .summary("forget a server's token")
    .description("Forgets the token on this machine. The token itself stays valid until it ends.")
    .argument("[address]", "the server; default: the one signed in to last")
    .option("--all", "every server")
    .addHelpText(
      "after",
      examples([["pawl logout", "of the server in use"], ["pawl logout --all", "of all"]]),
    )
    .action(handle(logout));
}

async function logout(
  { env, output }: CommandContext,
  options: { server?: string; all?: boolean },
  address?: string,
): Promise<void> {
  const servers = await readServers(env);
  const named = address ?? options.server;
  const one = named === undefined ? servers.current : readServer(named);
  const leaving = options.all ? Object.keys(servers.known) : one === null ? [] : [one];
  if (!options.all && (one === null || !Object.hasOwn(servers.known, one))) {
    throw new CommandError(
      "notSignedIn",
      one === null ? "Not signed in anywhere." : `Not signed in to ${one}.`,
    );
  }
  for (const server of leaving) delete servers.known[server];
  if (servers.current !== null && leaving.includes(servers.current)) {
    servers.current = Object.keys(servers.known)[0] ?? null;
  }
  await writeServers(env, servers);
  for (const server of leaving) {
    await output.result({ json: { server, signedIn: false }, text: `Signed out of ${server}.`, brief: "" });
  }
  if (servers.current !== null) await output.note(`Commands use ${servers.current} now.`);
}
