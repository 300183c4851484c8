/** What people are told when a limit is in their way. */
import { Problem } from "../problem.ts";
import type { Exceeded, LimitName } from "./rules.ts";

/** Limit -> the setting by which it is changed. */
export const LIMIT_SETTINGS: Record<LimitName, string> = {
  "uploads-at-once": "limits.uploadsAtOnce",
  "uploads-per-minute": "limits.uploadsPerMinute",
  "bytes-per-day": "limits.bytesPerDay",
};

export function exceededProblem({ limit, max, used, wanted, freeAt }: Exceeded, now: number): Problem {
  const extra = { limit, max, used, wanted, setting: LIMIT_SETTINGS[limit] };
  if (freeAt === null) {
    return new Problem(
      "over-daily-limit",
      `The upload needs ${wanted} bytes, more than the ${max} that you may upload in a whole day. An administrator can raise ${
        LIMIT_SETTINGS[limit]
      }.`,
      { extra },
    );
  }
  const free = new Date(freeAt).toISOString();
  return new Problem(limit, sentence({ limit, max, used, wanted, freeAt }, free), {
    retryAfter: Math.max(1, Math.ceil((freeAt - now) / 1000)),
    extra: { ...extra, freeAt: free },
  });
}

function sentence({ limit, max, used, wanted }: Exceeded, free: string): string {
  switch (limit) {
    case "uploads-at-once":
      return `${used} of your uploads are running, and ${max} may run at once. Go on when one has ended, or was silent for a minute: at ${free} at the latest.`;
    case "uploads-per-minute":
      return `You began ${used} uploads in the last minute, and ${max} are allowed. The next one can begin at ${free}.`;
    case "bytes-per-day":
      return `You uploaded ${used} of ${max} bytes today, so that ${wanted} more are too many. There is room again at ${free}.`;
  }
}
