/** `deno task restore DIR`: brings a backup back into an empty data directory, and checks what is there then. */
import type { Config } from "../config/config.ts";
import { readArguments, type Wanted } from "./backup/arguments.ts";
import { readManifest } from "./backup/layout.ts";
import { openToRead } from "./backup/open_backup.ts";
import { restoreBackup } from "./backup/restore_backup.ts";
import { failureText, progressText, sizeText } from "./backup/sentences.ts";
import { runCommand } from "./command.ts";
import { check } from "./fsck.ts";
import { interruption } from "./interruption.ts";
import type { ProgressLine } from "./progress_line.ts";

const USAGE =
  `Brings a backup back into the data directory (PAWL_DATA_DIR), which must be empty, and checks it.

  deno task restore DIR [--bytes]

  DIR       the directory of the backup
  --bytes   reads what has been written back again and compares its digests
  --help    prints this

Exit codes: 0 everything is back; 1 it is not: the message says why; 3 it is, but something is lost or wrong.
`;

const WRONG = 3;
const TOLD_FINDINGS = 20;

async function restore(config: Config, { directory, bytes }: Wanted, line: ProgressLine): Promise<number> {
  const { dataDir } = config;
  let findings: string[];
  {
    using opened = await openToRead(directory);
    const { layout } = opened;
    const manifest = await readManifest(layout);
    if (manifest === null) {
      throw new Error(`The first backup in ${directory} has not ended: there is none yet.`);
    }
    using interrupted = interruption();
    const progress = (said: Parameters<typeof progressText>[0]) => line.show(progressText(said));
    findings = await restoreBackup({ layout, manifest, dataDir, signal: interrupted.signal, progress });
    line.end();
    const { takenAt, blobs, openUploads, bytes: size, secret } = manifest;
    console.log(
      `${dataDir} is as it was at ${takenAt}: ${blobs} blobs and ${openUploads} open uploads, ${
        sizeText(size)
      }.`,
    );
    if (!secret) console.log("The backup holds no secret: set PAWL_JWT_SECRET to the one that you had.");
  }
  for (const finding of findings.slice(0, TOLD_FINDINGS)) console.error(finding);
  const { left } = await check(config, { mend: false, bytes }, line);
  line.end();
  if (left === 0 && findings.length === 0) {
    console.log("Records and bytes were checked: nothing is wrong.");
    return 0;
  }
  console.error(
    `${findings.length} things are not in the backup as they should be, ${left} are wrong in the store: ` +
      "deno task fsck --mend marks what is lost.",
  );
  return WRONG;
}

if (import.meta.main) {
  // Tasks run where `deno.json` is.
  const asked = readArguments(Deno.args, Deno.env.get("INIT_CWD") ?? Deno.cwd());
  const failure = (error: unknown, { dataDir }: Config) => failureText(error, dataDir);
  Deno.exit(await runCommand({ usage: USAGE, asked, work: restore, failure }));
}
