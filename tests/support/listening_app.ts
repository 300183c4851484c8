/** A `TestApp` behind a real socket, for bodies that break, stall or come without a length. */
import { serveApp } from "../../routes/serve.ts";
import type { TestApp, TestUser } from "./app.ts";

export interface ListeningApp extends AsyncDisposable {
  /** `http://127.0.0.1:<port>/` */
  url: URL;
  /** Head of a raw request: its lines, with Host and the token of `user`, and the empty line. */
  head(lines: string[], user: TestUser): Promise<string>;
  /** Resolves when so many requests have been answered since the start, whether or not their clients were still there. */
  answered(count: number): Promise<void>;
}

/** Dispose it before the app. Connections must have ended by then. */
export function listen(app: TestApp): ListeningApp {
  let answers = 0;
  const waiting = new Set<() => void>();
  const server = serveApp({
    hostname: "127.0.0.1",
    port: 0,
    async fetch({ url, method, headers, body }) {
      const { pathname, search } = new URL(url);
      const response = await app.request(pathname + search, {
        method,
        headers,
        body,
        user: null,
        unframed: true,
      });
      answers++;
      for (const check of waiting) check();
      return response;
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
    answered: (count) =>
      new Promise((resolve) => {
        const check = () => {
          if (answers < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
