/**
 * `deno task audit verify`: checks the audit against its chain, through the running server or, when none runs, by
 * itself under the data directory's lock. Exit code 0: intact, 1: could not be checked, 3: something does not fit.
 */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { type AuditVerdict, verifyAudit } from "../services/audit/verify.ts";
import { openRecordsAlone } from "../services/open.ts";
import { type Asked, runCommand } from "./command.ts";
import type { ProgressLine } from "./progress_line.ts";
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
): Asked<{ head?: string }> {
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

async function verdictOf(
  config: Config,
  expected: string | undefined,
  line: ProgressLine,
): Promise<AuditVerdict> {
  const onProgress = ({ entries }: { entries: number }) => line.show(`${entries} entries checked`);
  return await serverOrLock(config, {
    async alone() {
      using opened = await openRecordsAlone(config.dataDir);
      return await verifyAudit(opened.records, { now: Date.now(), expected, onProgress });
    },
    async throughServer(server) {
      const json = expected === undefined ? {} : { expectedHead: expected };
      return await (await server.call("POST", "/api/v1/admin/audit/verify", { json })).json();
    },
  });
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

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      usage: USAGE,
      asked: readArguments(Deno.args),
      async work(config, { head }, line) {
        const verdict = await verdictOf(config, head, line);
        line.end();
        return report(verdict);
      },
    }),
  );
}
