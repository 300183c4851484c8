import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import {
  completeUpload,
  digestField,
  newSession,
  outcome,
  putChunk,
  received,
  sha256,
  SMALL_CHUNKS,
} from "../support/upload_calls.ts";

const SIZE = 20_000;
const FILE = randomBytes(SIZE, { seed: 1 });
const OTHER = randomBytes(SIZE, { seed: 2 });
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("base64");

const ALGORITHMS = ["sha-256", "sha-512", "md5"] as const;

/** A header with the digest of `bytes`, in every way that can be checked. */
const WAYS: [string, (bytes: Uint8Array) => Record<string, string>][] = [
  ...ALGORITHMS.map((name): [string, (bytes: Uint8Array) => Record<string, string>] => [
    `Content-Digest with ${name}`,
    (bytes) => ({ "Content-Digest": digestField(name, bytes) }),
  ]),
  ["Content-MD5", (bytes) => ({ "Content-MD5": md5(bytes) })],
  ["Content-Digest with three algorithms and Content-MD5", (bytes) => ({
    "Content-Digest": ALGORITHMS.map((name) => digestField(name, bytes)).join(", "),
    "Content-MD5": md5(bytes),
  })],
];

const start = () => startApp({ pawlJson: SMALL_CHUNKS });

for (const [way, headersFor] of WAYS) {
  Deno.test(`${way}: the right one is taken, a wrong one refuses the chunk and nothing of it counts`, async () => {
    await using app = await start();
    const id = await newSession(app, { size: SIZE });
    const wrong = await putChunk(app, id, { offset: 0, body: FILE, headers: headersFor(OTHER) });
    assert.deepEqual(outcome(wrong), [422, "digest-mismatch"]);
    assert.match(wrong.body.detail, /send it again/);
    assert.deepEqual(await received(app, id), []);
    const right = await putChunk(app, id, { offset: 0, body: FILE, headers: headersFor(FILE) });
    assert.deepEqual([right.status, right.body.receivedBytes], [200, SIZE]);
    assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
  });
}

Deno.test("a digest counts for a body without a length, too", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const call = { offset: 0, body: FILE, withoutLength: true };
  const headers = (bytes: Uint8Array) => ({ "Content-Digest": digestField("sha-256", bytes) });
  assert.equal((await putChunk(app, id, { ...call, headers: headers(OTHER) })).status, 422);
  assert.deepEqual(await received(app, id), []);
  assert.equal((await putChunk(app, id, { ...call, headers: headers(FILE) })).status, 200);
});

Deno.test("one wrong digest among right ones refuses the chunk", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  for (const wrong of ALGORITHMS) {
    const value = ALGORITHMS.map((name) => digestField(name, name === wrong ? OTHER : FILE)).join(", ");
    const refused = await putChunk(app, id, { offset: 0, body: FILE, headers: { "Content-Digest": value } });
    assert.deepEqual(outcome(refused), [422, "digest-mismatch"]);
    assert.ok(refused.body.detail.includes(wrong), refused.body.detail);
  }
  assert.deepEqual(await received(app, id), []);
});

Deno.test("a digest is of the whole body, recorded parts with it", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  await putChunk(app, id, { offset: 5000, body: FILE.slice(5000, 9000) });
  for (const name of ALGORITHMS) {
    const wrong = await putChunk(app, id, {
      offset: 0,
      body: FILE,
      headers: { "Content-Digest": digestField(name, OTHER) },
    });
    assert.deepEqual(outcome(wrong), [422, "digest-mismatch"]);
    assert.deepEqual(await received(app, id), [{ offset: 5000, size: 4000 }]);
  }
  const right = await putChunk(app, id, {
    offset: 0,
    body: FILE,
    headers: { "Content-Digest": digestField("sha-256", FILE) },
  });
  assert.deepEqual([right.status, right.body.receivedBytes], [200, SIZE]);
  const again = { offset: 0, body: FILE };
  const wrongAgain = await putChunk(app, id, { ...again, headers: { "Content-MD5": md5(OTHER) } });
  assert.deepEqual(outcome(wrongAgain), [422, "digest-mismatch"]);
  assert.equal((await completeUpload(app, id)).body.sha256, sha256(FILE));
});

const UNREADABLE: Record<string, string>[] = [
  { "Content-Digest": "" },
  { "Content-Digest": "sha-256" },
  { "Content-Digest": "sha-256=abc" },
  { "Content-Digest": "sha-256=:AAAA:" },
  { "Content-Digest": `sha-256=:${"A".repeat(44)}` },
  { "Content-Digest": `${digestField("md5", FILE)}, ${digestField("md5", FILE)}` },
  { "Content-Digest": "crc32c=:AAAAAA==:" },
  { "Content-Digest": "constructor=:AA==:" },
  { "Content-MD5": "abc" },
  { "Content-MD5": createHash("md5").update(FILE).digest("hex") },
  { "Content-Digest": digestField("md5", FILE), "Content-MD5": md5(OTHER) },
];

for (const headers of UNREADABLE) {
  Deno.test(`a digest that cannot be read or checked is refused: ${JSON.stringify(headers)}`, async () => {
    await using app = await start();
    const id = await newSession(app, { size: SIZE });
    const refused = await putChunk(app, id, { offset: 0, body: FILE, headers });
    assert.deepEqual(outcome(refused), [400, "invalid-digest"]);
    assert.deepEqual(await received(app, id), []);
  });
}

Deno.test("an algorithm that cannot be checked is passed over beside one that can", async () => {
  await using app = await start();
  const id = await newSession(app, { size: SIZE });
  const headers = (bytes: Uint8Array) => ({
    "Content-Digest": `crc32c=:AAAAAA==:, ${digestField("sha-512", bytes)}`,
  });
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE, headers: headers(OTHER) })).status, 422);
  assert.equal((await putChunk(app, id, { offset: 0, body: FILE, headers: headers(FILE) })).status, 200);
});
