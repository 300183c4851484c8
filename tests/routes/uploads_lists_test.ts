import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { keys } from "../../services/records/keys.ts";
import { ALICE, BOB, startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { OFFSET_BYTES } from "../support/tus.ts";
import {
  cancelUpload,
  newSession,
  openUpload,
  outcome,
  putChunk,
  sha256,
  SMALL_CHUNKS,
} from "../support/upload_calls.ts";

const UPLOADS = "/api/v1/uploads";
const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

/** All items of a list, page by page of `limit`. */
async function pages(app: TestApp, path: string, limit: number) {
  const sizes: number[] = [];
  // deno-lint-ignore no-explicit-any -- whatever the list holds
  const items: any[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const query: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { status, body } = await app.json("GET", `${path}?limit=${limit}${query}`);
    assert.equal(status, 200);
    sizes.push(body.items.length);
    items.push(...body.items);
    cursor = body.cursor;
  }
  return { items, sizes };
}

Deno.test("open sessions are listed newest first, page by page, each once", async () => {
  await using app = await start();
  const ids: string[] = [];
  for (let count = 0; count < 7; count++) {
    // Some at the same moment.
    app.clock += count % 2;
    ids.unshift(await newSession(app, { size: 10, fileName: `${count}.bin` }));
  }
  const { items, sizes } = await pages(app, UPLOADS, 3);
  assert.deepEqual(sizes, [3, 3, 1]);
  assert.deepEqual(items.map(({ id }) => id).sort(), [...ids].sort());
  const times = items.map(({ createdAt }) => createdAt);
  assert.deepEqual(times, [...times].sort().reverse());
  const { items: all } = await pages(app, UPLOADS, 100);
  assert.deepEqual(all, items);
});

Deno.test("a list that fits a page exactly ends without another item", async () => {
  await using app = await start();
  for (let count = 0; count < 4; count++) await newSession(app, { size: 10 });
  assert.deepEqual((await pages(app, UPLOADS, 2)).items.length, 4);
  assert.deepEqual((await pages(app, UPLOADS, 4)).items.length, 4);
});

Deno.test("a listed session is the session, with what has come", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 5000 });
  await putChunk(app, id, { offset: 2000, body: randomBytes(2000, { seed: 1 }) });
  const [listed] = (await pages(app, UPLOADS, 10)).items;
  assert.deepEqual(listed, (await app.json("GET", `${UPLOADS}/${id}`)).body);
  assert.deepEqual(listed.received, [{ offset: 2000, size: 2000 }]);
});

Deno.test("nobody sees the sessions of others in a list, and nobody signed out sees any", async () => {
  await using app = await start();
  await newSession(app, { size: 10 });
  const { body: own } = await openUpload(app, { size: 11 }, { user: BOB });
  const { body } = await app.json("GET", UPLOADS, { user: BOB });
  assert.deepEqual(body.items.map(({ id }: { id: string }) => id), [own.id]);
  assert.equal((await app.json("GET", UPLOADS, { user: null })).status, 401);
});

Deno.test("a cursor of one owner's list shows another nothing that is not theirs", async () => {
  await using app = await start();
  for (let count = 0; count < 3; count++) await newSession(app, { size: 10 });
  const { body: { cursor } } = await app.json("GET", `${UPLOADS}?limit=1`, { user: ALICE });
  const { status, body } = await app.json("GET", `${UPLOADS}?cursor=${cursor}`, { user: BOB });
  assert.deepEqual([status, body.items], [200, []]);
});

Deno.test("sessions that end while somebody pages are left out, and the others are all there", async () => {
  await using app = await start();
  const ids: string[] = [];
  for (let count = 0; count < 6; count++) {
    app.clock++;
    ids.unshift(await newSession(app, { size: 10 }));
  }
  const { body: first } = await app.json("GET", `${UPLOADS}?limit=2`);
  await cancelUpload(app, ids[1]!); // The one that the cursor names.
  await cancelUpload(app, ids[3]!);
  const { body: rest } = await app.json("GET", `${UPLOADS}?cursor=${first.cursor}`);
  assert.deepEqual(rest.items.map(({ id }: { id: string }) => id), [ids[2], ids[4], ids[5]]);
});

Deno.test("a page ends early when its sessions have very many chunks to be read, or to be told of, and the next one goes on", async () => {
  await using app = await start();
  const ids = [await newSession(app, { size: 10 })];
  app.clock++;
  ids.unshift(await newSession(app, { size: 200_000 }));
  await recordChunks(app, ids[0]!, 50_500);
  const sizes = async () => {
    const found = await pages(app, UPLOADS, 100);
    assert.deepEqual(found.items.map(({ id }) => id), ids);
    return found.sizes;
  };
  assert.deepEqual(await sizes(), [2], "one stretch, that is known");
  await app.restart();
  assert.deepEqual(await sizes(), [1, 1], "to be read");

  // Slots of a chunk each, of which all have come.
  app.clock++;
  ids.unshift(await newSession(app, { size: 60_000 * 1024, chunkSize: 1024 }));
  await recordChunks(app, ids[0]!, 1, 60_000 * 1024);
  await app.restart();
  await sizes();
  assert.deepEqual(await sizes(), [1, 2], "to be told of");
});

/** Stretches of `size` bytes from the file's start on, as if they had come. */
async function recordChunks(app: TestApp, id: string, count: number, size = 1): Promise<void> {
  const { records } = app.services.core;
  for (let at = 0; at < count; at += 500) {
    await records.transact((commit) => {
      for (let more = at; more < Math.min(count, at + 500); more++) {
        commit.set(keys.uploadChunk(id, more * size), { size, sha256: "", writer: "" });
      }
      return Promise.resolve();
    });
  }
}

