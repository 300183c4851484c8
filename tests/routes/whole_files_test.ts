import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import type { AttachmentRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import { BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { randomBytes, randomStream } from "../support/random_bytes.ts";
import {
  answer,
  begun,
  contentOf,
  digestField,
  outcome,
  sha256,
  storedSizes,
} from "../support/upload_calls.ts";

const SIZE = 300_000;
const FILE = randomBytes(SIZE, { seed: 1 });
FILE.set(new TextEncoder().encode("%PDF-1.7\n"));
const OTHER = randomBytes(SIZE, { seed: 2 });
const TINY = { businessTypes: { Tiny: { maxBytes: 100_000, extensions: [".bin"] } } };

interface Call {
  body?: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
  headers?: Record<string, string>;
  user?: TestUser | null;
}

/** `PUT /files/<path>`, with the body's length where it has one. */
async function put(app: TestApp, path: string, { body = FILE, headers = {}, user }: Call = {}) {
  const length: Record<string, string> = body instanceof Uint8Array
    ? { "Content-Length": String(body.length) }
    : {};
  return await answer(
    await app.request(`/api/v1/files/${path}`, {
      method: "PUT",
      body,
      headers: { ...length, ...headers },
      ...(user === undefined ? {} : { user }),
    }),
  );
}

async function post(app: TestApp, query: string, { body = FILE, headers = {} }: Call = {}) {
  return await answer(await app.request(`/api/v1/attachments${query}`, { method: "POST", body, headers }));
}

async function assertNothingLeft(app: TestApp) {
  assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
}

Deno.test("a file put under its name is an attachment with the digests of its bytes", async () => {
  await using app = await startApp();
  const { status, headers, body } = await put(
    app,
    "a.pdf?businessType=Document&businessId=7&visibility=users",
  );
  assert.equal(status, 201);
  assert.equal(headers.get("Location"), `/api/v1/attachments/${body.id}`);
  const { fileName, contentType, size, businessType, businessId, visibility, ownerId } = body;
  assert.deepEqual(
    { fileName, contentType, size, businessType, businessId, visibility, ownerId },
    {
      fileName: "a.pdf",
      contentType: "application/pdf",
      size: SIZE,
      businessType: "Document",
      businessId: "7",
      visibility: "users",
      ownerId: "alice",
    },
  );
  assert.deepEqual([body.sha256, body.sourceSha256], [sha256(FILE), sha256(FILE)]);
  assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
  const { value } = await app.services.core.records.get<AttachmentRecord>(keys.attachment(body.id));
  assert.equal(value!.crc32, crc32(FILE));
});

Deno.test("a raw body posted with its fields in the query is an attachment, too", async () => {
  await using app = await startApp();
  const { status, body } = await post(app, "?fileName=b.pdf&businessType=Document");
  assert.deepEqual([status, body.fileName, body.businessType], [201, "b.pdf", "Document"]);
  assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));
});

Deno.test("a raw body posted without a name is refused with what to do", async () => {
  await using app = await startApp();
  const refused = await post(app, "");
  assert.deepEqual(outcome(refused), [400, "invalid-request"]);
  assert.match(refused.body.detail, /fileName/);
  await assertNothingLeft(app);
});

for (
  const [sent, name] of [
    ["%E7%85%A7%E7%89%87%20%F0%9F%98%80.png", "照片 😀.png"],
    ["e%CC%81.txt", "é.txt"],
    ["a%2Fb%5Cc.txt", "c.txt"],
    ["100%25.txt", "100%.txt"],
    [`quote%22%27.txt`, `quote"'.txt`],
    ["a+b%3Fc%23d&e=f.txt", "a+b?c#d&e=f.txt"],
    ["%20padded.txt%20", "padded.txt"],
    [`${"%E4%B8%80".repeat(85)}`, "一".repeat(85)],
  ] as const
) {
  Deno.test(`the name ${sent.slice(0, 40)} is kept as people read it`, async () => {
    await using app = await startApp();
    const { status, body } = await put(app, sent);
    assert.deepEqual([status, body.fileName], [201, name]);
  });
}

for (
  const name of ["%00", "a%0Ab", "..%2F..", "%20", "%E4%B8%80".repeat(86), "%E2%80%AEgpj.exe"]
) {
  Deno.test(`the name ${name.slice(0, 30)} is refused before a byte is stored`, async () => {
    await using app = await startApp();
    const { status, body } = await put(app, name);
    assert.deepEqual([status, body.code], [400, "invalid-file-name"]);
    await assertNothingLeft(app);
  });
}

for (
  const [sent, kept] of [
    [{ path: "a.png" }, "image/png"],
    [{ path: "a.png", type: "application/octet-stream" }, "image/png"],
    [{ path: "a.png", type: "Text/HTML; Charset=UTF-8" }, "text/html; charset=utf-8"],
    [{ path: "a.png?contentType=text/plain", type: "text/html" }, "text/plain"],
    [{ path: "a.unknown" }, "application/octet-stream"],
  ] as const
) {
  Deno.test(`the type of ${JSON.stringify(sent)} is ${kept}`, async () => {
    await using app = await startApp();
    const headers: Record<string, string> = "type" in sent ? { "Content-Type": sent.type } : {};
    assert.equal((await put(app, sent.path, { headers })).body.contentType, kept);
  });
}

Deno.test("an empty file is an attachment, with and without a body object", async () => {
  await using app = await startApp();
  for (const body of [new Uint8Array(0), null]) {
    const stored = await put(app, "empty.txt", { body });
    assert.deepEqual([stored.status, stored.body.size], [201, 0]);
    assert.equal(stored.body.sha256, sha256(new Uint8Array(0)));
    assert.deepEqual(await contentOf(app, stored.body), new Uint8Array(0));
  }
});

