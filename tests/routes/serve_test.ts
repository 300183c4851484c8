import assert from "node:assert/strict";
import { configureSync, resetSync } from "@logtape/logtape";
import { serveApp } from "../../routes/serve.ts";
import { startChild } from "../support/child.ts";
import { rawConnect, type RawConnection } from "../support/raw_http.ts";

const root = new URL("../../", import.meta.url).pathname;

function serve(fetch: (request: Request) => Response | Promise<Response>) {
  const addresses: Deno.NetAddr[] = [];
  const server = serveApp({
    hostname: "127.0.0.1",
    port: 0,
    onListen: (address) => addresses.push(address),
    fetch,
  });
  return { server, addresses, url: `http://127.0.0.1:${server.port}/` };
}

Deno.test("it tells where it listens, answers, and ends when asked to", async () => {
  const { server, addresses, url } = serve(() => new Response("hello"));
  assert.deepEqual(addresses.map((address) => address.port), [server.port]);
  assert.equal(await (await fetch(url)).text(), "hello");
  await server.shutdown();
  await server.finished;
  await assert.rejects(
    Deno.connect({ hostname: "127.0.0.1", port: server.port }),
    Deno.errors.ConnectionRefused,
  );
});

Deno.test("an answer that is under way is finished before it ends", async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const { server, url } = serve(async () => {
    asked.resolve();
    await go.promise;
    return new Response("late");
  });
  const answer = fetch(url).then((response) => response.text());
  await asked.promise;
  const ended = server.shutdown();
  go.resolve();
  assert.equal(await answer, "late");
  await ended;
});

Deno.test("a port that is taken is refused at once", async () => {
  const { server } = serve(() => new Response());
  assert.throws(
    () => serveApp({ hostname: "127.0.0.1", port: server.port, fetch: () => new Response() }),
    Deno.errors.AddrInUse,
  );
  await server.shutdown();
});

Deno.test("what nobody caught is a problem document that tells nothing", async () => {
  const messages: string[] = [];
  configureSync({
    reset: true,
    sinks: { list: (record) => messages.push(record.message.join("")) },
    loggers: [
      { category: ["pawl"], sinks: ["list"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  const { server, url } = serve(() => {
    throw new Error("secret");
  });
  const response = await fetch(url);
  const body = await response.text();
  await server.shutdown();
  resetSync();
  assert.deepEqual([response.status, JSON.parse(body).code], [500, "internal"]);
  assert.ok(!body.includes("secret"));
  assert.equal(messages.length, 1);
});

/** Waits until the server answers; the test's own deadline ends it when it never does. */
async function answersAgain(url: URL): Promise<string> {
  for (;;) {
    try {
      const response = await fetch(url, { method: "POST", body: "again" });
      return await response.text();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test("running out of file descriptors does not end it: it listens again on the same port, and what was open goes on", async () => {
  const run =
    `ulimit -n 70; exec '${Deno.execPath()}' run --no-lock --allow-net --allow-read tests/support/serve_child.ts`;
  await using child = await startChild(["/bin/bash", "-c", run], {
    cwd: root,
    env: { ...Deno.env.toObject(), NO_COLOR: "1" },
    ready: /listening on (\d+)\n/,
  });
  const url = new URL(`http://127.0.0.1:${child.ready[1]}/`);

  using begun = await rawConnect(url);
  await begun.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello");

  const held: RawConnection[] = [];
  const lost = child.prints(/listener lost/);
  let isLost = false;
  lost.then(() => isLost = true);
  for (let attempt = 0; !isLost && attempt < 1000; attempt++) {
    // Refused once the listener is gone, and that is what is waited for.
    await rawConnect(url).then((connection) => held.push(connection), () => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await lost;

  await begun.send("world");
  const response = await begun.response();
  assert.equal(new TextDecoder().decode(response!.body), "helloworld");

  for (const connection of held) connection[Symbol.dispose]();
  assert.equal(await answersAgain(url), "again");
  const { code } = await child.stop("SIGTERM");
  assert.equal(code, 0, child.output());
  assert.match(child.output(), /ended by itself/);
});