Deno.test("lists take no place from uploads that are worked on, however many sessions they show", async () => {
  await using app = await start();
  const tus = { "Tus-Resumable": "1.0.0", "Content-Type": OFFSET_BYTES };
  const id = await newSession(app, { size: 10_000 });
  const append = async (offset: number) => {
    const { status } = await app.request(`/files/${id}`, {
      method: "PATCH",
      headers: { ...tus, "Upload-Offset": String(offset) },
      body: randomBytes(2000, { seed: offset }),
    });
    assert.equal(status, 204);
  };
  await append(0);
  const made = await app.services.core.records.get<Record<string, unknown>>(keys.upload(id));
  for (let count = 0; count < 250; count++) {
    const other = { ...made.value, id: `made-${count}`, createdAt: app.clock + count };
    await app.services.core.records.transact((commit) => {
      commit.set(keys.upload(other.id), other).set(
        keys.uploadByOwner("alice", other.createdAt, other.id),
        true,
      );
      return Promise.resolve();
    });
  }
  assert.equal((await pages(app, UPLOADS, 100)).items.length, 251);
  await append(2000);
  const { items } = await pages(app, `${UPLOADS}/${id}/chunks`, 10);
  assert.deepEqual(items.map(({ size }) => size), [4000], "the one that was hashed goes on");
});

Deno.test("chunks are listed by offset with the digests of their bytes, page by page", async () => {
  await using app = await start();
  const size = 10 * 2000;
  const file = randomBytes(size, { seed: 1 });
  const id = await newSession(app, { size });
  for (const index of [7, 2, 9, 0, 4, 5]) {
    const body = file.slice(index * 2000, index * 2000 + 2000);
    await putChunk(app, id, { offset: index * 2000, body });
  }
  const expected = [0, 2, 4, 5, 7, 9].map((index) => ({
    offset: index * 2000,
    size: 2000,
    sha256: sha256(file.slice(index * 2000, index * 2000 + 2000)),
  }));
  for (const limit of [1, 4, 6, 1000]) {
    assert.deepEqual((await pages(app, `${UPLOADS}/${id}/chunks`, limit)).items, expected);
  }
  assert.equal((await app.json("GET", `${UPLOADS}/${id}/chunks`, { user: BOB })).status, 404);
});

const HOSTILE = [
  "x",
  "%00",
  "%F0%9F%98%80",
  "e30",
  "bnVsbA",
  "A".repeat(2048),
  cursorOf([]),
  cursorOf({}),
  cursorOf([[], []]),
  cursorOf([1, 2]),
  cursorOf(["1", "x"]),
  cursorOf([{ id: "1" }, "x"]),
  cursorOf([1, "x", 1]),
  cursorOf([1, "x".repeat(1025)]),
  cursorOf([null, null]),
  cursorOf("__proto__"),
  Buffer.from([0xff, 0xfe, 0x5b]).toString("base64url"),
];

/** They have the right shape, so that they may only lead to a place in the list. */
const ODD = [
  cursorOf([1, ""]),
  cursorOf([-1, "\ud800"]),
  cursorOf([0, "\u0000".repeat(200)]),
  cursorOf([1, "一".repeat(500)]),
  Buffer.from('[1e999,"x"]').toString("base64url"),
  Buffer.from('[-1e999,"x"]').toString("base64url"),
  Buffer.from('[-0,"x"]').toString("base64url"),
];

Deno.test("a cursor that is none of the list is refused, and one that only looks like it does no harm", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 5000 });
  for (const cursor of HOSTILE) {
    for (const path of [UPLOADS, `${UPLOADS}/${id}/chunks`]) {
      const refused = await app.json("GET", `${path}?cursor=${cursor}`);
      assert.deepEqual(outcome(refused), [400, "invalid-cursor"], `${path} ${cursor}`);
    }
  }
  for (const cursor of ODD) {
    assert.equal((await app.json("GET", `${UPLOADS}?cursor=${cursor}`)).status, 200, cursor);
  }
  for (const number of ["1", "-1", "0.5", "1e999", "-1e999"]) {
    const cursor = Buffer.from(`[${number}]`).toString("base64url");
    assert.equal((await app.json("GET", `${UPLOADS}/${id}/chunks?cursor=${cursor}`)).status, 200, number);
  }
  const tooLong = await app.json("GET", `${UPLOADS}?cursor=${"A".repeat(2049)}`);
  assert.deepEqual(outcome(tooLong), [400, "invalid-request"]);
});

Deno.test("a page has from 1 to 100 sessions and from 1 to 1000 chunks", async () => {
  await using app = await start();
  const id = await newSession(app, { size: 5000 });
  for (const limit of ["0", "-1", "1.5", "abc", "", "101", "1e9", "Infinity"]) {
    const refused = await app.json("GET", `${UPLOADS}?limit=${limit}`);
    assert.deepEqual(outcome(refused), [400, "invalid-request"], limit);
  }
  assert.equal((await app.json("GET", `${UPLOADS}?limit=100`)).status, 200);
  assert.equal((await app.json("GET", `${UPLOADS}/${id}/chunks?limit=1000`)).status, 200);
  assert.equal((await app.json("GET", `${UPLOADS}/${id}/chunks?limit=1001`)).status, 400);
});
