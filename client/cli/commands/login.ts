/** `pawl login`: remembers a server and the token for it, after trying it. */
import type { Command } from "commander";
import type { BrowserSession } from "../../api_types.ts";
import { connect } from "../../connect.ts";
import { PawlError } from "../../errors.ts";
import { examples } from "../arguments.ts";
import type { CommandContext, Handle } from "../context.ts";
import { CommandError } from "../failure.ts";
import { formatTime } from "../format.ts";
import { printable } from "../printable.ts";
import { askSecret, canAsk, readPiped } from "../prompt.ts";
import { readServers, serversFile, type Target, writeServers } from "../servers.ts";
import { isUnprotected, readServer, readSignIn, type SignIn } from "../sign_in.ts";

export function addLogin(program: Command, handle: Handle): void {
  program.command("login")
    .summary("sign in to a server and remember it")
    .description(
      "Signs in to a server and remembers it for the other commands, in a file that only you can read. " +
        "Paste the sign-in link that the server prints, or an access token, when you are asked: it is not shown, " +
        "and stays out of the shell's history. It can also come through a pipe.",
    )
    .argument("[address]", "the server's address, or a whole sign-in link")
    .addHelpText(
      "after",
      examples([
        ["pawl login https://files.example.org/", "asks for the token"],
        ["pawl login", "asks for a sign-in link"],
        [
          "deno task -q token --user me | pawl login http://127.0.0.1:8000/",
          "with a token made on the server's own machine",
        ],
        ["pawl login 'http://127.0.0.1:8000/#token=...'", "with a link; the shell's history will hold it"],
      ]),
    )
    .action(handle(login));
}

async function login(context: CommandContext, options: { server?: string }, address?: string): Promise<void> {
  const { env, output } = context;
  const servers = await readServers(env);
  const named = options.server ?? (env.PAWL_SERVER || null);
  const given = address === undefined ? null : readSignIn(address);
  const fallback = named === null ? servers.current : readServer(named);

  const { server, token } = await completeSignIn(
    context,
    given ?? { server: named && readServer(named), token: null },
    fallback,
  );
  if (isUnprotected(server)) {
    await output.note(
      `Careful: ${server} is not encrypted. Whoever is on the way can read the token and the files.`,
    );
  }
  const session = await trySignIn({ server, token }, context.signal);
  servers.known[server] = { token, user: session.user.name, expiresAt: session.expiresAt };
  servers.current = server;
  await writeServers(env, servers);
  await output.result({ json: sessionJson(server, session), text: sessionText(server, session), brief: "" });
  await output.note(`Kept in ${serversFile(env)}, for you alone.`);
}

/** Asks for what is missing. A server where signing in is switched off needs no token. */
async function completeSignIn(
  context: CommandContext,
  given: SignIn,
  fallback: string | null,
): Promise<Target> {
  const { terminal, signal } = context;
  if (given.token !== null) return { server: given.server ?? requireServer(fallback), token: given.token };
  if (given.server !== null && await isOpen(given.server, signal)) {
    return { server: given.server, token: null };
  }

  const pasted = readSignIn(
    canAsk(terminal)
      ? await askSecret(terminal, "Paste the sign-in link or the token (it is not shown): ")
      : await readPiped(terminal, signal),
  );
  if (pasted.token === null) {
    throw new CommandError("usage", "That holds no token. Paste the whole sign-in link.");
  }
  if (given.server !== null && pasted.server !== null && given.server !== pasted.server) {
    throw new CommandError("usage", `The link is for ${pasted.server}, not for ${given.server}.`);
  }
  return { server: given.server ?? pasted.server ?? requireServer(fallback), token: pasted.token };
}

function requireServer(server: string | null): string {
  if (server !== null) return server;
  throw new CommandError("usage", "For which server? Give its address, or paste the whole sign-in link.");
}

async function isOpen(server: string, signal: AbortSignal): Promise<boolean> {
  try {
    await connect({ baseUrl: server }).session.get({ signal });
    return true;
  } catch (error) {
    if (error instanceof PawlError && error.status === 401) return false;
    throw error;
  }
}

async function trySignIn({ server, token }: Target, signal: AbortSignal): Promise<BrowserSession> {
  try {
    return await connect({ baseUrl: server, ...(token === null ? {} : { token }) }).session.get({ signal });
  } catch (error) {
    if (!(error instanceof PawlError) || error.status !== 401) throw error;
    throw new CommandError("notSignedIn", `${server} does not take this token: ${error.detail}`);
  }
}

/** Who is signed in, for programs. */
export function sessionJson(server: string, { user, expiresAt }: BrowserSession): Record<string, unknown> {
  return { server, user, expiresAt };
}

/** Who is signed in, for people. */
export function sessionText(server: string, { user, expiresAt }: BrowserSession): string {
  const role = user.role === "admin" ? " (administrator)" : "";
  const until = expiresAt === null ? "" : `, until ${formatTime(expiresAt)}`;
  return `Signed in to ${server} as ${printable(user.name)}${role}${until}.`;
}
