/** Completing for clients that know of no "ask again": the answer waits until the file is there. */
import type { Core } from "../../services/core.ts";
import type { AttachmentRecord, Caller } from "../../services/model.ts";
import { Problem } from "../../services/problem.ts";
import { complete, type CompleteRequest } from "../../services/uploads/complete.ts";

/** Throws `busy` after about `seconds`; it goes on meanwhile. */
export async function completeAndWait(
  core: Core,
  caller: Caller,
  { seconds, ...request }: CompleteRequest & { seconds: number },
): Promise<AttachmentRecord> {
  for (let waited = 0; waited < seconds; waited += core.config.uploads.answerSeconds) {
    const done = await complete(core, caller, request);
    if (done.state === "completed") return done.attachment;
  }
  throw new Problem("busy", "Putting this file together takes longer. Ask again in a moment.", {
    retryAfter: 5,
  });
}
