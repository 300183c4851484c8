/** The bytes of a link's file as an answer, within a use of the link. */
import { getLogger } from "@logtape/logtape";
import type { Context } from "hono";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import type { Leases } from "../services/tokens/leases.ts";
import type { VariantName } from "../services/images/recipe.ts";
import { findVariant } from "../services/images/variants.ts";
import { findLink, type Link } from "../services/tokens/link.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { variantName } from "./send_content.ts";

const log = getLogger(["pawl", "download"]);
/** What decides whether it is the page or the bytes, and for whom. */
const VARY = "Accept, Accept-Language, Authorization, Cookie, Range, User-Agent";

export interface LinkSender {
  /** What `secret` leads to, for whoever asks; what `findLink` throws. */
  find(c: Context<Env>, secret: string): Promise<Link>;
  /** `download`: to be saved, whatever the type. `variant`: a smaller one of a picture instead. Throws `no-variant`. */
  send(
    c: Context<Env>,
    link: Link,
    options: { download: boolean; variant?: VariantName | undefined },
  ): Promise<Response>;
}

export function linkSender(
  core: Core,
  { downloads, leases }: { downloads: DownloadCounts; leases: Leases },
): LinkSender {
  const load = core.metrics.transfers;
  return {
    find(c, secret) {
      const { clientAddress: address, requestId, caller } = c.var;
      const visitor = { from: { address, requestId }, userAgent: c.req.header("User-Agent") ?? "", caller };
      return findLink(core, leases, { secret, visitor });
    },
    async send(c, link, { download: toBeSaved, variant: name }) {
      const { attachment } = link;
      const variant = name && await findVariant(core, attachment, name);
      const { size, sha256, contentType } = variant ?? attachment;
      const { requestId } = c.var;
      let end = () => {};
      return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
        size,
        sha256,
        contentType,
        lastModified: variant ? variant.madeAt : attachment.createdAt,
        fileName: variant ? variantName(attachment, variant) : attachment.fileName,
        download: toBeSaved,
        cacheControl: "private, no-cache",
        vary: VARY,
        async open() {
          const download = await link.open(variant && (() => variant.open()));
          end = download.end;
          if (download.isNew) downloads.add(attachment.id);
          return {
            async read(into, position) {
              download.send();
              return await download.reader.read(into, position);
            },
            close: () => download.reader.close(),
          };
        },
        onEnd({ sent, left }) {
          end();
          if (left > 0) log.info("Download of {id} broke off", { id: attachment.id, requestId, sent, left });
        },
      }, { now: core.now(), load, freesPieces: c.env?.freesPieces });
    },
  };
}
