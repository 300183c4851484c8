/** What the process's exit code says to a script: a closed, documented table. */
import { PawlError } from "../errors.ts";

export interface ExitCode {
  code: number;
  meaning: string;
}

/** A stable contract: codes are never changed, only added. */
export const EXIT = {
  ok: { code: 0, meaning: "done" },
  failure: { code: 1, meaning: "failed: a file of yours, a digest, a defect" },
  usage: { code: 2, meaning: "the command line is not right" },
  notSignedIn: { code: 3, meaning: "not signed in, or the sign-in has ended" },
  notFound: { code: 4, meaning: "no such file, session or link at the server" },
  refused: { code: 5, meaning: "refused by a rule or a limit of the server" },
  unavailable: { code: 6, meaning: "the server cannot be reached or cannot answer now: try again later" },
  interrupted: { code: 130, meaning: "interrupted by Ctrl-C; what was sent is kept" },
  brokenPipe: { code: 141, meaning: "the program that reads the output has ended" },
  terminated: { code: 143, meaning: "ended by SIGTERM; what was sent is kept" },
} as const satisfies Record<string, ExitCode>;

export type ExitReason = keyof typeof EXIT;

const BY_CLIENT_CODE: Record<string, ExitReason> = {
  "network": "unavailable",
  "stalled": "unavailable",
  "unexpected-answer": "unavailable",
};

const BY_STATUS: Record<number, ExitReason> = {
  401: "notSignedIn",
  404: "notFound",
  408: "unavailable",
  410: "notFound",
  500: "failure",
};

/** What a failed request means. Pure. */
export function exitReasonOf({ code, status }: Pick<PawlError, "code" | "status">): ExitReason {
  const known = BY_CLIENT_CODE[code] ?? BY_STATUS[status];
  if (known !== undefined) return known;
  if (status > 500) return "unavailable";
  return status >= 400 ? "refused" : "failure";
}

/** Of a command with several results: what they failed with when it is the same for all, else a plain failure. */
export function combined(reasons: readonly ExitReason[]): ExitReason {
  const failed = new Set(reasons.filter((reason) => reason !== "ok"));
  if (failed.size === 0) return "ok";
  return failed.size === 1 ? [...failed][0]! : "failure";
}
