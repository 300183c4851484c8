/** `/downloads/`: a folder's files as they lie there, listed and handed out whole or in ranges, never shown in place. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getLogger } from "@logtape/logtape";
import type { Core } from "../services/core.ts";
import {
  type DownloadableFile,
  type ListedEntry,
  seeDownloads,
  sortEntries,
  SORTS,
} from "../services/downloads_folder/downloads_folder.ts";
import { MAX_ENTRIES } from "../services/downloads_folder/folder.ts";
import { Problem } from "../services/problem.ts";
import { downloadsPage, downloadsRefusalPage } from "./downloads_page.ts";
import type { Env } from "./env.ts";
import { fileResponse } from "./http/file_response.ts";
import { wantsPage } from "./http/navigation.ts";
import { apiApp, problems, READERS } from "./openapi.ts";
import { answerError } from "./problem_response.ts";
import { json } from "./schemas.ts";

const log = getLogger(["pawl", "download"]);
const tags = ["Downloads folder"];
const binary = { "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) } };

const Entry = z.object({
  name: z.string(),
  isFolder: z.boolean(),
  size: z.int().openapi({ description: "Bytes; 0 of a folder." }),
  contentType: z.string().nullable(),
  modifiedAt: z.string().openapi({ format: "date-time" }),
  url: z.string(),
}).openapi("DownloadsEntry");

const ListQuery = z.object({
  sort: z.enum(SORTS).default("name"),
  order: z.enum(["asc", "desc"]).default("asc"),
  format: z.enum(["html", "json"]).optional().openapi({
    description: "Else a page for browsers, JSON for everybody else.",
  }),
});

const listRoute = createRoute({
  method: "get",
  path: "/downloads/",
  tags,
  summary: "What lies in the downloads folder, as a page or as JSON",
  security: READERS,
  request: { query: ListQuery },
  responses: {
    200: json(
      z.object({
        path: z.string(),
        entries: z.array(Entry),
        more: z.boolean().openapi({
          description: `The folder holds more than the ${MAX_ENTRIES} entries of which these are.`,
        }),
      }),
      "What the caller may have of it.",
    ),
    ...problems("invalid-request", "unauthenticated", "not-found"),
  },
});

const fileRoute = createRoute({
  method: "get",
  path: "/downloads/{path}",
  tags,
  summary: "A file's bytes, whole or in ranges (RFC 9110), or what lies in a folder below; HEAD too",
  security: READERS,
  request: { params: z.object({ path: z.string() }) },
  responses: {
    200: { description: "All of it, always to be saved.", content: binary },
    206: { description: "The ranges asked for.", content: binary },
    304: { description: "What you have is current." },
    ...problems(
      "invalid-request",
      "unauthenticated",
      "not-found",
      "precondition-failed",
      "range-not-satisfiable",
      "busy",
    ),
  },
});

/** Routes below `/downloads`. */
export function downloadsFolder(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  const load = core.metrics.transfers;
  const { config } = core;

  async function answer(c: Context<Env>): Promise<Response> {
    const path = decodedPath(c.req.url);
    const seen = await seeDownloads({ config, now: core.now() }, c.var.caller, path);
    if (seen.kind === "file") return await send(c, seen.file);
    // Links on the page are relative to the folder.
    if (path !== "" && !path.endsWith("/")) {
      const { search } = new URL(c.req.url);
      return c.redirect(`./${encodeURIComponent(seen.path.at(-1)!)}/${search}`, 308);
    }
    const query = ListQuery.safeParse(c.req.query());
    if (!query.success) throw query.error;
    const { sort, order, format } = query.data;
    const descending = order === "desc";
    const entries = sortEntries(seen.entries, { sort, descending });
    if (format === "html" || format === undefined && wantsPage(c.req.raw.headers)) {
      const { siteName } = config;
      return downloadsPage({
        siteName,
        headers: c.req.raw.headers,
        path: seen.path,
        entries,
        more: seen.more,
        sort,
        descending,
      });
    }
    c.header("Cache-Control", "private, no-store");
    c.header("Vary", "Accept, Authorization, Cookie");
    return c.json(
      {
        path: seen.path.join("/"),
        entries: entries.map((entry) => entryJson(seen.path, entry)),
        more: seen.more,
      },
      200,
    );
  }

  async function send(c: Context<Env>, file: DownloadableFile): Promise<Response> {
    const requestId = c.var.requestId;
    return await fileResponse({ method: c.req.method, headers: c.req.raw.headers }, {
      size: file.size,
      sha256: null,
      etag: file.etag,
      lastModified: file.modifiedAt,
      contentType: file.contentType,
      fileName: file.savedAs,
      download: true,
      cacheControl: "private, no-cache",
      vary: "Authorization, Cookie",
      open: file.open,
      onEnd({ sent, left }) {
        if (left > 0) log.info("Download of {name} broke off", { name: file.name, requestId, sent, left });
      },
    }, { now: core.now(), load, freesPieces: c.env?.freesPieces });
  }

  // People get the reason as a page, programs as a problem document.
  app.onError(async (error, c) => {
    const answer = await answerError(error, c);
    const isOfFolder = error instanceof Problem && (error.status === 401 || error.status === 404);
    const { headers } = c.req.raw;
    if (!isOfFolder || !wantsPage(headers)) return answer;
    const refusal = downloadsRefusalPage(error, { siteName: config.siteName, headers });
    const challenge = answer.headers.get("WWW-Authenticate");
    if (challenge) refusal.headers.set("WWW-Authenticate", challenge);
    return refusal;
  });

  app.openAPIRegistry.registerPath(listRoute);
  app.openAPIRegistry.registerPath(fileRoute);
  app.get("/downloads", (c) => c.redirect("./downloads/", 308));
  app.get("/downloads/", answer);
  app.get("/downloads/:path{.+}", answer);
  return app;
}

/**
 * What follows `/downloads/` as it was sent, decoded once: `URL` would resolve dots and take a backslash for a slash.
 * Throws `not-found` for what cannot be decoded, and for a slash that stands for a character of a name.
 */
function decodedPath(url: string): string {
  const sent = /^[^:]+:\/\/[^/?#]*\/downloads\/?([^?#]*)/.exec(url)?.[1] ?? "/";
  try {
    const names = sent.split("/").map(decodeURIComponent);
    if (!names.some((name) => name.includes("/"))) return names.join("/");
  } catch {
    // Not UTF-8, or a percent sign without its digits.
  }
  throw new Problem("not-found", "There is nothing at this address.");
}

function entryJson(path: string[], { modifiedAt, ...entry }: ListedEntry): z.infer<typeof Entry> {
  const url = "/downloads/" + [...path, entry.name].map(encodeURIComponent).join("/") +
    (entry.isFolder ? "/" : "");
  return { ...entry, modifiedAt: new Date(modifiedAt).toISOString(), url };
}
