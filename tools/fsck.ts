/**
 * `deno task fsck`: checks records against bytes, through the running server or, when none runs, by itself under the
 * data directory's lock.
 */
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { type CheckEvent, type CheckReport, checkStore } from "../services/maintenance/check.ts";
import { FINDING_KINDS, type FindingKind } from "../services/maintenance/finding.ts";
import { openServices } from "../services/open.ts";
import { type Asked, runCommand } from "./command.ts";
import { jsonLines } from "./json_lines.ts";
import type { ProgressLine } from "./progress_line.ts";
import { type RunningServer, serverOrLock } from "./server_or_lock.ts";

const USAGE = `Checks that records and stored bytes agree, and mends what can be mended safely.

  deno task fsck [--mend] [--bytes]

  --mend    puts right what was found; what is lost is marked as damaged
  --bytes   reads all stored bytes again and compares their digests
  --help    prints this

With a server running it asks that one; without, it works by itself. Safe beside uploads and downloads.
Exit codes: 0 nothing is wrong, or everything was mended; 1 it could not be checked; 3 something is left.
`;

const LEFT = 3;

interface Wanted {
  mend: boolean;
  bytes: boolean;
}

/** What the arguments ask for, or what is wrong with them, as a sentence. Pure. */
export function readArguments(args: readonly string[]): Asked<Wanted> {
  try {
    const { values: { help, mend, bytes } } = parseArgs({
      args: [...args],
      options: {
        mend: { type: "boolean", default: false },
        bytes: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return help ? { help: true } : { mend, bytes };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

export async function check(config: Config, wanted: Wanted, line: ProgressLine): Promise<CheckReport> {
  return await serverOrLock(config, {
    async alone() {
      const services = await openServices(config, { resumes: false });
      try {
        const actor = { id: "local", role: "admin", address: null, requestId: null } as const;
        return await follow(checkStore(services.core, { actor, ...wanted }), line);
      } finally {
        await services.close();
      }
    },
    throughServer: (server) => follow(asked(server, wanted), line),
  });
}

async function* asked(server: RunningServer, wanted: Wanted): AsyncGenerator<CheckEvent> {
  const response = await server.call("POST", "/api/v1/admin/maintenance/check", { json: wanted });
  for await (const event of jsonLines<CheckEvent | { type: "error"; detail: string }>(response.body!)) {
    if (event.type === "error") throw new Error(event.detail);
    yield event;
  }
}

const STATES = { left: "", mended: " [mended]", marked: " [marked]", failed: " [not mended]" };

/** Says what comes; gives the report. */
async function follow(events: AsyncIterable<CheckEvent>, line: ProgressLine): Promise<CheckReport> {
  for await (const event of events) {
    if (event.type === "progress") {
      const { stage, lookedAt, bytesRead } = event;
      const read = bytesRead > 0 ? `, ${(bytesRead / 1e9).toFixed(1)} GB read` : "";
      line.show(`Checking ${stage}: ${lookedAt}${read}`);
    } else if (event.type === "finding") {
      const { kind, text, state, why } = event;
      line.print(`${kind}: ${text}${STATES[state]}${why ? ` ${why}` : ""}`);
    } else return event;
  }
  throw new Error("The check was broken off: the server has ended.");
}

function tellReport(report: CheckReport, { mend }: Wanted): number {
  const { lookedAt, found, mended, left, undecided } = report;
  console.log(
    `${lookedAt.files ?? 0} files, ${lookedAt.uploads ?? 0} uploads and ` +
      `${lookedAt["stored bytes"] ?? 0} stored blobs were checked.`,
  );
  for (const [kind, count] of Object.entries(found)) {
    console.log(`${String(count).padStart(8)} ${FINDING_KINDS[kind as FindingKind]}`);
  }
  if (undecided > 0) console.log(`${undecided} records changed all the time: check again when less goes on.`);
  if (left === 0) {
    console.log(mended === 0 ? "Nothing is wrong." : `Everything that was wrong was mended (${mended}).`);
    return 0;
  }
  console.log(
    mend
      ? `${mended} were mended, ${left} are left: docs/fsck.md says what to do.`
      : `${left} were found. Nothing was changed: --mend puts right what can be.`,
  );
  return LEFT;
}

if (import.meta.main) {
  const asked = readArguments(Deno.args);
  Deno.exit(
    await runCommand({
      usage: USAGE,
      asked,
      async work(config, wanted, line) {
        const report = await check(config, wanted, line);
        line.end();
        return tellReport(report, wanted);
      },
    }),
  );
}
