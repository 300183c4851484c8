/** Where `deno task page` puts the page and the server finds it, relative to the project's folder. */
export const PAGE_FILE = ".cache/page.json";
