/** What went wrong, as the person who ran the command is told. */
import { PawlError } from "../errors.ts";
import { type ExitReason, exitReasonOf } from "./exit_codes.ts";

/** A failure that the command line found itself. The message is a sentence for the person, without secrets. */
export class CommandError extends Error {
  readonly reason: ExitReason;

  constructor(reason: ExitReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.reason = reason;
  }
}

/** The reason that a signal aborts with when the person, or the system, asks the command to end. */
export class Interrupted extends Error {
  readonly reason: "interrupted" | "terminated";

  constructor(reason: "interrupted" | "terminated") {
    super("Interrupted.");
    this.name = "Interrupted";
    this.reason = reason;
  }
}

export interface Failure {
  reason: ExitReason;
  /** Stable: a code of the server or the library, a system's such as `ENOENT`, or the exit's reason. */
  code: string;
  message: string;
}

const SYSTEM: Record<string, string> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "symbolic links lead in a circle",
};

/** Any error as a sentence. A defect keeps its own message, so that it can be reported. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommandError || error instanceof Interrupted) {
    return { reason: error.reason, code: error.reason, message: error.message };
  }
  if (error instanceof PawlError) return ofPawl(error);
  const { code, path } = error as { code?: unknown; path?: unknown };
  if (typeof code === "string" && code in SYSTEM) {
    const where = typeof path === "string" ? `${path}: ` : "";
    return { reason: "failure", code, message: `${where}${SYSTEM[code]}.` };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { reason: "failure", code: typeof code === "string" ? code : "failure", message };
}

function ofPawl(error: PawlError): Failure {
  const reason = exitReasonOf(error);
  const { code, detail, requestId, retryAfter } = error;
  const notes: string[] = [];
  if (reason === "notSignedIn") notes.push("Sign in with: pawl login");
  if (retryAfter !== null && retryAfter > 0) notes.push(`Try again in ${retryAfter} s.`);
  if (reason === "failure" && requestId) notes.push(`The server's log has it as request ${requestId}.`);
  return { reason, code, message: [detail, ...notes].join(" ") };
}
