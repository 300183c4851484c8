import assert from "node:assert/strict";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { putFile } from "../support/stored_files.ts";

const MINUTE = 60_000;

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  user?: TestUser | null;
}

async function fetchAll(app: TestApp, url: string, init: Ask = {}): Promise<number> {
  const response = await app.request(url, init);
  await response.bytes();
  return response.status;
}

const countOf = async (app: TestApp, id: string): Promise<number> =>
  (await app.json("GET", `/api/v1/attachments/${id}`)).body.downloadCount;

Deno.test("A client's requests are one download until 15 minutes after their last byte", async () => {
  await using app = await startApp();
  const { id, url } = await putFile(app, { body: "0123456789" });
  assert.equal(await countOf(app, id), 0);
  await fetchAll(app, url, { headers: { Range: "bytes=0-4" } });
  await fetchAll(app, url, { headers: { Range: "bytes=5-" } });
  await Promise.all(
    ["bytes=0-1", "bytes=2-3", "bytes=0-0,5-5"].map((Range) => fetchAll(app, url, { headers: { Range } })),
  );
  assert.equal(await countOf(app, id), 1);

  app.clock += 15 * MINUTE - 1;
  await fetchAll(app, url);
  assert.equal(await countOf(app, id), 1);
  app.clock += 15 * MINUTE - 1;
  await fetchAll(app, url);
  assert.equal(await countOf(app, id), 1, "every byte prolongs it");
  app.clock += 15 * MINUTE;
  await fetchAll(app, url);
  assert.equal(await countOf(app, id), 2);
});

Deno.test("Each user, and each program of theirs, downloads for itself", async () => {
  await using app = await startApp();
  const { id, url } = await putFile(app, { visibility: "public" });
  for (const user of [undefined, BOB, null]) {
    for (const agent of ["curl/8", "Firefox"]) {
      await fetchAll(app, url, { headers: { "User-Agent": agent }, ...(user !== undefined && { user }) });
      await fetchAll(app, url, { headers: { "User-Agent": agent }, ...(user !== undefined && { user }) });
    }
  }
  assert.equal(await countOf(app, id), 6);
});

Deno.test("Only bytes that go out count: not HEAD, 304, 412, 416 or a refusal", async () => {
  await using app = await startApp();
  const { id, url, sha256 } = await putFile(app);
  const asked: [Ask, number][] = [
    [{ method: "HEAD" }, 200],
    [{ headers: { "If-None-Match": `"${sha256}"` } }, 304],
    [{ headers: { "If-Match": '"x"' } }, 412],
    [{ headers: { Range: "bytes=4-" } }, 416],
    [{ user: BOB }, 404],
    [{ user: null }, 401],
  ];
  for (const [init, status] of asked) {
    assert.equal(await fetchAll(app, url, init), status);
    assert.equal(await countOf(app, id), 0, `status ${status}`);
  }
});

Deno.test("Counts are in the lists, survive a stop, and go with their file", async () => {
  await using app = await startApp();
  const { id, url } = await putFile(app);
  const other = await putFile(app);
  await fetchAll(app, url);
  const listed = async () =>
    (await app.json("GET", "/api/v1/attachments")).body.items.map((
      item: { id: string; downloadCount: number },
    ) => [item.id, item.downloadCount]);
  const expected = [[other.id, 0], [id, 1]];
  assert.deepEqual(await listed(), expected);
  await app.services.downloads.flush();
  assert.deepEqual(await listed(), expected, "stored, and not counted twice");
  await app.restart();
  assert.deepEqual(await listed(), expected);

  app.clock += 60 * MINUTE;
  await fetchAll(app, url);
  await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);
  await app.services.downloads.flush();
  assert.deepEqual(await listed(), [[other.id, 0]]);
});

Deno.test("A download that breaks off is counted, and logged with what was sent and what was left", async () => {
  const logged: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { list: (record) => logged.push(record) },
    loggers: [
      { category: ["pawl", "download"], lowestLevel: "debug", sinks: ["list"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  try {
    await using app = await startApp();
    const size = 3_000_000;
    const { id, url } = await putFile(app, { body: randomBytes(size, { seed: 1 }) });
    await fetchAll(app, url);
    assert.equal(logged.length, 0);

    app.clock += 60 * MINUTE;
    const response = await app.request(url);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    assert.equal(await countOf(app, id), 2);
    assert.equal(logged.length, 1);
    const { properties } = logged.at(0)!;
    assert.equal(properties.id, id);
    assert.equal(properties.requestId, response.headers.get("X-Request-Id"));
    assert.equal(properties.sent, value!.length);
    assert.equal(properties.left, size - value!.length);

    // It goes on: the same download.
    await fetchAll(app, url, { headers: { Range: `bytes=${value!.length}-` } });
    assert.equal(await countOf(app, id), 2);
    assert.equal(logged.length, 1);
  } finally {
    resetSync();
  }
});
