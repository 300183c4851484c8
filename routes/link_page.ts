/** The page of a link: what it leads to and a button, or why it leads nowhere. Plain HTML in one answer, without script. */
import { html } from "hono/html";
import type { AttachmentRecord, TokenRecord } from "../services/model.ts";
import type { Problem } from "../services/problem.ts";
import { LANGUAGES, WORDS } from "./link_words.ts";
import { preferredLanguage } from "./http/navigation.ts";
import style from "./link_page.css" with { type: "text" };
import { dateFormat, plainPages, readableSize } from "./plain_page.ts";

const page = plainPages(style);

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
  /** What of the file was asked for; absent: all of it. */
  variant?: string | undefined;
}

/** What the link leads to. Shows it to whoever may have it; uses nothing up. */
export function linkPage(
  { attachment, token, goesOn, variant }: ShownLink,
  options: LinkPageOptions,
): Response {
  const words = wordsFor(options.headers);
  const { fileName, size, sha256 } = attachment;
  const { maxUses, uses, expiresAt } = token;
  const terms = maxUses === 0 || goesOn ? "" : ` · ${words.usesLeft(maxUses - uses)}`;
  const download = variant === undefined ? "?download=1" : `?variant=${variant}&download=1`;
  const until = dateFormat(words.locale).format(expiresAt);
  return page({
    siteName: options.siteName,
    locale: words.locale,
    status: 200,
    title: fileName,
    description: readableSize(size, words.locale),
    body: html`
      <div class="card">
        <p class="intro">${words.intro}</p>
        <h1>${fileName}</h1>
        <p class="facts">${readableSize(size, words.locale)}</p>
        <p class="actions"><a class="button main" href="${download}">${words.download}</a></p>
        <p class="small">${goesOn ? words.goesOn : html`
          ${words.until} <time datetime="${new Date(expiresAt).toISOString()}">${until}</time>${terms}
        `}</p>
        <p class="small">${words.resumes}</p>
        <details>
          <summary>${words.checksum}</summary>
          <code>${sha256}</code>
        </details>
      </div>
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
  return page({
    siteName: options.siteName,
    locale: words.locale,
    status: problem.status,
    title,
    description: detail,
    body: html`
      <div class="card">
      <h1>${title}</h1>
      <p>${detail}</p>
      ${actions}
      <p class="small code">${words.code} <code>${problem.code}</code> · <code>${requestId}</code></p>
      </div>
    `,
  });
}

const wordsFor = (headers: Headers) => WORDS[preferredLanguage(headers, LANGUAGES)];
