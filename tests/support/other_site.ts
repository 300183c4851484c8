/** Web pages of somebody else, at another site than the servers of tests: theirs are at 127.0.0.1, these at localhost. */
import type { Page } from "playwright-core";

export interface OtherSite extends AsyncDisposable {
  /** For `PAWL_CORS_ORIGINS`. */
  origin: string;
  /** The same pages under an address that nobody has listed: another origin of the servers' own site. */
  unlisted: string;
}

/** Answers every path with a page that holds `scripts`, in that order. */
export function startOtherSite(scripts: string[] = []): OtherSite {
  const escaped = scripts.map((script) => `<script>${script.replaceAll("</script", "<\\/script")}</script>`);
  const page = `<!doctype html><meta charset="utf-8"><title>Another site</title>\n<body>${
    escaped.join("\n")
  }`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(page, { headers: { "Content-Type": "text/html" } }),
  );
  return {
    origin: `http://localhost:${server.addr.port}`,
    unlisted: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Addresses outside `origins` that `page` asks from now on; grows. */
export function foreignRequests(page: Page, origins: string[]): readonly string[] {
  const foreign: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !origins.includes(origin)) foreign.push(request.url());
  });
  return foreign;
}
