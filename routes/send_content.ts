/** The bytes of a file as an answer, whole or in ranges, and counted as a download. */
import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import type { Content } from "../services/attachments/content.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import type { AttachmentRecord } from "../services/model.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";

const log = getLogger(["pawl", "download"]);

export interface Sending {
  /** Saved under this name instead of its own; checked. */
  fileName?: string | undefined;
  /** To be saved, whatever the type. */
  download?: boolean;
  /** Shown in a frame of our own page, if that is safe. */
  preview?: boolean;
}

/** Sends what a caller may have: what that is has been decided before. */
export type SendContent = (c: Context<Env>, content: Content, sending?: Sending) => Promise<Response>;

export function contentSender(core: Core, downloads: DownloadCounts): SendContent {
  const load = { open: 0 };
  return async (c, { attachment, open }, { fileName = attachment.fileName, download = false, preview = false } = {}) => {
    const client = `${c.var.clientAddress} ${c.var.caller?.id ?? ""} ${c.req.header("User-Agent") ?? ""}`;
    const requestId = c.var.requestId;
    return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
      size: attachment.size,
      sha256: attachment.sha256,
      lastModified: attachment.createdAt,
      contentType: attachment.contentType,
      fileName,
      download,
      preview,
      cacheControl: cacheControl(attachment),
      vary: "Authorization, Cookie",
      async open() {
        const reader = await open();
        downloads.begin(attachment.id, client);
        return reader;
      },
      onEnd({ sent, left }) {
        downloads.end(attachment.id, client);
        if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
      },
    }, { now: core.now(), load });
  };
}

/** The bytes at this address never change, but who may have them does: caches ask again each time. */
function cacheControl({ visibility }: AttachmentRecord): string {
  return visibility === "public" ? "public, no-cache" : "private, no-cache";
}
