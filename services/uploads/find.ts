/** Finding a session that a request names, and saying why one cannot be worked on. */
import type { Core } from "../core.ts";
import { UPLOAD_ID } from "../ids.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { permitted, refusal } from "../policy.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import { keys } from "../records/keys.ts";
import type { LiveUpload } from "./live.ts";

const HOUR = 3_600_000;

/** The session, when `caller` may do `action` to it; whatever its status. */
export async function findUpload(
  core: Core,
  caller: Caller | null,
  of: { id: string; action: "upload.see" | "upload.write" | "upload.cancel" },
): Promise<UploadRecord> {
  if (!UPLOAD_ID.test(of.id)) throw refusal(caller);
  const entry = await core.records.get<UploadRecord>(keys.upload(of.id));
  return permitted(caller, of.action, entry.value);
}

/** When an open session expires, ms since 1970. */
export function expiresAt(core: Core, upload: Pick<LiveUpload, "lastProgressAt">): number {
  return upload.lastProgressAt + core.config.sessions.expireHours * HOUR;
}

/** When the expiry job first looks at a new session, ms since 1970. */
export function firstLook({ config }: Core, { createdAt }: UploadRecord): number {
  return createdAt + config.sessions.expireHours * HOUR;
}

/** Passes when bytes may still come. Throws what has become of the session otherwise. */
export function requireUploading(record: UploadRecord | null): asserts record is UploadRecord {
  if (record?.status === "uploading") return;
  throw endedProblem(record);
}

export function endedProblem(record: UploadRecord | null): Problem {
  switch (record?.status) {
    case "completed":
      return new Problem("upload-ended", "This upload is complete; its file is the attachment named here.", {
        extra: { attachmentId: record.attachmentId },
      });
    case "cancelled":
      return new Problem("upload-cancelled", "This upload was cancelled. Open a new one.");
    case "failed":
      return failedProblem(record.failure ?? "This upload failed. Open a new one.", record.failureCode);
    case "expired":
      return expiredProblem();
    default:
      return new Problem("not-found", "There is no such upload any more. Open a new one.");
  }
}

/** `reason`: the code of what it failed of. */
export function failedProblem(failure: string, reason: ProblemCode | undefined): Problem {
  return new Problem("upload-failed", failure, reason && { extra: { reason } });
}

export function expiredProblem(): Problem {
  return new Problem(
    "upload-expired",
    "This upload got no bytes for too long and has expired. Open a new one.",
  );
}

/** Whether an open session has expired, also before the job has recorded it. */
export function isOver(core: Core, upload: LiveUpload): boolean {
  return upload.claims.size === 0 && core.now() >= expiresAt(core, upload);
}

/** Throws `upload-expired` when the time is over. */
export function requireFresh(core: Core, upload: LiveUpload): void {
  if (isOver(core, upload)) throw expiredProblem();
}
