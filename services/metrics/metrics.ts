/**
 * What operators can read of the running server, in numbers. Names are a contract, and labels are words of ours out
 * of short lists: no ids, names or addresses of people, so that their number is bounded, and nothing of them leaks.
 */
import { Registry } from "prom-client";
import type { JobName } from "../../config/config.ts";
import type { Room, StorageObserver } from "../blobs/blob_store.ts";
import type { RecordsObserver } from "../records/records.ts";
import { type HttpMetrics, newHttpMetrics } from "./http.ts";
import { type ImageMetrics, newImageMetrics } from "./images.ts";
import { type JobMetrics, newJobMetrics } from "./jobs.ts";
import { newProcessMetrics } from "./process.ts";
import { newStorageMetrics } from "./storage.ts";
import { newTransferMetrics, type Transfers } from "./transfers.ts";
import { newUploadMetrics } from "./uploads.ts";

export interface Metrics {
  readonly http: HttpMetrics;
  readonly transfers: Transfers;
  readonly records: RecordsObserver;
  readonly storage: StorageObserver;
  readonly images: ImageMetrics;
  readonly jobs: JobMetrics;
  /** Gives what is known only once everything is open; asked at each reading. */
  watch(sources: MetricSources): void;
  /** All of it in the text format of Prometheus. */
  read(): Promise<{ text: string; contentType: string }>;
  close(): void;
}

/** What is asked when somebody reads. */
export interface MetricSources {
  version: string;
  jobs: Record<JobName, { enabled: boolean }>;
  /** Open sessions at the start; later ones are counted by what is committed. */
  openUploads: number;
  /** Sessions that somebody works with right now. */
  activeUploads(): number;
  imageQueue(): { waiting: number; working: number };
  room(): Promise<Room | null>;
  /** The number of the lowest free descriptor; null: there is none. */
  lowestDescriptor(): number | null;
}

export function newMetrics(): Metrics {
  const registry = new Registry();
  const uploads = newUploadMetrics(registry);
  const storage = newStorageMetrics(registry, { committed: uploads.committed });
  const images = newImageMetrics(registry);
  const jobs = newJobMetrics(registry);
  const process = newProcessMetrics(registry);
  return {
    http: newHttpMetrics(registry),
    transfers: newTransferMetrics(registry),
    records: storage.records,
    storage: storage.bytes,
    images,
    jobs,
    watch(sources) {
      uploads.watch(sources);
      storage.watch(sources);
      images.watch(sources);
      jobs.watch(sources);
      process.watch(sources);
    },
    async read() {
      await storage.look();
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
    close: () => process.close(),
  };
}
