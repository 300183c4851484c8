/** The bytes of a file as an answer, whole or in ranges, and counted as a download. */
import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import type { Content } from "../services/attachments/content.ts";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { extensionOf } from "../services/file_name.ts";
import type { VariantContent } from "../services/images/variants.ts";
import type { AttachmentRecord } from "../services/model.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";

const log = getLogger(["pawl", "download"]);

export interface Sending {
  /** The method that is meant, when it is not the request's own. */
  method?: string;
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
  const load = core.metrics.transfers;
  return async (
    c,
    { attachment, variant, open },
    { method, fileName, download = false, preview = false } = {},
  ) => {
    const client = `${c.var.clientAddress} ${c.var.caller?.id ?? ""} ${c.req.header("User-Agent") ?? ""}`;
    const requestId = c.var.requestId;
    const { size, sha256, contentType } = variant ?? attachment;
    return await fileResponse({ method: method ?? c.req.method, headers: c.req.raw.headers }, {
      size,
      sha256,
      contentType,
      lastModified: variant ? variant.madeAt : attachment.createdAt,
      fileName: fileName ?? (variant ? variantName(attachment, variant) : attachment.fileName),
      download,
      preview,
      cacheControl: cacheControl(attachment),
      vary: "Authorization, Cookie",
      async open() {
        const reader = await open();
        if (!variant) downloads.begin(attachment.id, client);
        return reader;
      },
      onEnd({ sent, left }) {
        if (!variant) downloads.end(attachment.id, client);
        if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
      },
    }, { now: core.now(), load, freesPieces: c.env?.freesPieces });
  };
}

/** `photo.heic` -> `photo.jpg`: a variant may be of another format. */
export function variantName({ fileName }: AttachmentRecord, { contentType }: VariantContent): string {
  const extension = extensionOf(fileName);
  const stem = extension === "" ? fileName : fileName.slice(0, -extension.length);
  return `${stem}${contentType === "image/png" ? ".png" : ".jpg"}`;
}

/** The bytes at this address never change, but who may have them does: caches ask again each time. */
function cacheControl({ visibility }: AttachmentRecord): string {
  return visibility === "public" ? "public, no-cache" : "private, no-cache";
}