Deno.test("a body of unknown length is taken as it comes", async () => {
  await using app = await startApp();
  const stored = await put(app, "a.bin", { body: randomStream(2_000_000, { seed: 3 }) });
  assert.deepEqual([stored.status, stored.body.size], [201, 2_000_000]);
  assert.deepEqual(await contentOf(app, stored.body), new Uint8Array(randomBytes(2_000_000, { seed: 3 })));
});

Deno.test("a file that is too large is refused by its length, or as soon as it is while it streams", async () => {
  await using app = await startApp({ pawlJson: TINY });
  assert.equal((await put(app, "a.bin?businessType=Tiny", { body: OTHER.slice(0, 100_000) })).status, 201);
  const [{ id }] = (await app.json("GET", "/api/v1/attachments")).body.items;
  await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);

  const byLength = await put(app, "a.bin?businessType=Tiny", { body: FILE.slice(0, 100_001) });
  assert.deepEqual(outcome(byLength), [413, "file-too-large"]);
  assert.deepEqual([byLength.body.maxBytes, byLength.body.businessType], [100_000, "Tiny"]);

  let asked = 0;
  const long = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (asked++ === 1000) return controller.close();
      controller.enqueue(new Uint8Array(10_000));
    },
  }, { highWaterMark: 0 });
  const streaming = await put(app, "a.bin?businessType=Tiny", { body: long });
  assert.deepEqual(outcome(streaming), [413, "file-too-large"]);
  assert.ok(asked <= 15, `${asked} pieces were read`);
  // The one that was deleted waits for the sweep; nothing else is there.
  assert.deepEqual([await storedSizes(app), await begun(app)], [[100_000], 0]);
});

for (
  const [what, path, status, code] of [
    ["an unknown business type", "a.bin?businessType=Toy", 400, "unknown-business-type"],
    ["an extension that its type does not take", "a.exe?businessType=Image", 415, "type-not-allowed"],
    ["an unknown field", "a.bin?colour=red", 400, "invalid-request"],
    ["a digest that is none", "a.bin?sha256=abc", 400, "invalid-request"],
    ["an unknown visibility", "a.bin?visibility=all", 400, "invalid-request"],
  ] as const
) {
  Deno.test(`${what} is refused before a byte is stored`, async () => {
    await using app = await startApp();
    assert.deepEqual(outcome(await put(app, path)), [status, code]);
    await assertNothingLeft(app);
  });
}

Deno.test("nobody stores a file without signing in", async () => {
  await using app = await startApp();
  assert.equal((await put(app, "a.bin", { user: null })).status, 401);
  await assertNothingLeft(app);
});

const DECLARATIONS: [string, (bytes: Uint8Array) => { query?: string; headers?: Record<string, string> }][] =
  [
    ["Content-Digest", (bytes) => ({ headers: { "Content-Digest": digestField("sha-512", bytes) } })],
    ["Repr-Digest", (bytes) => ({ headers: { "Repr-Digest": digestField("sha-256", bytes) } })],
    ["the query's sha256", (bytes) => ({ query: `?sha256=${sha256(bytes).toUpperCase()}` })],
  ];

for (const [where, declare] of DECLARATIONS) {
  Deno.test(`a wrong digest in ${where} is refused and nothing is kept; a right one passes`, async () => {
    await using app = await startApp();
    const wrong = declare(OTHER);
    const refused = await put(app, `a.bin${wrong.query ?? ""}`, { headers: wrong.headers });
    assert.deepEqual(outcome(refused), [422, "digest-mismatch"]);
    await assertNothingLeft(app);
    const right = declare(FILE);
    assert.equal((await put(app, `a.bin${right.query ?? ""}`, { headers: right.headers })).status, 201);
  });
}

Deno.test("a digest that cannot be read is refused", async () => {
  await using app = await startApp();
  for (const name of ["Content-Digest", "Repr-Digest", "Content-MD5"]) {
    assert.deepEqual(outcome(await put(app, "a.bin", { headers: { [name]: "abc" } })), [
      400,
      "invalid-digest",
    ]);
  }
  const headers = {
    "Content-Digest": digestField("sha-256", FILE),
    "Repr-Digest": digestField("sha-256", OTHER),
  };
  assert.deepEqual(outcome(await put(app, "a.bin", { headers })), [400, "invalid-digest"]);
  await assertNothingLeft(app);
});

Deno.test("equal content is one file on disk, whoever uploads it and in whatever way", async () => {
  await using app = await startApp();
  const answers = [
    await put(app, "a.bin"),
    await put(app, "b.bin", { user: BOB }),
    await post(app, "?fileName=c.bin"),
  ];
  assert.equal(new Set(answers.map(({ body }) => body.id)).size, 3);
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
  const together = await Promise.all([1, 2, 3, 4].map(() => put(app, "d.bin", { body: OTHER })));
  assert.deepEqual(together.map(({ status }) => status), [201, 201, 201, 201]);
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE, SIZE], 0]);
});

Deno.test("with dedupe off each file has bytes of its own", async () => {
  await using app = await startApp({ pawlJson: { dedupe: { enabled: false } } });
  await put(app, "a.bin");
  await put(app, "a.bin");
  assert.deepEqual(await storedSizes(app), [SIZE, SIZE]);
  const opened = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "a.bin", size: SIZE, sha256: sha256(FILE) },
  });
  assert.equal(opened.status, 201);
});
