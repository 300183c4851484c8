/** A program for `tests/routes/serve_test.ts`: the listener by itself, with an app that only echoes. */
import { configureLog } from "../../log.ts";
import { serveApp } from "../../routes/serve.ts";

configureLog({ level: "info", format: "json" });
const stopped = Promise.withResolvers<void>();
Deno.addSignalListener("SIGTERM", () => stopped.resolve());
const server = serveApp({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`listening on ${port}`),
  fetch: async (request) => new Response(await request.text()),
});
await stopped.promise;
await server.shutdown();
await server.finished;
console.log("ended by itself");
Deno.exit(0);
