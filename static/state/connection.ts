/**
 * The client library as far as the page needs it: `connect` would bring along what fetches files, which browsers do
 * by themselves.
 */
import { newServer } from "../../client/server.ts";
import type { Pawl } from "../../client/mod.ts";
import { startUpload } from "../../client/upload.ts";
import { newWholeHash } from "../../client/whole_hash.ts";
import { type Calls, openCalls } from "./calls.ts";

export type Connection = Calls & Pick<Pawl, "upload">;

/** To the server that the page came from. */
export function openConnection({ hashWorkerUrl }: { hashWorkerUrl: string | null }): Connection {
  const server = newServer({}, {});
  const wholeHash = newWholeHash(hashWorkerUrl);
  return {
    ...openCalls(server),
    upload: (source, options = {}) => startUpload({ server, wholeHash }, { source, options }),
  };
}
