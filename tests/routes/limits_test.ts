import assert from "node:assert/strict";
import { expireUploads } from "../../services/cleanup.ts";
import { ADMIN, type Answer, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { answer, handFed, sha256, until } from "../support/upload_calls.ts";
import { type Way, WAYS } from "../support/upload_ways.ts";

const MIB = 2 ** 20;
const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;
const TUS = { "Tus-Resumable": "1.0.0" };
const OFFSET_BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const eachWay = Object.entries(WAYS);
const SMALL_CHUNKS = { min: "1 KiB", default: "4 KiB", max: "32 MiB" };

/** In the middle of a UTC day; nobody has uploaded anything yet. */
async function start(limits: Record<string, number | string>, more: Record<string, unknown> = {}) {
  const off = { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 };
  const app = await startApp({ pawlJson: { chunks: SMALL_CHUNKS, limits: { ...off, ...limits }, ...more } });
  app.clock = Math.floor(app.clock / DAY) * DAY + DAY / 2;
  return app;
}

const person = (sub: string): TestUser => ({ sub: sub.replaceAll(" ", "-") });
const ANNA = person("anna");

async function usage(app: TestApp, user: TestUser) {
  const { status, body } = await app.json("GET", "/api/v1/usage", { user });
  assert.equal(status, 200);
  return body;
}

const usedBytes = async (app: TestApp, user: TestUser) => (await usage(app, user)).bytesPerDay.used;
const usedSlots = async (app: TestApp, user: TestUser) => (await usage(app, user)).uploadsAtOnce.used;

const session = (app: TestApp, user: TestUser, fields: Record<string, unknown> = {}) =>
  app.json("POST", "/api/v1/uploads", {
    user,
    body: { fileName: "a.bin", size: 100, forceNew: true, ...fields },
  });

async function opened(app: TestApp, user: TestUser, fields: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await session(app, user, fields);
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

async function chunk(app: TestApp, user: TestUser, { id, offset = 0, size = 100 }: {
  id: string;
  offset?: number;
  size?: number;
}): Promise<Answer> {
  return await answer(
    await app.request(`/api/v1/uploads/${id}/chunks/${offset}`, {
      method: "PUT",
      body: new Uint8Array(size),
      headers: { "Content-Length": String(size) },
      user,
    }),
  );
}

const post = async (app: TestApp, path: string, init: Parameters<TestApp["request"]>[1]) =>
  await answer(await app.request(path, { method: "POST", ...init }));

/** The path of an upload at `/files`. */
function placeOf({ status, headers, body }: Answer): string {
  assert.equal(status, 201, JSON.stringify(body));
  return new URL(headers.get("Location")!, "http://localhost/").pathname;
}

function assertRefused(refused: Answer, code: string, facts: Record<string, unknown> = {}) {
  assert.equal(refused.body?.code, code, JSON.stringify(refused.body));
  assert.equal(refused.status, code === "over-daily-limit" ? 413 : 429);
  for (const [name, value] of Object.entries(facts)) assert.equal(refused.body[name], value, name);
}

const sameWay = (work: (way: Way, user: TestUser) => Promise<void>) =>
  Promise.all(eachWay.map(([name, way]) => work(way, person(name))));

Deno.test("each way of uploading counts as one new upload, and is refused beyond so many a minute", async () => {
  await using app = await start({ uploadsPerMinute: 2 });
  await sameWay(async (way, user) => {
    for (let count = 0; count < 2; count++) {
      assert.equal((await way.begin(app, { user, size: 10 })).status, 201);
    }
    const refused = await way.begin(app, { user, size: 10 });
    assertRefused(refused, "uploads-per-minute", { limit: "uploads-per-minute", max: 2, used: 2 });
    assert.equal(refused.headers.get("Retry-After"), "60");
    assert.equal((await usage(app, user)).uploadsPerMinute.used, 2);
  });
  app.clock += MINUTE;
  await sameWay(async (way, user) => assert.equal((await way.begin(app, { user, size: 10 })).status, 201));
});

Deno.test("each way of uploading charges the file's bytes to the day, to the last one, and no byte more", async () => {
  await using app = await start({ bytesPerDay: 1000 });
  await sameWay(async (way, user) => {
    assert.equal((await way.begin(app, { user, size: 600 })).status, 201);
    assertRefused(await way.begin(app, { user, size: 401 }), "bytes-per-day", { max: 1000 });
    assert.equal(await usedBytes(app, user), 600);
    assert.equal((await way.begin(app, { user, size: 400 })).status, 201);
    assertRefused(await way.begin(app, { user, size: 1 }), "bytes-per-day", {
      used: 1000,
      setting: "limits.bytesPerDay",
      freeAt: new Date(app.clock + DAY / 2).toISOString(),
    });
    assertRefused(
      await way.begin(app, { user, size: 1001 }),
      way === WAYS["a whole file without its length"] ||
        way === WAYS["a form"]
        ? "bytes-per-day"
        : "over-daily-limit",
    );
    assert.equal(await usedBytes(app, user), 1000);
  });
  app.clock += DAY / 2;
  await sameWay(async (way, user) => assert.equal((await way.begin(app, { user, size: 1000 })).status, 201));
});

Deno.test("a file larger than a whole day's bytes is refused with the setting that is in its way", async () => {
  await using app = await start({ bytesPerDay: 1000 });
  await sameWay(async (way, user) => {
    const refused = await way.begin(app, { user, size: 1_100_000 });
    assertRefused(refused, "over-daily-limit", { max: 1000, setting: "limits.bytesPerDay" });
    assert.equal(refused.headers.get("Retry-After"), null);
    assert.match(refused.body.detail, /limits\.bytesPerDay/);
    assert.equal(await usedBytes(app, user), 0);
  });
});

Deno.test("while so many uploads run as may at once, no way begins another one", async () => {
  await using app = await start({ uploadsAtOnce: 2 });
  await sameWay(async (way, user) => {
    const first = await opened(app, user);
    await opened(app, user);
    const refused = await way.begin(app, { user, size: 10 });
    assertRefused(refused, "uploads-at-once", { max: 2, used: 2, setting: "limits.uploadsAtOnce" });
    assert.equal((await app.json("DELETE", `/api/v1/uploads/${first}`, { user })).status, 204);
    assert.equal((await way.begin(app, { user, size: 10 })).status, 201);
    assert.equal(await usedSlots(app, user), way.whole ? 1 : 2);
  });
});

Deno.test("an upload that is whole frees its slot at once and keeps its bytes charged", async () => {
  await using app = await start({ uploadsAtOnce: 1, bytesPerDay: 1000 });
  await sameWay(async (way, user) => {
    if (!way.whole) return;
    for (const size of [300, 300]) assert.equal((await way.begin(app, { user, size })).status, 201);
    assert.deepEqual([await usedSlots(app, user), await usedBytes(app, user)], [0, 600]);
  });
  const id = await opened(app, ANNA);
  assert.equal((await chunk(app, ANNA, { id })).status, 200);
  assertRefused(await session(app, ANNA), "uploads-at-once");
  assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`, { user: ANNA })).status, 201);
  assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [0, 100]);
});

Deno.test("an upload that ends without a file gives its slot and its bytes back, whatever way it ends", async () => {
  await using app = await start({ uploadsAtOnce: 1, bytesPerDay: 1000 });
  const nothing = async (why: string) =>
    assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [0, 0], why);

  const cancelled = await opened(app, ANNA);
  await chunk(app, ANNA, { id: cancelled });
  assert.equal(await usedBytes(app, ANNA), 100);
  for (let times = 0; times < 2; times++) {
    await app.json("DELETE", `/api/v1/uploads/${cancelled}`, { user: ANNA });
    await nothing("cancelled");
  }

  const byAdmin = await opened(app, ANNA);
  await app.json("DELETE", `/api/v1/uploads/${byAdmin}`, { user: ADMIN });
  await nothing("cancelled by an administrator");

  const failed = await opened(app, ANNA, { sha256: "0".repeat(64) });
  await chunk(app, ANNA, { id: failed });
  assert.equal((await app.json("POST", `/api/v1/uploads/${failed}/complete`, { user: ANNA })).status, 422);
  await nothing("failed");

  const place = placeOf(
    await post(app, "/files", { user: ANNA, headers: { ...TUS, "Upload-Length": "100" } }),
  );
  assert.equal((await app.request(place, { method: "DELETE", headers: TUS, user: ANNA })).status, 204);
  await nothing("terminated");

  const wrong = { "Content-Digest": `sha-256=:${btoa("x".repeat(32))}:` };
  const put = { method: "PUT", body: new Uint8Array(100), headers: wrong, user: ANNA };
  assert.equal((await app.request("/api/v1/files/a.bin", put)).status, 422);
  await nothing("a whole file with another digest");

  const form = new FormData();
  form.set("file", new Blob([new Uint8Array(100)]), "a.bin");
  form.set("businessType", "None");
  assert.equal((await post(app, "/api/v1/attachments", { body: form, user: ANNA })).status, 400);
  await nothing("a form with a wrong field");
  form.set("businessType", "General");
  form.set("sha256", "0".repeat(64));
  assert.equal((await post(app, "/api/v1/attachments", { body: form, user: ANNA })).status, 422);
  await nothing("a form whose file is another one");

  await opened(app, ANNA);
  app.clock += 25 * HOUR;
  assert.equal((await expireUploads(app.services.core)).expired, 1);
  await nothing("expired");
  await opened(app, ANNA);
  app.clock -= 2 * HOUR; // A clock that is set back gives nothing back twice.
  assert.equal(await usedSlots(app, ANNA), 1);
});

Deno.test("bytes of an upload that expires are given back to the day it began, not to the day it ends", async () => {
  await using app = await start({ bytesPerDay: 1000 });
  await opened(app, ANNA, { size: 900 });
  app.clock += 25 * HOUR;
  await opened(app, ANNA, { size: 900 });
  await expireUploads(app.services.core);
  assert.equal(await usedBytes(app, ANNA), 900);
});

Deno.test("a single request that breaks gives its share back before its answer", async () => {
  await using app = await start({ uploadsAtOnce: 1, bytesPerDay: 10 * MIB });
  const requests: [string, string, Record<string, string>][] = [
    ["PUT", "/api/v1/files/a.bin", { "Content-Length": "1000" }],
    ["PUT", "/api/v1/files/a.bin", {}],
    ["POST", "/api/v1/attachments?fileName=a.bin", { "Content-Length": "1000" }],
    ["POST", "/api/v1/attachments", {
      "Content-Type": "multipart/form-data; boundary=x",
      "Content-Length": "900",
    }],
    ["POST", "/files", {
      ...OFFSET_BYTES,
      "Upload-Length": "1000",
      "Upload-Checksum": `sha1 ${btoa("x".repeat(20))}`,
    }],
  ];
  for (const [method, path, headers] of requests) {
    const body = handFed();
    const request = app.request(path, { method, headers, body: body.stream, user: ANNA });
    body.send(
      new TextEncoder().encode('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'),
    );
    await until(async () => await usedSlots(app, ANNA) === 1);
    assert.ok(await usedBytes(app, ANNA) > 0, path);
    assertRefused(await WAYS["a whole file"]!.begin(app, { user: ANNA, size: 1 }), "uploads-at-once");
    body.break();
    assert.equal((await answer(await request)).status, 400, path);
    assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [0, 0], `${method} ${path}`);
  }
});

Deno.test("what a broken creation with its first bytes leaves as a session stays counted once", async () => {
  await using app = await start({ uploadsAtOnce: 2, uploadsPerMinute: 5, bytesPerDay: 1000 });
  const body = handFed();
  const request = app.request("/files", {
    method: "POST",
    headers: { ...OFFSET_BYTES, "Upload-Length": "1000" },
    body: body.stream,
    user: ANNA,
  });
  body.send(new Uint8Array(10));
  await until(async () => await usedBytes(app, ANNA) === 1000);
  body.break();
  assert.equal((await request).status, 400);
  const { items } = (await app.json("GET", "/api/v1/uploads", { user: ANNA })).body;
  assert.deepEqual(items.map(({ receivedBytes }: { receivedBytes: number }) => receivedBytes), [10]);
  assert.equal((await usage(app, ANNA)).uploadsPerMinute.used, 1);
  assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [1, 1000]);
  await app.json("DELETE", `/api/v1/uploads/${items[0].id}`, { user: ANNA });
  assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [0, 0]);
});

Deno.test("one's own open session is found without being counted again", async () => {
  await using app = await start({ uploadsAtOnce: 1, uploadsPerMinute: 1, bytesPerDay: 100 });
  const fields = { sha256: sha256(new Uint8Array(100)), forceNew: false };
  const id = await opened(app, ANNA, fields);
  for (let times = 0; times < 3; times++) {
    const again = await session(app, ANNA, fields);
    assert.deepEqual([again.status, again.body.id], [200, id]);
  }
  assert.equal(await usedBytes(app, ANNA), 100);
});

Deno.test("an instant upload counts as one upload of no bytes, and takes no slot", async () => {
  await using app = await start({ uploadsAtOnce: 2, uploadsPerMinute: 3, bytesPerDay: 100 });
  const fields = { sha256: sha256(new Uint8Array(100)), forceNew: false };
  const put = { method: "PUT", body: new Uint8Array(100), headers: { "Content-Length": "100" }, user: ANNA };
  assert.equal((await app.request("/api/v1/files/a.bin", put)).status, 201);
  for (let times = 0; times < 2; times++) {
    const instant = await session(app, ANNA, fields);
    assert.ok(instant.body.attachment, JSON.stringify(instant.body));
  }
  assertRefused(await session(app, ANNA, fields), "uploads-per-minute");
  assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [0, 100]);
});

Deno.test("an upload is silent for a minute, loses its slot, and takes one again before its next bytes", async () => {
  await using app = await start({ uploadsAtOnce: 1 });
  const id = await opened(app, ANNA, { size: 3 * 1024 });
  app.clock += 30_000;
  assert.equal((await chunk(app, ANNA, { id, size: 1024 })).status, 200);
  app.clock += MINUTE - 1;
  assertRefused(await session(app, ANNA), "uploads-at-once");
  app.clock += 1;
  const other = await opened(app, ANNA);
  const refused = await chunk(app, ANNA, { id, offset: 1024, size: 1024 });
  assertRefused(refused, "uploads-at-once", { used: 1 });
  assert.equal(refused.headers.get("Retry-After"), "60");
  const patch = await app.request(`/files/${id}`, {
    method: "PATCH",
    headers: { ...OFFSET_BYTES, "Upload-Offset": "1024" },
    body: new Uint8Array(1024),
    user: ANNA,
  });
  assertRefused(await answer(patch), "uploads-at-once");
  assert.equal((await app.json("GET", `/api/v1/uploads/${id}`, { user: ANNA })).body.receivedBytes, 1024);
  await app.json("DELETE", `/api/v1/uploads/${other}`, { user: ANNA });
  assert.equal((await chunk(app, ANNA, { id, offset: 1024, size: 1024 })).status, 200);
  assertRefused(await session(app, ANNA), "uploads-at-once");
});

Deno.test("a slot stays taken while bytes come, however long that takes", async () => {
  await using app = await start({ uploadsAtOnce: 1 });
  const body = handFed();
  const request = app.request("/api/v1/files/a.bin", { method: "PUT", body: body.stream, user: ANNA });
  for (let piece = 0; piece < 5; piece++) {
    body.send(new Uint8Array(1000));
    const end = new Date(app.clock + MINUTE).toISOString();
    await until(async () => (await usage(app, ANNA)).uploadsAtOnce.freeAt === end);
    assertRefused(await session(app, ANNA), "uploads-at-once");
    app.clock += 45_000;
  }
  body.end();
  assert.equal((await request).status, 201);
  assert.equal(await usedSlots(app, ANNA), 0);
});

Deno.test("an upload of unknown length is charged as its bytes come, and its rest when the length is said", async () => {
  await using app = await start({ uploadsAtOnce: 3, bytesPerDay: 20 * MIB });
  const deferred = { ...TUS, "Upload-Defer-Length": "1" };
  const place = placeOf(await post(app, "/files", { headers: deferred, user: ANNA }));
  assert.equal(await usedBytes(app, ANNA), 8 * MIB);
  const patch = async (offset: number, size: number, headers: Record<string, string> = {}) =>
    await answer(
      await app.request(place, {
        method: "PATCH",
        headers: {
          ...OFFSET_BYTES,
          "Upload-Offset": String(offset),
          "Content-Length": String(size),
          ...headers,
        },
        body: size === 0 ? null : new Uint8Array(size),
        user: ANNA,
      }),
    );
  assert.equal((await patch(0, 9 * MIB)).status, 204);
  assert.equal(await usedBytes(app, ANNA), 16 * MIB);
  assertRefused(await patch(9 * MIB, 0, { "Upload-Length": String(21 * MIB) }), "over-daily-limit");
  const other = await opened(app, ANNA, { size: 3 * MIB });
  assertRefused(await patch(9 * MIB, 0, { "Upload-Length": String(18 * MIB) }), "bytes-per-day", {
    used: 19 * MIB,
    wanted: 2 * MIB,
  });
  assert.equal((await patch(9 * MIB, 0, { "Upload-Length": String(17 * MIB) })).status, 204);
  assert.equal(await usedBytes(app, ANNA), 20 * MIB);
  await app.json("DELETE", `/api/v1/uploads/${other}`, { user: ANNA });
  assert.equal((await patch(9 * MIB, 8 * MIB)).status, 204);
  assert.equal(await usedBytes(app, ANNA), 17 * MIB);

  const short = placeOf(await post(app, "/files", { headers: deferred, user: ANNA }));
  assert.equal(await usedBytes(app, ANNA), 20 * MIB);
  const said = { ...OFFSET_BYTES, "Upload-Offset": "0", "Upload-Length": "1000" };
  assert.equal((await app.request(short, { method: "PATCH", headers: said, user: ANNA })).status, 204);
  assert.equal(await usedBytes(app, ANNA), 17 * MIB + 1000);
});

Deno.test("a body of unknown length ends where the day's bytes end; a session keeps what came before", async () => {
  await using app = await start({ bytesPerDay: 10 * MIB });
  const put = (size: number) =>
    app.request("/api/v1/files/a.bin", {
      method: "PUT",
      body: new Blob([new Uint8Array(size)]).stream(),
      user: ANNA,
    });
  assertRefused(await answer(await put(11 * MIB)), "over-daily-limit");
  assert.equal(await usedBytes(app, ANNA), 0);
  assert.equal((await put(MIB)).status, 201);
  assertRefused(await answer(await put(9 * MIB + 1)), "bytes-per-day");
  assert.equal(await usedBytes(app, ANNA), MIB);

  const begun = await post(app, "/files", {
    headers: { "Upload-Complete": "?0" },
    body: new Blob([new Uint8Array(9 * MIB + 1)]).stream(),
    user: ANNA,
  });
  assertRefused(begun, "bytes-per-day");
  assert.equal(await usedBytes(app, ANNA), MIB);

  const place = placeOf(
    await post(app, "/files", { headers: { ...TUS, "Upload-Defer-Length": "1" }, user: ANNA }),
  );
  const patch = await app.request(place, {
    method: "PATCH",
    headers: { ...OFFSET_BYTES, "Upload-Offset": "0" },
    body: new Blob([new Uint8Array(9 * MIB + 1)]).stream(),
    user: ANNA,
  });
  assertRefused(await answer(patch), "bytes-per-day");
  const { headers } = await app.request(place, { method: "HEAD", headers: TUS, user: ANNA });
  const offset = Number(headers.get("Upload-Offset"));
  assert.ok(offset > 8 * MIB && offset <= 9 * MIB, `${offset}`);
  assert.equal(await usedBytes(app, ANNA), 10 * MIB);
});

Deno.test("administrators are exempt, and are told so", async () => {
  await using app = await start({ uploadsAtOnce: 1, uploadsPerMinute: 1, bytesPerDay: 10 });
  for (const [name, way] of eachWay) {
    for (let times = 0; times < 2; times++) {
      const begun = await way.begin(app, { user: ADMIN, size: 20 });
      assert.equal(begun.status, 201, name);
      assert.equal(begun.headers.get("RateLimit"), null);
    }
  }
  assert.deepEqual(await usage(app, ADMIN), {
    exempt: true,
    uploadsAtOnce: null,
    uploadsPerMinute: null,
    bytesPerDay: null,
  });
});

Deno.test("the usage names each limit, what is used, what is left, and when it is free", async () => {
  await using app = await start({ uploadsAtOnce: 3, uploadsPerMinute: 5, bytesPerDay: 1000 });
  const unused = { used: 0, freeAt: null };
  assert.deepEqual(await usage(app, ANNA), {
    exempt: false,
    uploadsAtOnce: { max: 3, remaining: 3, setting: "limits.uploadsAtOnce", ...unused },
    uploadsPerMinute: { max: 5, remaining: 5, setting: "limits.uploadsPerMinute", ...unused },
    bytesPerDay: { max: 1000, remaining: 1000, setting: "limits.bytesPerDay", ...unused },
  });
  const at = (ms: number) => new Date(app.clock + ms).toISOString();
  const midnight = at(DAY / 2);
  await opened(app, ANNA, { size: 300 });
  app.clock += 10_000;
  await opened(app, ANNA, { size: 200 });
  assert.deepEqual(await usage(app, ANNA), {
    exempt: false,
    uploadsAtOnce: { max: 3, used: 2, remaining: 1, freeAt: at(50_000), setting: "limits.uploadsAtOnce" },
    uploadsPerMinute: {
      max: 5,
      used: 2,
      remaining: 3,
      freeAt: at(50_000),
      setting: "limits.uploadsPerMinute",
    },
    bytesPerDay: { max: 1000, used: 500, remaining: 500, freeAt: midnight, setting: "limits.bytesPerDay" },
  });
  assert.deepEqual((await usage(app, person("other"))).bytesPerDay.used, 0);
});

Deno.test("answers to new uploads and refusals carry RateLimit and RateLimit-Policy", async () => {
  await using app = await start({ uploadsAtOnce: 10, uploadsPerMinute: 2, bytesPerDay: 1000 });
  const policy = '"uploads-at-once";q=10;qu="concurrent-requests", "uploads-per-minute";q=2;w=60, ' +
    '"bytes-per-day";q=1000;qu="content-bytes";w=86400';
  await sameWay(async (way, user) => {
    const left = way.whole ? 10 : 9;
    const first = await way.begin(app, { user, size: 100 });
    assert.equal(first.headers.get("RateLimit-Policy"), policy);
    assert.equal(
      first.headers.get("RateLimit"),
      `"uploads-at-once";r=${left}, "uploads-per-minute";r=1;t=60, "bytes-per-day";r=900;t=43200`,
    );
    await way.begin(app, { user, size: 100 });
    const refused = await way.begin(app, { user, size: 100 });
    assertRefused(refused, "uploads-per-minute");
    assert.equal(refused.headers.get("RateLimit-Policy"), policy);
    assert.match(refused.headers.get("RateLimit")!, /"uploads-per-minute";r=0;t=60, "bytes-per-day";r=800;/);
  });
  const id = await opened(app, ANNA);
  assert.equal((await chunk(app, ANNA, { id })).headers.get("RateLimit"), null);
  assert.equal((await app.json("GET", "/api/v1/attachments", { user: ANNA })).headers.get("RateLimit"), null);
});

Deno.test("one person's uploads take nothing from another's", async () => {
  await using app = await start({ uploadsAtOnce: 1, uploadsPerMinute: 1, bytesPerDay: 100 });
  await opened(app, ANNA);
  assertRefused(await session(app, ANNA), "bytes-per-day");
  await opened(app, person("ben"));
});

Deno.test("a restart forgets nothing of what sessions have been given", async () => {
  await using app = await start({ uploadsAtOnce: 2, uploadsPerMinute: 10, bytesPerDay: 1000 });
  const id = await opened(app, ANNA, { size: 300 });
  await opened(app, ANNA, { size: 600 });
  const before = await usage(app, ANNA);
  await app.restart();
  const after = await usage(app, ANNA);
  assert.deepEqual([after.uploadsPerMinute, after.bytesPerDay], [
    before.uploadsPerMinute,
    before.bytesPerDay,
  ]);
  assertRefused(await session(app, ANNA), "uploads-at-once");
  assert.equal((await chunk(app, ANNA, { id, size: 300 })).status, 200);
  assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`, { user: ANNA })).status, 201);
  assert.deepEqual([await usedSlots(app, ANNA), await usedBytes(app, ANNA)], [1, 900]);
});
