/** The client library's calls to the server that the page came from, without what sends files and fetches them. */
import {
  answerOf,
  attachmentCalls,
  request,
  sessionCalls,
  tokenCalls,
  uploadCalls,
} from "../../client/calls.ts";
import type { Server } from "../../client/server.ts";
import type { Pawl } from "../../client/mod.ts";

export type Calls = Omit<Pawl, "download" | "upload" | "uploadStream" | "archives" | "businessTypes">;

export function openCalls(server: Server): Calls {
  return {
    baseUrl: server.baseUrl,
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
