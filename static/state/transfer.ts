/** One file on its way up as the page shows it, and what follows from many of them. Plain values, pure functions. */
import type { Attachment } from "../../client/mod.ts";

export const PHASES = [
  "queued",
  "preparing",
  "opening",
  "comparing",
  "sending",
  "waiting",
  "paused",
  "finishing",
  "done",
  "failed",
] as const;
export type Phase = (typeof PHASES)[number];

/** What somebody dropped, chose or pasted. */
export interface ChosenFile {
  file: File;
  /** Folders above it with their slashes, "" for none. */
  folder: string;
}

export interface Transfer extends ChosenFile {
  readonly id: number;
  readonly businessType: string;
  phase: Phase;
  /** Bytes that are safe. */
  confirmed: number;
  /** Bytes that are safe or on their way. */
  transferred: number;
  bytesPerSecond: number;
  secondsLeft: number | null;
  /** Why it failed or waits. */
  error: unknown;
  /** When it is tried again, ms since 1970. */
  retryAt: number | null;
  /** Waits for something that is not the transfer's own matter. */
  hold: "connection" | "sign-in" | null;
  sessionId: string | null;
  /** Nothing had to be sent. */
  instant: boolean;
  attachment: Attachment | null;
}

const ENDED: readonly Phase[] = ["done", "failed"];
const IDLE: readonly Phase[] = ["queued", "paused", "done", "failed"];

/** Whether it has a connection to the server or soon will: it takes one of the places. */
export function isRunning({ phase, hold }: Transfer): boolean {
  return !IDLE.includes(phase) && hold === null;
}

export const isEnded = ({ phase }: Transfer): boolean => ENDED.includes(phase);

/** Whether leaving the page would interrupt it. */
export const isInterruptible = (transfer: Transfer): boolean =>
  !isEnded(transfer) && transfer.phase !== "paused";

export interface Totals {
  files: number;
  done: number;
  failed: number;
  paused: number;
  /** Neither ended nor paused. */
  active: number;
  bytes: number;
  confirmed: number;
  transferred: number;
  bytesPerSecond: number;
  /** null while it cannot be said. */
  secondsLeft: number | null;
}

/** Failed ones count neither as work done nor as work left. */
export function totalsOf(transfers: readonly Transfer[]): Totals {
  const totals = { files: transfers.length, done: 0, failed: 0, paused: 0, active: 0 };
  let [bytes, confirmed, transferred, bytesPerSecond] = [0, 0, 0, 0];
  for (const transfer of transfers) {
    const { phase, file: { size } } = transfer;
    if (phase === "failed") {
      totals.failed++;
      continue;
    }
    bytes += size;
    confirmed += phase === "done" ? size : transfer.confirmed;
    transferred += phase === "done" ? size : transfer.transferred;
    if (phase === "done") totals.done++;
    else if (phase === "paused") totals.paused++;
    else totals.active++;
    if (phase === "sending") bytesPerSecond += transfer.bytesPerSecond;
  }
  const left = bytes - confirmed;
  const secondsLeft = totals.active > 0 && bytesPerSecond > 0 ? left / bytesPerSecond : null;
  return { ...totals, bytes, confirmed, transferred, bytesPerSecond, secondsLeft };
}

const RANK: Record<Phase, number> = {
  failed: 0,
  sending: 1,
  finishing: 1,
  comparing: 1,
  opening: 1,
  preparing: 1,
  waiting: 1,
  paused: 1,
  queued: 2,
  done: 3,
};

/** What needs somebody first, then what moves, then what waits its turn, then what is done; else as chosen. */
export function inShownOrder(transfers: readonly Transfer[]): readonly Transfer[] {
  const groups: Transfer[][] = [[], [], [], []];
  for (const transfer of transfers) groups[RANK[transfer.phase]]!.push(transfer);
  // The latest done first: that is the one that somebody has just seen moving.
  return [...groups[0]!, ...groups[1]!, ...groups[2]!, ...groups[3]!.reverse()];
}

/** Whether it is the same file, chosen once more. */
export function isSameFile(a: ChosenFile, b: ChosenFile): boolean {
  return a.folder === b.folder && a.file.name === b.file.name && a.file.size === b.file.size &&
    a.file.lastModified === b.file.lastModified;
}

/** Sessions that these take care of. */
export function sessionsOf(transfers: readonly Transfer[]): Set<string> {
  return new Set(transfers.map(({ sessionId }) => sessionId).filter((id) => id !== null));
}
