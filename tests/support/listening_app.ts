/** A `TestApp` behind a real socket, for bodies that break, stall or come without a length. */
import { serveApp } from "../../routes/serve.ts";
import type { TestApp, TestUser } from "./app.ts";

export interface ListeningApp extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/` */
  url: URL;
  /** Head of a raw request: its lines, with Host and the token of `user`, and the empty line. */
  head(lines: string[], user: TestUser): Promise<string>;
}

/** Dispose it before the app. Connections must have ended by then. */
export function listen(app: TestApp): ListeningApp {
  const server = serveApp({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url, method, headers, body }) {
      const { pathname, search } = new URL(url);
      return app.request(pathname + search, { method, headers, body, user: null });
    },
  });
  const host = `127.0.0.1:${server.port}`;
  return {
    url: new URL(`http://${host}/`),
    async head(lines, user) {
      return [...lines, `Host: ${host}`, `Authorization: Bearer ${await app.token(user)}`, "", ""].join(
        "\r\n",
      );
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
