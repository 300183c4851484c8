/**
 * `deno task audit verify`: checks the audit against its chain, through the running server or, when none runs, by
 * itself under the data directory's lock. Exit code 0: intact, 1: could not be checked, 3: something does not fit.
 */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { pawlVariables } from "../config/process_environment.ts";
import { type AuditVerdict, verifyAudit } from "../services/audit/verify.ts";
import { openRecordsAlone } from "../services/open.ts";
import { serverOrLock } from "./server_or_lock.ts";

const USAGE = `Checks that no audit entry was changed, removed or slipped in.

  deno task audit verify [--head HEX]

  --head HEX   a head that an earlier check printed: shows that nothing was cut off since
  --help       prints this

Exit codes: 0 intact, 1 it could not be checked, 3 something does not fit.
`;

const NOT_INTACT = 3;
const HEAD = /^[0-9a-f]{64}$/;

/** What the arguments ask for, or what is wrong with them, as a sentence. Pure. */
export function readArguments(
  args: readonly string[],
): { help: true } | { mistake: string } | { head?: string } {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { head: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
    });
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
  const { values: { head, help }, positionals } = parsed;
  if (help) return { help: true };
  if (positionals.length !== 1 || positionals[0] !== "verify") return { mistake: "Say what to do: verify." };
  if (head === undefined) return {};
  return HEAD.test(head)
    ? { head }
    : { mistake: "--head must be the 64 hexadecimal digits that verify printed." };
}

async function main(): Promise<number> {
  const request = readArguments(Deno.args);
  if ("help" in request) {
    console.log(USAGE);
    return 0;
  }
  if ("mistake" in request) return fail(`${request.mistake}\n\n${USAGE}`);
  const loaded = await loadConfig({ env: pawlVariables(), readTextFile: Deno.readTextFile, cwd: Deno.cwd() });
  if ("mistakes" in loaded) return fail(["The configuration is not valid:", ...loaded.mistakes].join("\n"));
  try {
    return report(await verdictOf(loaded.config, request.head));
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

async function verdictOf(config: Config, expected: string | undefined): Promise<AuditVerdict> {
  return await serverOrLock(config, {
    async alone() {
      using opened = await openRecordsAlone(config.dataDir);
      return await verifyAudit(opened.records, { now: Date.now(), expected, onProgress: showProgress() });
    },
    async throughServer(server) {
      const json = expected === undefined ? {} : { expectedHead: expected };
      return await (await server.call("POST", "/api/v1/admin/audit/verify", { json })).json();
    },
  });
}

/** A line that is rewritten, on a terminal only. */
function showProgress() {
  if (!Deno.stderr.isTerminal()) return () => {};
  return ({ entries }: { entries: number }) => {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r${entries} entries checked`));
  };
}

function report({ seals, sealed, unsealed, head, findings }: AuditVerdict): number {
  console.log(`${sealed} entries in ${seals} seals, ${unsealed} not sealed yet.`);
  console.log(`Head: ${head}   (keep it elsewhere: --head checks later that nothing was cut off)`);
  if (findings.length === 0) {
    console.log("Intact: every entry is as it was written.");
    return 0;
  }
  for (const finding of findings) console.error(finding);
  console.error(`Not intact: ${findings.length} findings.`);
  return NOT_INTACT;
}

function fail(message: string): number {
  console.error(message);
  return 1;
}

if (import.meta.main) Deno.exit(await main());
