/** The API's pages for people: Swagger UI served from here, and the catalogue of refusals. */
import type { Hono } from "hono";
import { html } from "hono/html";
import { PROBLEMS } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { PROBLEM_TYPES_PATH } from "./problem_response.ts";
import { PAGE_CSP } from "./security_headers.ts";

/** Swagger UI's style sheet draws its icons from `data:` addresses, and its components set style attributes. */
const DOCS_CSP = `${PAGE_CSP}; img-src 'self' data:; style-src 'self' 'unsafe-inline'`;

const IMMUTABLE = "public, max-age=31536000, immutable";

/** `null` for the validator keeps Swagger UI from asking another host to check the description. */
const START_SCRIPT = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  validatorUrl: null,
});
`;

/** Serves `/docs`, its files, and `/docs/problems`. */
export function serveDocs(app: Hono<Env>): void {
  app.get("/docs", async (c) => {
    const { version } = (await import("swagger-ui-dist/package.json", { with: { type: "json" } })).default;
    c.header("Content-Security-Policy", DOCS_CSP);
    c.header("Cache-Control", "no-cache");
    return c.html(docsPage(version));
  });
  app.get("/docs/start.js", () => javaScript(START_SCRIPT, "no-cache"));
  // The version stands in the address only to make it immutable; there is one version to serve.
  app.get("/docs/:version/swagger-ui.css", async () => {
    const { default: css } = await import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } });
    return new Response(css, {
      headers: { "Content-Type": "text/css; charset=utf-8", "Cache-Control": IMMUTABLE },
    });
  });
  // Imported when first asked for: 1.7 MB that most processes never need.
  app.get("/docs/:version/swagger-ui-bundle.js", async () => {
    const bundle = await import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } });
    return javaScript(bundle.default as unknown as string, IMMUTABLE);
  });
  app.get(PROBLEM_TYPES_PATH, (c) => {
    c.header("Cache-Control", "no-cache");
    return c.html(problemsPage());
  });
}

function javaScript(text: string, cacheControl: string): Response {
  return new Response(text, {
    headers: { "Content-Type": "text/javascript; charset=utf-8", "Cache-Control": cacheControl },
  });
}

function docsPage(version: string) {
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Pawl API</title>
        <link rel="icon" href="data:,">
        <link rel="stylesheet" href="/docs/${version}/swagger-ui.css">
      </head>
      <body>
        <div id="swagger-ui">
          <p>Loading. Without JavaScript: <a href="/openapi.json">openapi.json</a>.</p>
        </div>
        <script src="/docs/${version}/swagger-ui-bundle.js"></script>
        <script src="/docs/start.js"></script>
      </body>
    </html>
  `;
}

function problemsPage() {
  const rows = Object.entries(PROBLEMS).map(([code, [status, title]]) =>
    html`
      <tr id="${code}">
        <td><code>${code}</code></td>
        <td>${status}</td>
        <td>${title}</td>
      </tr>
    `
  );
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Pawl: problem codes</title>
      </head>
      <body>
        <h1>Problem codes</h1>
        <p>Every refusal is a problem document (RFC 9457). Its <code>code</code> never changes its meaning; its
        <code>detail</code> says what to do; its <code>instance</code> is the request id to search the logs for.</p>
        <table>
          <thead>
            <tr>
              <th>code</th>
              <th>status</th>
              <th>title</th>
            </tr>
          </thead>
          <tbody>${rows}</tbody>
        </table>
      </body>
    </html>
  `;
}
