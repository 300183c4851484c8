/** Records and bytes: how long they take, how often commits meet, how much room is left. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Room, StorageObserver } from "../blobs/blob_store.ts";
import type { RecordsObserver } from "../records/records.ts";
import type { MetricSources } from "./metrics.ts";

/** A disk that stands still must not keep the rest from being read, ms. */
const ROOM_DEADLINE_MS = 500;
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

export interface StorageMetrics {
  records: RecordsObserver;
  bytes: StorageObserver;
  watch(sources: Pick<MetricSources, "room">): void;
  /** To be called before each reading. */
  look(): Promise<void>;
}

const UNKNOWN: Room = { totalBytes: NaN, freeBytes: NaN, reserveBytes: NaN };

export function newStorageMetrics(
  registry: Registry,
  { committed }: Pick<RecordsObserver, "committed">,
): StorageMetrics {
  const registers = [registry];
  const calls = new Histogram({
    name: "pawl_kv_duration_seconds",
    help: "Time of one read or commit of the database.",
    labelNames: ["operation"],
    buckets: BUCKETS,
    registers,
  });
  const commits = new Counter({
    name: "pawl_kv_commits_total",
    help:
      "Commits, by whether they were applied: conflict says that a record had changed, or that it was locked.",
    labelNames: ["result"],
    registers,
  });
  const retries = new Counter({
    name: "pawl_kv_retries_total",
    help: "Changes that were tried again after a conflict.",
    registers,
  });
  const disk = new Histogram({
    name: "pawl_disk_duration_seconds",
    help: "Time of one write of a file's bytes, and of bringing them to stable storage.",
    labelNames: ["operation"],
    buckets: BUCKETS,
    registers,
  });
  for (const result of ["committed", "conflict", "failed"]) commits.inc({ result }, 0);
  for (const operation of ["read", "commit"]) calls.zero({ operation });
  for (const operation of ["write", "sync"]) disk.zero({ operation });
  const reads = calls.labels("read"), writes = calls.labels("commit");
  const wrote = disk.labels("write"), synced = disk.labels("sync");
  let found = UNKNOWN;
  let ask: MetricSources["room"] = () => Promise.resolve(null);

  return {
    records: {
      read: (ms) => reads.observe(ms / 1000),
      commit(ms, result) {
        writes.observe(ms / 1000);
        commits.inc({ result });
      },
      committed,
      retry: () => retries.inc(),
    },
    bytes: {
      wrote: (ms) => wrote.observe(ms / 1000),
      synced: (ms) => synced.observe(ms / 1000),
    },
    watch({ room }) {
      const gauge = (name: string, help: string, value: () => number) =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(value());
          },
        });
      gauge(
        "pawl_disk_total_bytes",
        "Bytes of the file system of the data directory.",
        () => found.totalBytes,
      );
      gauge("pawl_disk_free_bytes", "Bytes of it that are free.", () => found.freeBytes);
      gauge(
        "pawl_disk_reserve_bytes",
        "Free bytes below which no file is taken any more.",
        () => found.reserveBytes,
      );
      ask = room;
    },
    async look() {
      found = await inTime(ask()) ?? UNKNOWN;
    },
  };
}

/** null when it does not come, or fails. */
async function inTime<T>(asked: Promise<T | null>): Promise<T | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve) => timer = setTimeout(resolve, ROOM_DEADLINE_MS, null));
  try {
    return await Promise.race([asked.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}
