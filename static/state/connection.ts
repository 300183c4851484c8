/**
 * The client library as far as the page needs it: `connect` would bring along what fetches files, which browsers do
 * by themselves.
 */
import {
  answerOf,
  attachmentCalls,
  request,
  sessionCalls,
  tokenCalls,
  uploadCalls,
} from "../../client/calls.ts";
import { newServer } from "../../client/server.ts";
import type { Pawl } from "../../client/mod.ts";
import { startUpload } from "../../client/upload.ts";
import { newWholeHash } from "../../client/whole_hash.ts";

export type Connection = Omit<Pawl, "download" | "uploadStream" | "archives" | "businessTypes">;

/** To the server that the page came from. */
export function openConnection({ hashWorkerUrl }: { hashWorkerUrl: string | null }): Connection {
  const server = newServer({}, {});
  const wholeHash = newWholeHash(hashWorkerUrl);
  return {
    baseUrl: server.baseUrl,
    upload: (source, options = {}) => startUpload({ server, wholeHash }, { source, options }),
    attachments: attachmentCalls(server),
    uploads: uploadCalls(server),
    tokens: tokenCalls(server),
    session: sessionCalls(server),
    async ping(options) {
      const before = performance.now();
      await answerOf(server, { method: "GET", path: "api/v1/ping" }, { retries: 0, ...options });
      return performance.now() - before;
    },
    request: (method, path, options = {}) => request(server, { method, path }, options),
  };
}
