import assert from "node:assert/strict";
import { expireUploads } from "../../../services/cleanup.ts";
import { startApp, type TestApp } from "../../support/app.ts";

const TUS = { "Tus-Resumable": "1.0.0" };
const BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const LIMITS = { uploadsAtOnce: 2, uploadsPerMinute: 4, bytesPerDay: 1000 };

const start = (limits = {}) =>
  startApp({ pawlJson: { limits: { ...LIMITS, ...limits }, sessions: { expireHours: 1 } } });

async function post(
  app: TestApp,
  headers: Record<string, string>,
  body: Uint8Array<ArrayBuffer> | null = null,
) {
  const response = await app.request("/files", { method: "POST", headers: { ...TUS, ...headers }, body });
  const text = await response.text();
  return {
    status: response.status,
    code: text === "" ? null : JSON.parse(text).code,
    path: response.headers.get("Location") ?? "",
  };
}

/** A part with its bytes. */
async function part(app: TestApp, size = 10): Promise<string> {
  const headers = { ...BYTES, "Upload-Concat": "partial", "Upload-Length": String(size) };
  const made = await post(app, headers, new Uint8Array(size));
  assert.equal(made.status, 201, made.code);
  return made.path;
}

const final = (app: TestApp, parts: string[]) => post(app, { "Upload-Concat": `final;${parts.join(" ")}` });

async function used(app: TestApp): Promise<[atOnce: number, perMinute: number, bytes: number]> {
  const { body } = await app.json("GET", "/api/v1/usage");
  return [body.uploadsAtOnce?.used ?? 0, body.uploadsPerMinute.used, body.bytesPerDay.used];
}

Deno.test("parts that are begun together count as one upload with one slot, and each its bytes", async () => {
  await using app = await start();
  await Promise.all(Array.from({ length: 20 }, () => part(app)));
  assert.deepEqual(await used(app), [1, 1, 200]);
});

Deno.test("the final upload of parts counts no second time, and frees their slot", async () => {
  await using app = await start();
  const parts = await Promise.all(Array.from({ length: 12 }, () => part(app)));
  assert.equal((await final(app, parts)).status, 201);
  assert.deepEqual(await used(app), [0, 1, 120]);
});

Deno.test("each further final upload of the same parts counts as a new upload of no bytes", async () => {
  await using app = await start({ uploadsAtOnce: 0 });
  const parts = await Promise.all([part(app), part(app), part(app)]);
  const made = await Promise.all(Array.from({ length: 10 }, (_, index) => final(app, [parts[index % 3]!])));
  assert.equal(made.filter(({ status }) => status === 201).length, LIMITS.uploadsPerMinute);
  assert.ok(made.every(({ code }) => code === null || code === "uploads-per-minute"));
  assert.deepEqual(await used(app), [0, 4, 30]);
});

Deno.test("parts begun half a minute later, or after their final upload, are another upload", async () => {
  await using app = await start();
  const early = await part(app);
  app.clock += 29_999;
  const late = await part(app);
  assert.equal((await used(app))[1], 1);
  app.clock += 1;
  await part(app);
  assert.equal((await used(app))[1], 2);
  await part(app);
  assert.equal((await used(app))[1], 2);
  assert.equal((await final(app, [early, late])).status, 201);
  assert.equal((await used(app))[1], 2);
  const other = await part(app);
  assert.equal((await final(app, [other])).status, 201);
  assert.equal((await used(app))[1], 2);
  await part(app);
  assert.equal((await used(app))[1], 3);
});

Deno.test("no more parts count as one than a final upload can have", async () => {
  await using app = await start();
  for (let count = 0; count < 101; count++) {
    const made = await post(app, { "Upload-Concat": "partial", "Upload-Length": "1" });
    assert.equal(made.status, 201);
  }
  assert.deepEqual(await used(app), [2, 2, 101]);
});

Deno.test("a part that is given up gives its bytes back, unless a final upload has them", async () => {
  await using app = await start();
  const [first, second, third] = [await part(app), await part(app), await part(app, 20)];
  await app.request(second, { method: "DELETE", headers: TUS });
  assert.deepEqual(await used(app), [1, 1, 30]);
  const unfinished = await post(app, { "Upload-Concat": "partial", "Upload-Length": "50" });
  assert.equal((await final(app, [third, unfinished.path])).status, 201);
  await app.request(third, { method: "DELETE", headers: TUS });
  assert.deepEqual(await used(app), [1, 1, 80]);
  await app.request(unfinished.path, {
    method: "PATCH",
    headers: { ...BYTES, "Upload-Offset": "0" },
    body: new Uint8Array(50),
  });
  await app.services.core.background.settled();
  assert.equal((await app.json("GET", "/api/v1/attachments")).body.items[0].size, 70);
  assert.deepEqual((await used(app))[2], 80);
  await app.request(first, { method: "DELETE", headers: TUS });
  assert.deepEqual(await used(app), [0, 1, 70]);
});

Deno.test("parts that expire after their file was made stay charged; others are given back", async () => {
  await using app = await start();
  app.clock = Math.floor(app.clock / 86_400_000) * 86_400_000;
  assert.equal((await final(app, [await part(app, 100)])).status, 201);
  await part(app, 200);
  assert.equal((await used(app))[2], 300);
  app.clock += 3 * 3_600_000;
  assert.equal((await expireUploads(app.services.core)).expired, 2);
  assert.equal((await used(app))[2], 100);
});
