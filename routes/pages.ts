/** The page for people: a few small files, kept in memory. Whoever they are, the page asks the API for all else. */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import api from "../static/api.js" with { type: "text" };
import base from "../static/base.css" with { type: "text" };
import icon from "../static/icon.svg" with { type: "text" };
import index from "../static/index.html" with { type: "text" };
import page from "../static/page.js" with { type: "text" };
import style from "../static/page.css" with { type: "text" };
import upload from "../static/upload.js" with { type: "text" };
import view from "../static/view.js" with { type: "text" };
import type { Env } from "./env.ts";

const JAVASCRIPT = "text/javascript; charset=utf-8";

/** Address -> text and its type. */
const FILES: Record<string, [text: string, contentType: string]> = {
  "/": [index, "text/html; charset=utf-8"],
  "/static/base.css": [base, "text/css; charset=utf-8"],
  "/static/page.css": [style, "text/css; charset=utf-8"],
  "/static/icon.svg": [icon, "image/svg+xml"],
  "/static/page.js": [page, JAVASCRIPT],
  "/static/api.js": [api, JAVASCRIPT],
  "/static/upload.js": [upload, JAVASCRIPT],
  "/static/view.js": [view, JAVASCRIPT],
};

/** Browsers keep the files and ask each time whether they are current, so that they always fit each other. */
export function pages(): Hono<Env> {
  const app = new Hono<Env>();
  for (const [path, [text, contentType]] of Object.entries(FILES)) {
    const bytes = new TextEncoder().encode(text);
    const etag = `"${createHash("sha256").update(bytes).digest("base64url")}"`;
    app.get(path, (c) => {
      const validators = { "ETag": etag, "Cache-Control": "no-cache" };
      if (isCurrent(c.req.header("If-None-Match"), etag)) return c.body(null, 304, validators);
      const headers = { ...validators, "Content-Type": contentType, "Content-Length": String(bytes.length) };
      return c.body(bytes, 200, headers);
    });
  }
  return app;
}

/** RFC 9110 section 13.1.2; the marks hold no comma. */
function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = ifNoneMatch?.split(",").map((mark) => mark.trim().replace(/^W\//, "")) ?? [];
  return known.includes(etag) || known.includes("*");
}
