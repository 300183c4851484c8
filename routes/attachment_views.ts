/** Attachments as answers show them: their records, with what stands elsewhere. */
import type { z } from "@hono/zod-openapi";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { variantsOf } from "../services/images/variants.ts";
import type { AttachmentRecord } from "../services/model.ts";
import { type Attachment, attachmentJson } from "./schemas.ts";

export function attachmentViews(
  core: Core,
  downloads: DownloadCounts,
): (records: AttachmentRecord[]) => Promise<z.infer<typeof Attachment>[]> {
  return async (records) => {
    const counts = await downloads.of(records.map(({ id }) => id));
    return records.map((record, index) =>
      attachmentJson(record, { downloadCount: counts[index]!, variants: variantsOf(core, record) })
    );
  };
}
