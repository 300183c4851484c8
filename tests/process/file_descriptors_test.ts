import assert from "node:assert/strict";
import { rawConnect, type RawConnection } from "../support/raw_http.ts";
import { startServer } from "../support/server.ts";

/** A port that was free a moment ago. The server may come back only on a port that it was given by its settings. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("the real server outlives running out of file descriptors, and serves again once there are some", async () => {
  await using server = await startServer({
    wrapper: ["prlimit", "--nofile=70"],
    env: { PAWL_PORT: String(freePort()) },
  });
  const held: RawConnection[] = [];
  let isLost = false;
  const lost = server.prints(/listener lost/).then(() => isLost = true);
  for (let attempt = 0; !isLost && attempt < 1000; attempt++) {
    await rawConnect(server.url).then((connection) => held.push(connection), () => {});
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await lost;
  for (const connection of held) connection[Symbol.dispose]();

  let status = 0;
  while (status === 0) {
    // Refused until it listens again.
    const response = await server.fetch("/health/ready").catch(() => null);
    await response?.body?.cancel();
    status = response?.status ?? 0;
    if (status === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(status, 200);
  assert.equal((await server.stop()).code, 0, server.output());
});
