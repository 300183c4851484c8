/** The bytes of a finished upload by the address it was uploaded to. */
import { type Content, findContent } from "../attachments/content.ts";
import type { Core } from "../core.ts";
import { UPLOAD_ID } from "../ids.ts";
import type { Caller, UploadRecord } from "../model.ts";
import { refusal } from "../policy.ts";
import { keys } from "../records/keys.ts";

/** Who may read the attachment may read it here. Throws `not-found` while the upload is not finished. */
export async function findUploadContent(core: Core, caller: Caller | null, id: string): Promise<Content> {
  if (!UPLOAD_ID.test(id)) throw refusal(caller);
  const { value } = await core.records.get<UploadRecord>(keys.upload(id));
  if (value?.status !== "completed") throw refusal(caller);
  return await findContent(core, caller, value.attachmentId!);
}
