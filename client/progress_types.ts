/** How far a transfer is. */
import type { DownloadState } from "./download_types.ts";
import type { UploadState } from "./upload_types.ts";

export interface TransferProgress {
  state: UploadState | DownloadState;
  /** Of the whole file. null while it is unknown. */
  totalBytes: number | null;
  /** Safe and on their way; may fall when a chunk has to be sent again. */
  transferredBytes: number;
  /** Safe: acknowledged by the server, or written here. Never falls within one session. */
  confirmedBytes: number;
  /** Of `confirmedBytes`, those that were there before this run. */
  resumedBytes: number;
  /** `transferredBytes` by `totalBytes`, 0 to 1; 1 only at the end. 0 while the size is unknown. */
  fraction: number;
  /** Smoothed over the last seconds; 0 while nothing moves. */
  bytesPerSecond: number;
  /** null while it cannot be said. */
  secondsLeft: number | null;
}
