/** Gives an upload up for good, finished or not: its address answers `upload-cancelled` from then on. */
import { putDeleted } from "../attachments/recycle_bin.ts";
import { actorOf } from "../audit/entry.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, UploadRecord } from "../model.ts";
import { permitted } from "../policy.ts";
import { keys } from "../records/keys.ts";
import { endWithoutFile } from "./end.ts";
import { endedProblem, findUpload } from "./find.ts";

/**
 * Stops a running append, frees the bytes. The file of a finished upload goes to the recycle bin, where its owner can
 * still get it back. Throws `not-found`, and `upload-cancelled`, `upload-expired` or `upload-failed` when it had
 * ended before.
 */
export async function terminateUpload(core: Core, caller: Caller, id: string): Promise<void> {
  let record = await findUpload(core, caller, { id, action: "upload.cancel" });
  if (record.status === "uploading") {
    record = await endWithoutFile(core, record, { status: "cancelled", actor: actorOf(caller) });
  } else if (record.status !== "completed") throw endedProblem(record);
  if (record.status === "completed") await withFile(core, caller, record);
}

async function withFile(core: Core, caller: Caller, { id, attachmentId }: UploadRecord): Promise<void> {
  const { records } = core;
  await records.transact(async (commit) => {
    const session = await records.get<UploadRecord>(keys.upload(id));
    if (session.value?.status !== "completed") return; // Our own commit, whose answer was lost.
    commit.check(session).set(session.key, { ...session.value, status: "cancelled" });
    const actor = actorOf(caller);
    core.audit.add(commit, {
      actor,
      action: "upload.cancel",
      target: { kind: "upload", id },
      detail: { fileName: session.value.fileName, ownerId: session.value.ownerId },
    });
    const file = await records.get<AttachmentRecord>(keys.attachment(attachmentId!));
    if (!file.value || file.value.deletedAt !== null) return;
    permitted(caller, "attachment.delete", file.value);
    putDeleted(core, commit, { entry: file, actor, detail: { why: "its upload was given up" } });
  });
}
