/** The entry: one connection to one server. */
import {
  answerOf,
  archiveCalls,
  attachmentCalls,
  businessTypes,
  request,
  sessionCalls,
  tokenCalls,
  uploadCalls,
} from "./calls.ts";
import { startDownload } from "./download.ts";
import { newServer, type Surroundings } from "./server.ts";
import { uploadStream } from "./stream_upload.ts";
import type { ConnectOptions, Pawl } from "./types.ts";
import { startUpload } from "./upload.ts";
import { newWholeHash } from "./whole_hash.ts";

/** Prepares calls to one server; makes no request yet. Throws `TypeError` when `baseUrl` is not an address. */
export function connect(options: ConnectOptions = {}): Pawl {
  return connectWith(options, {});
}

/** `connect` in surroundings that a test moves. */
export function connectWith(options: ConnectOptions, surroundings: Surroundings): Pawl {
  const server = newServer(options, surroundings);
  const wholeHash = newWholeHash(options.hashWorkerUrl);
  return {
    baseUrl: server.baseUrl,
    upload: (source, options = {}) => startUpload({ server, wholeHash }, { source, options }),
    uploadStream: (stream, options) => uploadStream(server, { stream, options }),
    download: (what, options = {}) => startDownload(server, { what, options }),
    attachments: attachmentCalls(server),
    uploads: uploadCalls(server),
    tokens: tokenCalls(server),
    archives: archiveCalls(server),
    businessTypes: (options) => businessTypes(server, options),
    session: sessionCalls(server),
    async ping(options) {
      const before = server.clock.now();
      await answerOf(server, { method: "GET", path: "api/v1/ping" }, { retries: 0, ...options });
      return server.clock.now() - before;
    },
    request: (method, path, options = {}) => request(server, { method, path }, options),
  };
}
