/** Pages that are one answer: plain HTML with its style sheet in it, without script, and without any other request. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import icon from "../static/icon.svg" with { type: "text" };
import tokens from "../static/styles/tokens.css" with { type: "text" };

export type Html = ReturnType<typeof html>;

const ICON = `data:image/svg+xml;base64,${Buffer.from(icon).toString("base64")}`;

export interface PlainPage {
  siteName: string;
  /** Of the document, for `Intl`: `en-GB`. */
  locale: string;
  status: number;
  title: string;
  /** For previews, beside the title. */
  description: string;
  body: Html;
}

/** A kind of page by its style sheet, which may use static/styles/tokens.css. */
export function plainPages(sheet: string): (page: PlainPage) => Response {
  const style = `${tokens}\n${sheet}`;
  const digest = createHash("sha256").update(style).digest("base64");
  /** Only the style sheet in it and the icon; nothing is fetched, nothing runs, nothing is sent. */
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; ` +
    "form-action 'none'; frame-ancestors 'none'";
  return ({ siteName, locale, status, title, description, body }) => {
    const language = locale.slice(0, 2);
    const text = html`
      <!DOCTYPE html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <meta name="robots" content="noindex">
          <title>${title} · ${siteName}</title>
          <meta property="og:title" content="${title}">
          <meta property="og:description" content="${description}">
          <meta property="og:site_name" content="${siteName}">
          <link rel="icon" href="${ICON}">
          <style>${raw(style)}</style>
        </head>
        <body>
          <header><img src="${ICON}" alt="" width="28" height="28">${siteName}</header>
          <main>${body}</main>
        </body>
      </html>
    `;
    return new Response(String(text).trimStart(), {
      status,
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "private, no-store",
        "Content-Language": language,
        "Vary": "Accept, Accept-Language, Authorization, Cookie, Range, User-Agent",
      },
    });
  };
}

/** Dates of such pages: no script knows the reader's time zone. */
export function dateFormat(
  locale: string,
  { month = "long" }: { month?: "long" | "short" } = {},
): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    year: "numeric",
    month,
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
    timeZoneName: "short",
  });
}

const UNITS = ["KB", "MB", "GB", "TB", "PB"];

/** `12.3 MB`; a megabyte is 1024 x 1024 bytes, as in the limits. */
export function readableSize(bytes: number, locale: string): string {
  if (bytes < 1024) {
    return new Intl.NumberFormat(locale, { style: "unit", unit: "byte", unitDisplay: "long" }).format(bytes);
  }
  let value = bytes / 1024;
  let unit = 0;
  for (; unit < UNITS.length - 1 && Math.round(value) >= 1000; unit++) value /= 1024;
  return `${new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value)} ${UNITS[unit]}`;
}
