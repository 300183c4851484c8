/** What every service works with; made once by `open.ts` and handed down as the first argument. */
import type { Config } from "../config/config.ts";
import type { Audit } from "./audit/audit.ts";
import type { Background } from "./background.ts";
import type { BlobStore } from "./blobs/blob_store.ts";
import type { Gate } from "./draining.ts";
import type { Images } from "./images/images.ts";
import type { InTurn } from "./in_turn.ts";
import type { Limits } from "./limits/limits.ts";
import type { RemovalHold } from "./maintenance/removal_hold.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Records } from "./records/records.ts";
import type { BufferPool } from "./uploads/body_source.ts";
import type { LiveUploads } from "./uploads/live.ts";

export interface Core {
  readonly config: Config;
  readonly records: Records;
  readonly blobs: BlobStore;
  readonly live: LiveUploads;
  /** Request bodies pass it; a stop closes it. */
  readonly gate: Gate;
  readonly pool: BufferPool;
  readonly background: Background;
  /** Work on one record that many want at once. */
  readonly inTurn: InTurn;
  readonly audit: Audit;
  readonly images: Images;
  readonly limits: Limits;
  /** While it is held, recorded bytes stay where they are. */
  readonly removals: RemovalHold;
  readonly metrics: Metrics;
  /** Ms since 1970. */
  readonly now: () => number;
  /** Ms, monotonic: for how long something has lasted, whatever is done to the clock. */
  readonly elapsed: () => number;
  readonly newAttachmentId: () => string;
}
