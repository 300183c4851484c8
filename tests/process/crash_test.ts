import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { startApp } from "../support/app.ts";
import { startServer } from "../support/server.ts";
import { assertConsistent } from "../support/store_check.ts";
import { crashTusClient } from "./crash_tus_client.ts";
import { crashClient, type Figures, seededRandom } from "./crash_client.ts";

const KILLS = 32;
const CHUNK_CLIENTS = 3;
const TUS_CLIENTS = 3;

Deno.test("after kills at random moments every acknowledged byte is there, and nothing else", async () => {
  const seed = Number(Deno.env.get("TEST_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
  console.log(`TEST_SEED=${seed} repeats the choices, though not the moments`);
  const random = seededRandom(seed);
  const figures: Figures = { ackedBytes: 0, ackedChunks: 0, ackedFiles: 0, doubtsKept: 0, doubtsLost: 0 };
  const recoveries: number[] = [];

  await using server = await startServer({ config: { chunks: { min: "16 KiB" } } });
  const clients = await Promise.all(Array.from({ length: CHUNK_CLIENTS + TUS_CLIENTS }, async (_, index) => {
    const name = `client${index}`;
    const token = await server.token({ sub: name, role: "admin" });
    const client = chunkClient({ url: () => server.url, token });
    const speaks = index < CHUNK_CLIENTS ? crashClient : crashTusClient;
    return speaks(client, { name, random: seededRandom(seed + index), figures });
  }));

  for (let kill = 0; kill < KILLS; kill++) {
    const working = Promise.all(clients.map((client) => client.work()));
    const moment = Promise.withResolvers<void>();
    const timer = setTimeout(moment.resolve, 50 + random() * 350);
    // A client that ends now was answered what it should not be.
    await Promise.race([moment.promise, working]);
    clearTimeout(timer);
    await server.kill();
    await working;

    const from = performance.now();
    await server.restart();
    recoveries.push(performance.now() - from);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${server.dataDir}/begun`)), []);
    await Promise.all(clients.map((client) => client.verify()));
  }

  await Promise.all(clients.map((client) => client.finishAll()));
  await Promise.all(clients.map((client) => client.verify({ all: true })));
  // What the last kill interrupted is carried on at the start, and ended before the stop.
  assert.equal((await server.stop()).code, 0);
  await using app = await startApp({ dataDir: server.dataDir });
  const { attachments, blobs, files } = await assertConsistent(app);
  assert.deepEqual(blobs.filter(({ state }) => state === "deleting"), []);

  recoveries.sort((a, b) => a - b);
  console.log(
    `${KILLS} kills; acknowledged and found again: ${figures.ackedBytes} bytes, ${figures.ackedChunks} chunks, ` +
      `${figures.ackedFiles} files; unanswered requests: ${figures.doubtsKept} had happened, ` +
      `${figures.doubtsLost} had not; restart ${Math.round(recoveries[KILLS / 2]!)} ms, at most ` +
      `${
        Math.round(recoveries.at(-1)!)
      } ms; at the end ${attachments.length} attachments in ${files.size} files`,
  );
});
