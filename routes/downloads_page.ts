/** The downloads folder as a page: a table that sorts by links, so that it needs no script. */
import { html } from "hono/html";
import { extensionOf } from "../services/file_name.ts";
import { type ListedEntry, type Sort, SORTS } from "../services/downloads_folder/downloads_folder.ts";
import type { Problem } from "../services/problem.ts";
import style from "./downloads_page.css" with { type: "text" };
import { type DownloadsWords, LANGUAGES, WORDS } from "./downloads_words.ts";
import { preferredLanguage } from "./http/navigation.ts";
import { dateFormat, type Html, plainPages, readableSize } from "./plain_page.ts";

const page = plainPages(style);

export interface DownloadsPage {
  siteName: string;
  headers: Headers;
  /** Names of the folders that lead here. */
  path: string[];
  /** Sorted. */
  entries: ListedEntry[];
  /** There are others that are not listed. */
  more: boolean;
  sort: Sort;
  descending: boolean;
}

export function downloadsPage(
  { siteName, headers, path, entries, more, sort, descending }: DownloadsPage,
): Response {
  const words = WORDS[preferredLanguage(headers, LANGUAGES)];
  const folders = entries.filter(({ isFolder }) => isFolder).length;
  const count = words.count(entries.length - folders, folders);
  const title = path.at(-1) ?? words.title;
  return page({
    siteName,
    locale: words.locale,
    status: 200,
    title,
    description: count,
    body: html`
      ${path.length === 0 ? "" : breadcrumb(path, words)}
      <h1>${title}</h1>
      <div class="card">
        ${entries.length === 0 ? empty(words) : table({ entries, words, sort, descending })}
      </div>
      ${more ? html`<p>${words.more}</p>` : ""}
      <p class="small">${count}. ${words.resumes}</p>
    `,
  });
}

/** Why there is nothing to see, for people. */
export function downloadsRefusalPage(
  problem: Problem,
  { siteName, headers }: Pick<DownloadsPage, "siteName" | "headers">,
): Response {
  const words = WORDS[preferredLanguage(headers, LANGUAGES)];
  const [title, detail] = problem.status === 401 ? words.signInFirst : words.nothing;
  // Coming from another site, a browser keeps the cookie to itself; from this page it sends it.
  const ways = problem.status === 401
    ? html`<a href="">${words.again}</a> · <a href="/">${words.signIn}</a>`
    : html`<a href="/downloads/">${words.top}</a>`;
  return page({
    siteName,
    locale: words.locale,
    status: problem.status,
    title,
    description: detail,
    body: html`
      <h1>${title}</h1>
      <div class="card">
        <div class="empty">
          <p>${detail}</p>
          <p>${ways}</p>
        </div>
      </div>
    `,
  });
}

function breadcrumb(path: string[], words: DownloadsWords): Html {
  const links = [words.top, ...path.slice(0, -1)].map((name, depth) =>
    html`
      <a href="${"../".repeat(path.length - depth)}">${name}</a> /
    `
  );
  return html`<nav aria-label="${words.top}">${links}</nav>`;
}

function empty(words: DownloadsWords): Html {
  return html`
    <div class="empty">
      <p>${words.empty}</p>
      <p>${words.emptyHint}</p>
    </div>
  `;
}

function table(
  { entries, words, sort, descending }: Pick<DownloadsPage, "entries" | "sort" | "descending"> & {
    words: DownloadsWords;
  },
): Html {
  const dates = dateFormat(words.locale, { month: "short" });
  const columns = SORTS.map((column) => {
    const current = column === sort;
    const order = current && !descending ? "desc" : "asc";
    const mark = current ? descending ? " ↓" : " ↑" : "";
    const sorted = current ? descending ? "descending" : "ascending" : "none";
    return html`
      <th class="${column}" scope="col" aria-sort="${sorted}">
        <a href="?sort=${column}&amp;order=${order}" title="${words.sortBy(words[column])}"
          ${current ? html`aria-current="true"` : ""}>${words[column]}${mark}</a>
      </th>
    `;
  });
  const rows = entries.map(({ name, isFolder, size, contentType, modifiedAt }) =>
    html`
      <tr>
        <th class="name" scope="row"><a href="./${encodeURIComponent(name)}${isFolder
          ? "/"
          : ""}">${name}${isFolder ? "/" : ""}</a></th>
        <td class="size">${isFolder ? "" : readableSize(size, words.locale)}</td>
        <td class="type" title="${contentType ?? ""}">${isFolder ? words.folder : kindOf(name)}</td>
        <td class="modified"><time datetime="${new Date(modifiedAt).toISOString()}">${dates.format(
          modifiedAt,
        )}</time></td>
      </tr>
    `
  );
  return html`
    <table>
      <thead>
        <tr>${columns}</tr>
      </thead>
      <tbody>${rows}</tbody>
    </table>
  `;
}

/** `archive.tar.gz` -> `GZ`. */
const kindOf = (name: string) => extensionOf(name).slice(1).toUpperCase();
