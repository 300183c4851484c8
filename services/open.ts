/** Opens everything the services need, in the order in which they need each other, and closes it the other way round. */
import { getLogger } from "@logtape/logtape";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { type DownloadCounts, newDownloadCounts } from "./attachments/download_counts.ts";
import { newAudit } from "./audit/audit.ts";
import { newRefusals, type Refusals } from "./audit/refusals.ts";
import { newBackground } from "./background.ts";
import { openDisk } from "./blobs/disk.ts";
import { dropUnsettled, resumeInterrupted } from "./cleanup.ts";
import type { Core } from "./core.ts";
import { DataDirUnusable, ensureWritable, lockDataDir, refuseUnfinished } from "./data_dir.ts";
import { createGate } from "./draining.ts";
import { attachmentIds } from "./ids.ts";
import { openImages } from "./images/images.ts";
import { newInTurn } from "./in_turn.ts";
import { newLimits } from "./limits/limits.ts";
import { newRemovalHold } from "./maintenance/removal_hold.ts";
import { countOpenUploads, rememberRuns } from "./metrics/earlier.ts";
import { newMetrics } from "./metrics/metrics.ts";
import { keys } from "./records/keys.ts";
import { openRecords, type Records } from "./records/records.ts";
import { type Leases, newLeases } from "./tokens/leases.ts";
import { newLiveUploads } from "./uploads/live.ts";

/** What Deno's own engine takes in one commit. */
const SQLITE_CHECKS = 100;
const KV_DEADLINE_MS = 10_000;

export interface Services {
  core: Core;
  downloads: DownloadCounts;
  /** Downloads by temporary access tokens. */
  leases: Leases;
  refusals: Refusals;
  /** Tells commands on this machine where the server listens. */
  publishAddress(address: string): Promise<void>;
  /** For the readiness check: throws when records or bytes cannot be reached. */
  check: { records(): Promise<void>; storage(): Promise<void> };
  /** Waits for background work, stores what is pending, closes. The gate is to be stopped before. */
  close(): Promise<void>;
}

export interface OpenOptions {
  version?: string;
  now?: () => number;
  /** Ms, monotonic. */
  elapsed?: () => number;
  delay?: (ms: number) => Promise<void>;
  /** Milliseconds that one call of the database may take; default 10 s. */
  recordsDeadlineMs?: number;
  /** Default true. False: uploads that a crash interrupted are left as they are for the next start of a server. */
  resumes?: boolean;
}

/** Throws `DataDirBusy` when another process has the data directory, `DataDirUnusable`. */
export async function openServices(config: Config, options: OpenOptions = {}): Promise<Services> {
  const {
    version = "",
    now = Date.now,
    elapsed = () => performance.now(),
    delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    recordsDeadlineMs = KV_DEADLINE_MS,
    resumes = true,
  } = options;
  const log = getLogger(["pawl", "services"]);
  // What is open when something fails is closed again.
  using opened = new DisposableStack();
  const lock = opened.use(await lockDataDir(config.dataDir));
  await refuseUnfinished(config.dataDir);
  const kv = await openDatabase(config.dataDir);
  const metrics = newMetrics();
  opened.defer(() => metrics.close());
  const records = openRecords(kv, {
    observer: metrics.records,
    maxChecks: SQLITE_CHECKS,
    deadlineMs: recordsDeadlineMs,
    delay,
    random: Math.random,
  });
  opened.defer(() => records.close());
  const blobs = await openDisk({ directory: config.dataDir, now, observer: metrics.storage }).catch(
    (error) => {
      throw new DataDirUnusable(config.dataDir, error.cause ?? error);
    },
  );
  opened.defer(() => blobs.close());
  const background = newBackground((name, error) => log.error("{name} failed: {error}", { name, error }));
  const audit = newAudit({ now });
  const inTurn = newInTurn();
  const limits = newLimits({ records, rules: config.limits, inTurn, background, now });
  const gate = createGate();
  const images = openImages(config, {
    isBusy: () => gate.running > 0,
    warn: (message, properties) => log.warning(message, properties),
    observer: metrics.images,
  });
  opened.defer(() => images.close());
  await images.checkMark();
  const core: Core = {
    config,
    records,
    blobs,
    live: newLiveUploads(records),
    gate,
    pool: [],
    background,
    inTurn,
    audit,
    images,
    limits,
    removals: newRemovalHold(elapsed),
    metrics,
    now,
    elapsed,
    newAttachmentId: attachmentIds(now),
  };
  const downloads = newDownloadCounts(records, now);
  const leases = newLeases({ records, background: core.background, now });
  const refusals = newRefusals({ records, audit, background });

  const dropped = await dropUnsettled(core);
  if (dropped > 0) {
    log.info("Removed {dropped} unfinished single-request uploads of the last run", { dropped });
  }
  await limits.recover();
  await rememberRuns(core);
  metrics.watch({
    version,
    jobs: config.jobs,
    openUploads: await countOpenUploads(records),
    activeUploads: () => core.live.active,
    imageQueue: () => images.workshop,
    room: () => blobs.room(),
    lowestDescriptor: () => lock.lowestDescriptor(),
  });
  if (resumes) core.background.run("resume interrupted work", () => resumeInterrupted(core));

  const owned = opened.move();
  return {
    core,
    downloads,
    leases,
    refusals,
    publishAddress: (address) => lock.publishAddress(address),
    check: {
      records: () => checkRecords(records, now),
      storage: () => blobs.check(),
    },
    async close() {
      images.close();
      blobs.close();
      await core.background.settled();
      await refusals.flush().catch((error) =>
        log.warning("Refusals are not in the audit: {error}", { error })
      );
      await downloads.flush().catch((error) => log.warning("Download counts are lost: {error}", { error }));
      owned.dispose();
    },
  };
}

/** Writes and reads: of a database whose disk stands still, what is in memory can be read all the same. */
async function checkRecords(records: Records, now: () => number): Promise<void> {
  await records.transact((commit) => Promise.resolve(void commit.set(keys.health(), { at: now() })));
  await records.get(keys.health());
}

async function openDatabase(dataDir: string): Promise<Deno.Kv> {
  const path = join(dataDir, "pawl.kv");
  try {
    // SQLite opens a file that it may only read, too, and refuses each change later; one that it makes is readable to
    // everybody. Its log gets the mode of the file.
    await ensureWritable(path);
    return await Deno.openKv(path);
  } catch (error) {
    throw new DataDirUnusable(dataDir, `pawl.kv: ${error instanceof Error ? error.message : error}`);
  }
}

/** The records alone, for a command that works while no server runs. Throws `DataDirBusy` when one does. */
export async function openRecordsAlone(dataDir: string): Promise<{ records: Records } & Disposable> {
  using opened = new DisposableStack();
  opened.use(await lockDataDir(dataDir));
  await refuseUnfinished(dataDir);
  const { records } = opened.use(recordsOf(await openDatabase(dataDir)));
  const owned = opened.move();
  return { records, [Symbol.dispose]: () => owned.dispose() };
}

/** The records in a copy of the database, which nobody else has open. */
export async function openRecordsOfCopy(path: string): Promise<{ records: Records } & Disposable> {
  return recordsOf(await Deno.openKv(path));
}

function recordsOf(kv: Deno.Kv): { records: Records } & Disposable {
  const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const records = openRecords(kv, { deadlineMs: KV_DEADLINE_MS, delay, random: Math.random });
  return { records, [Symbol.dispose]: () => records.close() };
}
