/** A form with a whole file and what is said of it, in any order, as an attachment. */
import type { Core } from "../services/core.ts";
import { fileFacts, type FileRequest } from "../services/file_rules.ts";
import type { AttachmentRecord, Caller } from "../services/model.ts";
import { Problem } from "../services/problem.ts";
import { giveUp, keep, receive, type Received, widestLimit } from "../services/uploads/whole_file.ts";
import { readForm } from "./http/form_upload.ts";
import { contentLength } from "./http/header_values.ts";

export interface FileForm {
  /** What the name of a part is taken for; as it is when absent. */
  nameOf?: (name: string) => string;
  /** What the fields and the file's part say; throws what is wrong with them. */
  requestOf(fields: Record<string, string>, file: SentFile): FileRequest & { sha256?: string | undefined };
  /** Whether the fields before the file say already what it is called and what its type is. */
  isNamed(fields: Record<string, string>): boolean;
}

interface SentFile {
  fileName: string | null;
  contentType: string | null;
}

/**
 * Its file goes into a blob under the widest rules; what it may be is decided when all fields are known, and by its first
 * bytes where they came before it.
 */
export async function storeForm(
  core: Core,
  caller: Caller,
  { request, nameOf, requestOf, isNamed }: FileForm & { request: Request },
): Promise<AttachmentRecord> {
  const leave = core.gate.enter();
  const state: { received?: Received } = {};
  const limit = widestLimit(core);
  try {
    const { fields, file } = await readForm(request, {
      fileField: "file",
      ...(nameOf && { nameOf }),
      maxFields: 20,
      maxFieldBytes: 4096,
      idleMs: core.config.uploads.idleSeconds * 1000,
      async onFile({ fileName, contentType, fieldsBefore, body }) {
        const refusal = () =>
          new Problem("file-too-large", `No file may have more than ${limit} bytes here.`, {
            extra: { maxBytes: limit },
          });
        const file = { length: null, atMost: contentLength(request.headers), digests: {}, body };
        const sent = { fileName, contentType };
        const facts = isNamed(fieldsBefore) ? fileFacts(core.config, requestOf(fieldsBefore, sent)) : null;
        state.received = await receive(core, caller, { file, facts, maxBytes: limit, refusal });
        return sent;
      },
    });
    const wanted = requestOf(fields, file);
    const received = state.received!;
    delete state.received; // `keep` undoes what it does not keep.
    return await keep(core, caller, { request: wanted, received });
  } catch (error) {
    if (state.received) await giveUp(core, caller, state.received);
    throw error;
  } finally {
    leave();
  }
}
