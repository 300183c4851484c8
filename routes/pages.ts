/** The pages for people. Whoever they are, the page asks the API for all else. */
import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import type { Env } from "./env.ts";
import { chooseCoding, type ContentCoding } from "./http/content_encoding.ts";
import type { BuiltPage, PageFile } from "./page_files.ts";

const IMMUTABLE = "public, max-age=31536000, immutable";

/** Only what is served from here, nothing inline, no markup made of text, never in a frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "frame-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types default",
].join("; ");

/**
 * Browsers keep what has its digest in its name, and ask each time whether the rest is current. `page` is null when
 * it has not been built: everything else works.
 */
export function pages(page: BuiltPage | null): Hono<Env> {
  const app = new Hono<Env>();
  const files = new Map(page?.files.map((file) => [file.path, prepare(file)]));

  app.get("/static/:name", (c) => {
    const file = files.get(c.req.path);
    return file ? answer(c, file) : c.notFound();
  });
  for (const address of ["/", "/admin"]) {
    app.get(address, (c) => {
      const file = files.get(address);
      if (!file) return c.html(notBuilt(), 503);
      c.header("Content-Security-Policy", POLICY);
      return answer(c, file);
    });
  }
  app.get("/admin/", (c) => c.redirect("/admin", 308));
  return app;
}

type Prepared = Pick<PageFile, "contentType" | "immutable"> & {
  bodies: Map<ContentCoding, Uint8Array<ArrayBuffer>>;
  digest: string;
};

function prepare({ contentType, immutable, identity, gzip, br }: PageFile): Prepared {
  const bodies = new Map<ContentCoding, Uint8Array<ArrayBuffer>>([["identity", identity]]);
  if (gzip) bodies.set("gzip", gzip);
  if (br) bodies.set("br", br);
  return {
    contentType,
    immutable,
    bodies,
    digest: createHash("sha256").update(identity).digest("base64url"),
  };
}

function answer(c: Context<Env>, { contentType, immutable, bodies, digest }: Prepared): Response {
  const coding = chooseCoding(c.req.header("Accept-Encoding"), new Set(bodies.keys()));
  const body = bodies.get(coding)!;
  // A strong tag is of the bytes that are sent, so that each coding has its own.
  const etag = coding === "identity" ? `"${digest}"` : `"${digest}-${coding}"`;
  c.header("ETag", etag);
  c.header("Cache-Control", immutable ? IMMUTABLE : "no-cache");
  if (bodies.size > 1) c.header("Vary", "Accept-Encoding");
  if (isCurrent(c.req.header("If-None-Match"), etag)) return c.body(null, 304);
  c.header("Content-Type", contentType);
  c.header("Content-Length", String(body.byteLength));
  if (coding !== "identity") c.header("Content-Encoding", coding);
  return c.body(body);
}

/** RFC 9110 section 13.1.2; the marks hold no comma. */
function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(",").map((mark) => mark.trim().replace(/^W\//, "")) ?? [];
  return known.includes(etag) || known.includes("*");
}

function notBuilt() {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Pawl</title>
      </head>
      <body>
        <h1>The page is not built</h1>
        <p>Run <code>deno task page</code> and start the server again. The <a href="/docs">API</a> works.</p>
      </body>
    </html>
  `;
}
