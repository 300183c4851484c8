/** The page of a link: what it leads to and a button, or why it leads nowhere. Plain HTML in one answer, without script. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { AttachmentRecord, TokenRecord } from "../services/model.ts";
import type { Problem } from "../services/problem.ts";
import icon from "../static/icon.svg" with { type: "text" };
import tokens from "../static/styles/tokens.css" with { type: "text" };
import { LANGUAGES, type LinkWords, WORDS } from "./link_words.ts";
import { preferredLanguage } from "./http/navigation.ts";
import style from "./link_page.css" with { type: "text" };

const STYLE = `${tokens}\n${style}`;
const ICON = `data:image/svg+xml;base64,${Buffer.from(icon).toString("base64")}`;
/** Only the style sheet in it and the icon; nothing is fetched, nothing runs, nothing is sent. */
const POLICY = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(STYLE).digest("base64")
}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export interface LinkPageOptions {
  siteName: string;
  headers: Headers;
}

/** What of a link the page tells. */
export interface ShownLink {
  attachment: Pick<AttachmentRecord, "fileName" | "size" | "sha256">;
  token: Pick<TokenRecord, "expiresAt" | "maxUses" | "uses">;
  /** This client has begun the download. */
  goesOn: boolean;
}

/** What the link leads to. Shows it to whoever may have it; uses nothing up. */
export function linkPage({ attachment, token, goesOn }: ShownLink, options: LinkPageOptions): Response {
  const words = wordsFor(options.headers);
  const { fileName, size, sha256 } = attachment;
  const { maxUses, uses, expiresAt } = token;
  const terms = maxUses === 0 || goesOn ? "" : ` · ${words.usesLeft(maxUses - uses)}`;
  const until = dateOf(words).format(expiresAt);
  return page(options, {
    words,
    status: 200,
    title: fileName,
    description: sizeOf(size, words),
    body: html`
      <p class="intro">${words.intro}</p>
      <h1>${fileName}</h1>
      <p class="facts">${sizeOf(size, words)}</p>
      <p class="actions"><a class="button main" href="?download=1">${words.download}</a></p>
      <p class="small">${goesOn ? words.goesOn : html`
        ${words.until} <time datetime="${new Date(expiresAt).toISOString()}">${until}</time>${terms}
      `}</p>
      <p class="small">${words.resumes}</p>
      <details>
        <summary>${words.checksum}</summary>
        <code>${sha256}</code>
      </details>
    `,
  });
}

/** Why the link leads nowhere, for people. */
export function linkProblemPage(
  problem: Problem,
  { requestId, ...options }: LinkPageOptions & { requestId: string },
): Response {
  const words = wordsFor(options.headers);
  const [title, detail] = words.refused[problem.code] ?? words.failed;
  // Coming from another site, a browser keeps the cookie to itself; from this page it sends it.
  const actions = problem.code !== "link-wrong-user" ? "" : html`
    <p class="actions">
      <a class="button main" href="">${words.again}</a>
      <a class="button" href="/">${words.signIn}</a>
    </p>
  `;
  return page(options, {
    words,
    status: problem.status,
    title,
    description: detail,
    body: html`
      <h1>${title}</h1>
      <p>${detail}</p>
      ${actions}
      <p class="small code">${words.code} <code>${problem.code}</code> · <code>${requestId}</code></p>
    `,
  });
}

interface PageParts {
  words: LinkWords;
  status: number;
  title: string;
  /** For previews, beside the title. */
  description: string;
  body: ReturnType<typeof html>;
}

function page(
  { siteName }: LinkPageOptions,
  { words, status, title, description, body }: PageParts,
): Response {
  const text = html`
    <!DOCTYPE html>
    <html lang="${words.locale.slice(0, 2)}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>${title} · ${siteName}</title>
        <meta property="og:title" content="${title}">
        <meta property="og:description" content="${description}">
        <meta property="og:site_name" content="${siteName}">
        <link rel="icon" href="${ICON}">
        <style>${raw(STYLE)}</style>
      </head>
      <body>
        <header><img src="${ICON}" alt="" width="28" height="28">${siteName}</header>
        <main>
          <div class="card">${body}</div>
        </main>
      </body>
    </html>
  `;
  return new Response(String(text).trimStart(), {
    status,
    headers: {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": POLICY,
      "Cache-Control": "private, no-store",
      "Content-Language": words.locale.slice(0, 2),
      "Vary": "Accept, Accept-Language, Authorization, Cookie, Range, User-Agent",
    },
  });
}

const wordsFor = (headers: Headers) => WORDS[preferredLanguage(headers, LANGUAGES)];

/** The page runs no script that could know the reader's time zone. */
function dateOf({ locale }: LinkWords): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale, {
    dateStyle: undefined,
    year: "numeric",
    month: "long",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone: "UTC",
    timeZoneName: "short",
  });
}

const UNITS = ["KB", "MB", "GB", "TB", "PB"];

/** `12.3 MB`; a megabyte is 1024 x 1024 bytes, as in the limits. */
function sizeOf(bytes: number, { locale }: LinkWords): string {
  if (bytes < 1024) {
    return new Intl.NumberFormat(locale, { style: "unit", unit: "byte", unitDisplay: "long" }).format(bytes);
  }
  let value = bytes / 1024;
  let unit = 0;
  for (; unit < UNITS.length - 1 && Math.round(value) >= 1000; unit++) value /= 1024;
  return `${new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format(value)} ${UNITS[unit]}`;
}
