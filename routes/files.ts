/** `/files` and `/files/{id}`: where uploads of tus and of the IETF's protocol live; which one speaks is decided here. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { DownloadCounts } from "../services/attachments/download_counts.ts";
import type { Core } from "../services/core.ts";
import { Problem } from "../services/problem.ts";
import { findUploadContent } from "../services/uploads/upload_content.ts";
import { widestLimit } from "../services/uploads/whole_file.ts";
import type { Env } from "./env.ts";
import { type DialectName, dialectOf } from "./http/dialect.ts";
import { methodOf } from "./http/method_override.ts";
import { CHECKSUM_ALGORITHMS, TUS_VERSION } from "./http/tus_headers.ts";
import { apiApp } from "./openapi.ts";
import { announcedLimit, resumable } from "./resumable.ts";
import { contentSender } from "./send_content.ts";
import { tus } from "./tus.ts";
import { describeTus } from "./tus_description.ts";

/** What one protocol does. Refusals are thrown. */
export interface Dialect {
  /** POST to the collection. */
  create(c: Context<Env>): Promise<Response>;
  /** HEAD of an upload. */
  show(c: Context<Env>, id: string): Promise<Response>;
  /** PATCH of an upload. */
  append(c: Context<Env>, id: string): Promise<Response>;
  /** DELETE of an upload. */
  terminate(c: Context<Env>, id: string): Promise<Response>;
}

export interface FilesOptions {
  /** Path of the collection, without a slash at its end. */
  folder: string;
  /** What people call this server; null: as asked for. */
  publicUrl: URL | null;
  /** The address of an upload, for `Location`: absolute when the public one is known, else relative, which no proxy can make wrong. */
  locationOf(id: string): string;
}

const COLLECTION_TAKES = "OPTIONS, POST";
const UPLOAD_TAKES = "DELETE, GET, HEAD, OPTIONS, PATCH";

/** Routes relative to `/files`. */
export function files(
  core: Core,
  { downloads, publicUrl }: { downloads: DownloadCounts; publicUrl: URL | null },
): OpenAPIHono<Env> {
  const folder = "/files";
  const options: FilesOptions = {
    folder,
    publicUrl,
    locationOf: (id) => `${publicUrl?.origin ?? ""}${folder}/${id}`,
  };
  const dialects: Record<DialectName, Dialect> = { tus: tus(core, options), ietf: resumable(core, options) };
  const send = contentSender(core, downloads);
  const app = apiApp();
  describeTus(app);

  async function collection(c: Context<Env>): Promise<Response> {
    switch (methodOf(c.req.raw)) {
      case "OPTIONS":
        return announcement(core, COLLECTION_TAKES);
      case "POST":
        return await dialects[dialectOf(c.req.raw)].create(c);
      default:
        throw notAllowed(COLLECTION_TAKES);
    }
  }

  async function upload(c: Context<Env>): Promise<Response> {
    const id = c.req.param("id")!;
    const dialect = dialects[dialectOf(c.req.raw)];
    switch (methodOf(c.req.raw)) {
      case "OPTIONS":
        return announcement(core, UPLOAD_TAKES);
      case "GET":
        return await send(c, await findUploadContent(core, c.var.caller, id), {
          method: c.req.method === "HEAD" ? "HEAD" : "GET",
        });
      case "HEAD":
        return await dialect.show(c, id);
      case "PATCH":
        return await dialect.append(c, id);
      case "DELETE":
        return await dialect.terminate(c, id);
      default:
        throw notAllowed(UPLOAD_TAKES);
    }
  }

  // The real method is ignored when another one is meant, so that every handler takes every method.
  const methods = ["GET", "POST", "PATCH", "DELETE", "OPTIONS"];
  app.on(methods, "/", collection).all("/", collection);
  app.on(methods, "/:id", upload).all("/:id", upload);
  return app;
}

/** What the protocols can do here; nothing that is switched off. */
function announcement(core: Core, allow: string): Response {
  const extensions = core.config.sessions.enabled
    ? [
      "creation",
      "creation-with-upload",
      "creation-defer-length",
      "expiration",
      "checksum",
      "termination",
      "concatenation",
      "concatenation-unfinished",
    ]
    : ["expiration", "checksum", "termination"];
  return new Response(null, {
    status: 200,
    headers: {
      "Allow": allow,
      "Upload-Limit": announcedLimit(core),
      "Tus-Version": TUS_VERSION,
      "Tus-Extension": extensions.join(","),
      "Tus-Max-Size": String(widestLimit(core)),
      "Tus-Checksum-Algorithm": CHECKSUM_ALGORITHMS.join(","),
    },
  });
}

function notAllowed(allowed: string): Problem {
  return new Problem("method-not-allowed", `This address takes ${allowed}.`, { headers: { Allow: allowed } });
}
