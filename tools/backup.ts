/**
 * `deno task backup DIR`: copies records and bytes of the data directory, beside a running server or, when none runs,
 * under the data directory's lock.
 */
import type { Config } from "../config/config.ts";
import denoJson from "../deno.json" with { type: "json" };
import { lockDataDir, refuseUnfinished } from "../services/data_dir.ts";
import { readArguments } from "./backup/arguments.ts";
import { takeHold } from "./backup/hold.ts";
import type { Layout, Manifest } from "./backup/layout.ts";
import { makeBackup } from "./backup/make_backup.ts";
import { openToWrite } from "./backup/open_backup.ts";
import { failureText, progressText, sizeText } from "./backup/sentences.ts";
import { runCommand } from "./command.ts";
import { interruption } from "./interruption.ts";
import type { ProgressLine } from "./progress_line.ts";
import { serverOrLock } from "./server_or_lock.ts";

const USAGE = `Makes a backup of records and bytes, or brings one up to date.

  deno task backup DIR [--bytes]

  DIR       an empty or new directory, or one with a backup: then only what is new is copied
  --bytes   also reads what was copied before and compares its digests
  --help    prints this

With a server running it works beside that one, which goes on as ever; without, by itself.
Exit codes: 0 everything is in it; 1 there is no new backup, that of before is as it was; 3 there is one, but bytes
are missing in it that were lost in the store.
`;

const LOST = 3;
const TOLD_FINDINGS = 20;

async function backUp(
  config: Config,
  { bytes, layout, line }: { bytes: boolean; layout: Layout; line: ProgressLine },
): Promise<Manifest> {
  const { dataDir } = config;
  using interrupted = interruption();
  const make = (how: { beside: boolean; signal: AbortSignal; confirm: () => Promise<void> }) =>
    makeBackup({
      ...how,
      dataDir,
      layout,
      bytes,
      version: denoJson.version,
      progress: (said) => line.show(progressText(said)),
      now: () => new Date().toISOString(),
    });
  return await serverOrLock(config, {
    async alone() {
      using _lock = await lockDataDir(dataDir);
      await refuseUnfinished(dataDir);
      return await make({ beside: false, signal: interrupted.signal, confirm: () => Promise.resolve() });
    },
    async throughServer(server) {
      const hold = await takeHold(server, () => performance.now());
      try {
        const signal = AbortSignal.any([hold.signal, interrupted.signal]);
        return await make({ beside: true, signal, confirm: hold.confirm });
      } finally {
        await hold.release();
      }
    },
  });
}

function tell(config: Config, directory: string, manifest: Manifest): number {
  const { blobs, openUploads, bytes, takenAt, secret, findings } = manifest;
  console.log(
    `${directory} holds everything as it was at ${takenAt}: ${blobs} blobs and ${openUploads} open uploads, ` +
      `${sizeText(bytes)}.`,
  );
  if (!secret && config.jwt.secret !== null) {
    console.log("The secret is not in it, because it is configured (PAWL_JWT_SECRET): keep it yourself.");
  }
  if (findings.length === 0) return 0;
  for (const finding of findings.slice(0, TOLD_FINDINGS)) console.error(finding);
  console.error(`${findings.length} things could not be copied: deno task fsck says more of them.`);
  return LOST;
}

if (import.meta.main) {
  // Tasks run where `deno.json` is.
  const asked = readArguments(Deno.args, Deno.env.get("INIT_CWD") ?? Deno.cwd());
  Deno.exit(
    await runCommand({
      usage: USAGE,
      asked,
      async work(config, { directory, bytes }, line) {
        using opened = await openToWrite(directory, config.dataDir);
        const manifest = await backUp(config, { bytes, layout: opened.layout, line });
        line.end();
        return tell(config, directory, manifest);
      },
      failure: (error) => failureText(error, "directory" in asked ? asked.directory : ""),
    }),
  );
}
