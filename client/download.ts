/** One file on its way down. */
import type { Attachment } from "./api_types.ts";
import type { Download, DownloadOptions } from "./download_types.ts";
import type { Server } from "./server.ts";

export function startDownload(
  _server: Server,
  _what: { what: Attachment | string; options: DownloadOptions },
): Download {
  throw new Error("not written yet");
}
