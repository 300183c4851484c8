/** What a job is, and what one of its runs counts. */
import type { JobName } from "../../config/config.ts";
import type { Core } from "../core.ts";

/** What a run has done so far; steps add to it as they go, so that it is right also when one fails. */
export interface Tally {
  lookedAt: number;
  /** Removed, or moved on to the next stage of its end. */
  removed: number;
  /** Bytes that nothing needs any more by this run. Those of files go after `blobs.graceMinutes`. */
  bytesFreed: number;
  /** Bytes that were read to be verified. */
  bytesRead: number;
  /** Blobs found whose bytes are missing or other ones. */
  damaged: number;
}

/** What a step gets beside the core. */
export interface StepContext {
  tally: Tally;
  /** Where the step before ended, also that of an earlier run; null: at the start. */
  position: string | null;
  /** Something that the administrator has to know; the first ones are kept with the run. */
  report(message: string): void;
  /** Something went wrong with one of many; the step goes on. */
  failed(error: unknown): void;
  /** To be called between things, now and then where they are small. Throws `RunEnded` when the run is not to go on. */
  pulse(): Promise<void>;
}

/** What a step needs that goes through many things one by one. */
export type StepProgress = Pick<StepContext, "tally" | "pulse">;

/** Of a step that nobody watches. */
export const unwatched = (tally: Tally = newTally()): StepProgress => ({
  tally,
  pulse: () => Promise.resolve(),
});

export interface StepResult {
  /** `more` goes on at once; `later` is for the next run; `done` when nothing is left. */
  next: "more" | "later" | "done";
  /** Where the next step begins; absent: at the start. */
  position?: string;
}

/** Something that a run would remove. */
export interface Candidate {
  kind: "upload" | "attachment" | "token" | "archive" | "audit entries" | "file" | "link download";
  id: string;
  /** Of a file, when it has one. */
  name: string | null;
  /** A sentence. */
  reason: string;
  /** Ms since 1970 from which its age counts. */
  since: number;
  /** null: it has none of its own. */
  bytes: number | null;
}

export interface Job {
  name: JobName;
  /** A sentence for administrators. */
  description: string;
  /** Does a bounded part of the work. Safe beside live traffic and beside another call of itself. */
  step(core: Core, context: StepContext): Promise<StepResult>;
  /** What a run would remove now, in its order; changes nothing. Absent: it removes nothing. */
  candidates?(core: Core): AsyncIterable<Candidate>;
  /** Whoever asks for a run wants it from the start, wherever the last one ended. */
  beginsAnew?: boolean;
  /** Whether it is to run beside its schedule: asked when the server has started, and by who shows what it does. */
  isDue?(core: Core): Promise<boolean>;
}

/** The run is not to go on: the process stops, or another run has taken its place. */
export class RunEnded extends Error {
  readonly why: "stopping" | "lease lost";

  constructor(why: "stopping" | "lease lost") {
    super(why);
    this.name = "RunEnded";
    this.why = why;
  }
}

export const newTally = (): Tally => ({ lookedAt: 0, removed: 0, bytesFreed: 0, bytesRead: 0, damaged: 0 });
