/** `deno task token`: prints an access token, made with this server's secret. Nothing but it goes to stdout. */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { openAccess, type TokenRequest } from "../services/access/access.ts";
import { readOrCreateSecret } from "../services/access/secret.ts";
import { signInLink } from "../services/access/sign_in_link.ts";
import { runCommand } from "./command.ts";

const USAGE = `Makes an access token for this server and prints it.

  deno task token --user alice --role user --hours 8

  --user NAME    whose token it is: 1 to 128 letters, digits or characters of . _ @ : + | -
  --role ROLE    admin or user (default: user)
  --hours N      how long it is valid, fractions allowed (default: 8)
  --name TEXT    the name that others see (default: the user)
  --link         prints a link that signs a browser in, instead of the token
  --help         prints this

It signs with PAWL_JWT_SECRET, or with the secret in the data directory, which it makes when there is none.
`;

interface Wanted {
  token: TokenRequest;
  link: boolean;
}

/** What the arguments ask for; `mistakes` are sentences for the person who typed them. Pure. */
export type Request = { help: true } | { mistakes: string[] } | Wanted;

export function readArguments(args: readonly string[]): Request {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        user: { type: "string" },
        role: { type: "string", default: "user" },
        hours: { type: "string", default: "8" },
        name: { type: "string" },
        link: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }));
  } catch (error) {
    return { mistakes: [error instanceof Error ? error.message : String(error)] };
  }
  if (values.help) return { help: true };

  const { user, role, name, link } = values;
  const hours = /^\d+(\.\d+)?$/.test(values.hours) ? Number(values.hours) : NaN;
  const mistakes: string[] = [];
  if (user === undefined) mistakes.push("--user is missing: whose token is it?");
  if (role !== "admin" && role !== "user") mistakes.push(`--role must be admin or user, not "${role}".`);
  if (!(hours > 0)) {
    mistakes.push(`--hours must be a number above 0, such as 8 or 0.5, not "${values.hours}".`);
  }
  if (user === undefined || (role !== "admin" && role !== "user") || mistakes.length > 0) return { mistakes };
  return { token: { user, role, hours, ...(name === undefined ? {} : { name }) }, link };
}

async function makeToken(config: Config, { token: request, link }: Wanted): Promise<number> {
  if (link && config.port === 0 && !config.publicUrl) {
    throw new Error(
      "A link needs the port, and PAWL_PORT=0 leaves it to the system: set PAWL_PORT or PAWL_PUBLIC_URL.",
    );
  }
  const secret = config.jwt.secret ?? await readOrCreateSecret(config.dataDir);
  const token = await openAccess({ secret, issuer: null, now: Date.now }).mintToken(request);
  if (config.auth === "off") console.error("Note: PAWL_AUTH=off, so the server does not look at tokens.");
  // Not by the console, which Deno copies into its telemetry.
  const text = link ? signInLink(token, config) : token;
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
  return 0;
}

if (import.meta.main) {
  const asked = readArguments(Deno.args);
  Deno.exit(
    await runCommand({
      usage: USAGE,
      asked: "mistakes" in asked ? { mistake: asked.mistakes.join("\n") } : asked,
      work: makeToken,
    }),
  );
}
