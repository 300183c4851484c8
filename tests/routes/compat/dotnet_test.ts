/** System A's routes, asked as its clients ask. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { ALICE, startApp, type TestAppOptions } from "../../support/app.ts";
import {
  AdaptiveClient,
  anonymous,
  chunkForm,
  resumeDownload,
  say,
  sha256,
} from "../../support/dotnet_client.ts";
import { randomBytes } from "../../support/random_bytes.ts";

const MIB = 2 ** 20;
const OFF: TestAppOptions = { env: { PAWL_AUTH: "off" } };
function offsetForm(bytes: Uint8Array<ArrayBuffer>, { offset, size, ...rest }: {
  offset: number;
  size: number;
  fileId?: string;
  chunkHash?: string;
  fileName?: string;
}): FormData {
  return chunkForm({
    fileId: sha256(bytes),
    chunkIndex: 0,
    chunkOffset: offset,
    chunkSize: size,
    fileSize: bytes.length,
    fileName: "film.mp4",
    ...rest,
  }, bytes.slice(offset, offset + size));
}

Deno.test("The adaptive client brings a file: pings, four chunks at once in any order, a merge, a resumed download", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const file = { name: "测试 film.mp4", bytes: randomBytes(9 * MIB + 123, { seed: 1 }) };
  const client = new AdaptiveClient(send);
  await client.upload(file);
  assert.equal(client.pings, client.sent.size);
  assert.ok(client.sent.size > 1, "the first chunks are small");

  const path = `/uploads/completed/${encodeURIComponent(file.name)}`;
  const begun = file.bytes.slice(0, 5 * MIB);
  const resumed = await resumeDownload(send, path, begun);
  assert.equal(resumed.status, 206);
  assert.equal(sha256(resumed.bytes), sha256(file.bytes));
  const again = await resumeDownload(send, path, resumed.bytes);
  assert.equal(again.status, 416, "its client takes that for complete");
  assert.deepEqual(await say(await send("/uploads/completed/none.mp4")).then(({ status }) => status), 404);
});

Deno.test("Two uploads at once and one after the other make two files; the newest of a name is served", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const first = { name: "a.bin", bytes: randomBytes(MIB, { seed: 1 }) };
  const second = { name: "a.bin", bytes: randomBytes(MIB + 1, { seed: 2 }) };
  await Promise.all([
    new AdaptiveClient(send).upload(first),
    new AdaptiveClient(send).upload({
      ...second,
      name: "b.bin",
    }),
  ]);
  await new AdaptiveClient(send).upload(second);
  const served = await (await send("/uploads/completed/a.bin")).bytes();
  assert.equal(sha256(served), sha256(second.bytes));
});

Deno.test("A chunk that is not what its hash says is dropped, told as 400 in a sentence, and sent again by the client", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(2 * MIB, { seed: 3 });
  const wrong = await say(
    await send("/api/Upload/UploadChunk", {
      method: "POST",
      body: offsetForm(bytes, { offset: 0, size: MIB, chunkHash: "0".repeat(32) }),
    }),
  );
  assert.equal(wrong.status, 400);
  assert.match(wrong.text, /^The .*md5/i);
  const status = `/api/Upload/GetUploadStatus?fileId=${sha256(bytes)}`;
  assert.deepEqual(await (await send(status)).json(), { uploadedChunks: [] });

  let spoiled = 0;
  const client = new AdaptiveClient(send, {
    spoil: (offset) => offset === 0 && spoiled++ < 2 ? "hash" : "nothing",
  });
  await client.upload({ name: "a.bin", bytes });
  assert.equal(spoiled, 3);
  assert.equal(sha256(await (await send("/uploads/completed/a.bin")).bytes()), sha256(bytes));
});

Deno.test("A file that is not what its id says is dropped with 400, and can be sent anew", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(600_000, { seed: 4 });
  const fileId = sha256(new Uint8Array([1]));
  await assert.rejects(new AdaptiveClient(send).upload({ name: "a.bin", bytes }, { fileId }), /SHA-256/);
  assert.equal((await say(await send("/uploads/completed/a.bin"))).status, 404);
  assert.deepEqual((await app.json("GET", "/api/v1/uploads", { user: null })).body.items, []);
  await new AdaptiveClient(send).upload({ name: "a.bin", bytes });
  assert.equal((await say(await send("/uploads/completed/a.bin"))).status, 200);
});

Deno.test("What arrived before a cancel or a restart is listed as it was sent, and not sent again", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(6 * MIB, { seed: 5 });
  const cancel = new AbortController();
  let clock = 0;
  const first = new AdaptiveClient(async (path, init) => {
    if (path.endsWith("/UploadChunk") && first.sent.size >= 3) cancel.abort();
    return await send(path, init);
  }, { now: () => clock += 1000 }); // A slow line: small chunks.
  await assert.rejects(first.upload({ name: "a.bin", bytes }, { signal: cancel.signal }), {
    name: "AbortError",
  });
  await app.restart();

  const second = new AdaptiveClient(send);
  const listed = await second.uploaded(sha256(bytes));
  for (const [offset, size] of first.sent) assert.equal(listed.get(offset), size);
  assert.deepEqual([...listed.keys()], [...listed.keys()].sort((a, b) => a - b));
  await second.upload({ name: "a.bin", bytes });
  for (const offset of first.sent.keys()) assert.ok(!second.sent.has(offset), `${offset} was sent again`);
  assert.equal(sha256(await (await send("/uploads/completed/a.bin")).bytes()), sha256(bytes));
});

Deno.test("A chunk that breaks off in its middle is gone when it has a hash, else kept as far as it came; the client goes on by itself", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  for (const hashes of [true, false]) {
    const bytes = randomBytes(5 * MIB, { seed: hashes ? 14 : 15 });
    let cut: number | null = null;
    const kept: (number | undefined)[] = [];
    let clock = 0;
    const client = new AdaptiveClient(async (path, init) => {
      if (cut !== null || !path.endsWith("/UploadChunk") || client.sent.size < 2) {
        return await send(path, init);
      }
      cut = Number((init!.body as FormData).get("chunkOffset"));
      const whole = new Request("http://client/", init);
      const form = await whole.bytes();
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(form.subarray(0, 100_000)),
        pull: (controller) => controller.error(new Error("The line is cut.")),
      });
      return await send(path, { method: "POST", headers: whole.headers, body });
    }, {
      hashes,
      now: () => clock += 1000, // A slow line: small chunks.
      delay: async () => void kept.push((await client.uploaded(sha256(bytes))).get(cut!)),
    });
    await client.upload({ name: "a.bin", bytes });
    assert.equal(kept.length, 1);
    if (hashes) assert.equal(kept[0], undefined);
    else assert.ok(kept[0]! > 90_000 && kept[0]! < 100_000, `${kept[0]}`);
    assert.equal(sha256(await (await send("/uploads/completed/a.bin")).bytes()), sha256(bytes));
  }
});

Deno.test("A merge that is asked for again, also for another name, gives the file without a byte more", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(MIB, { seed: 6 });
  await new AdaptiveClient(send).upload({ name: "a.bin", bytes });
  for (const name of ["a.bin", "b.bin"]) {
    const client = new AdaptiveClient(send);
    await client.upload({ name, bytes });
    assert.equal(client.sent.size, 0);
  }
  const { body: { items } } = await app.json("GET", "/api/v1/attachments", { user: null });
  assert.deepEqual(items.map(({ fileName }: { fileName: string }) => fileName), ["b.bin", "a.bin"]);

  // Deleted, it is sent anew.
  for (const { id } of items) await app.json("DELETE", `/api/v1/attachments/${id}`, { user: null });
  const client = new AdaptiveClient(send);
  await client.upload({ name: "a.bin", bytes });
  assert.ok(client.sent.size > 0);
});

Deno.test("A merge that is asked for again makes no second file, however its name is written", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(300_000, { seed: 13 });
  // Decomposed, as some systems write it, and with a path before it.
  const name = "C:\\films\\cafe\u0301.mp4";
  for (let times = 0; times < 3; times++) await new AdaptiveClient(send).upload({ name, bytes });
  const { body: { items } } = await app.json("GET", "/api/v1/attachments", { user: null });
  assert.deepEqual(items.map(({ fileName }: { fileName: string }) => fileName), ["caf\u00e9.mp4"]);
  const audit = await app.json("GET", "/api/v1/admin/audit?action=attachment.change", { user: null });
  assert.deepEqual(audit.body.items, []);
  assert.equal(
    (await say(await send(`/uploads/completed/${encodeURIComponent("cafe\u0301.mp4")}`))).status,
    200,
  );
});

Deno.test("An empty file has no chunks, only a merge", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  await new AdaptiveClient(send).upload({ name: "empty.txt", bytes: new Uint8Array() });
  assert.deepEqual(await say(await send("/uploads/completed/empty.txt")), { status: 200, text: "" });
  const unknown = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"fileId":"x","fileName":"y"}',
  };
  assert.equal((await say(await send("/api/Upload/MergeChunks", unknown))).status, 404);
});

Deno.test("Addresses and names are read without regard to case, fields may follow the chunk", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(300_000, { seed: 9 });
  const form = new FormData();
  form.append("Chunk", new Blob([bytes]), "chunk.dat");
  for (const [name, value] of offsetForm(bytes, { offset: 0, size: bytes.length })) {
    if (typeof value === "string") form.append(name.toUpperCase(), value);
  }
  const response = await send("/API/upload/UPLOADCHUNK", { method: "POST", body: form });
  assert.deepEqual(await response.json(), { completed: true });
  const merged = await send("/api/upload/mergechunks", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ FILEID: sha256(bytes).toUpperCase(), filename: "A.bin" }),
  });
  // The id is text: that in capitals is another one.
  assert.equal((await say(merged)).status, 404);
  assert.equal((await say(await send("/Uploads/Completed/A.bin"))).status, 404);
  assert.equal((await say(await send("/API/PING"))).status, 200);
  assert.deepEqual([...Deno.readDirSync(app.config.tempDir)], [], "nothing stays in the temporary folder");
});

Deno.test("With sign-in nobody comes in unless a user is named for them, who has limits like everybody", async (t) => {
  const bytes = randomBytes(300_000, { seed: 10 });
  const file = { name: "a.bin", bytes };
  await t.step("off", async () => {
    await using app = await startApp();
    for (const path of ["/api/Upload/GetUploadStatus?fileId=x", "/uploads/completed/a.bin"]) {
      const { status, text } = await say(await anonymous(app)(path));
      assert.equal(status, 401);
      assert.match(text, /^[A-Z].*\.$/);
    }
    assert.equal((await say(await anonymous(app)("/api/Ping"))).status, 200);
    await new AdaptiveClient(app.request).upload(file);
    assert.equal((await app.json("GET", "/api/v1/attachments")).body.items[0].ownerId, ALICE.sub);
  });
  await t.step("a user is named", async () => {
    await using app = await startApp({
      pawlJson: { compat: { dotnet: { actAs: "winform" } }, limits: { bytesPerDay: "1 MiB" } },
    });
    await new AdaptiveClient(anonymous(app)).upload(file);
    const { body: { items } } = await app.json("GET", "/api/v1/attachments", { user: { sub: "winform" } });
    assert.deepEqual(items.map(({ ownerId }: { ownerId: string }) => ownerId), ["winform"]);
    const other = new Headers({ Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" });
    const crossed = await anonymous(app)("/uploads/completed/a.bin", { headers: other });
    assert.equal((await say(crossed)).status, 403);
    const large = { name: "b.bin", bytes: randomBytes(900_000, { seed: 11 }) };
    await assert.rejects(new AdaptiveClient(anonymous(app)).upload(large), /day/);
  });
});

Deno.test("Another user's uploads and files are not there", async () => {
  await using app = await startApp();
  const bytes = randomBytes(300_000, { seed: 12 });
  const body = offsetForm(bytes, { offset: 0, size: bytes.length });
  await (await app.request("/api/Upload/UploadChunk", { method: "POST", body })).body?.cancel();
  const bob = (path: string, init?: RequestInit) => app.request(path, { ...init, user: { sub: "bob" } });
  const fileId = sha256(bytes);
  assert.deepEqual(await (await bob(`/api/Upload/GetUploadStatus?fileId=${fileId}`)).json(), {
    uploadedChunks: [],
  });
  const merge = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fileId, fileName: "film.mp4" }),
  };
  assert.equal((await say(await bob("/api/Upload/MergeChunks", merge))).status, 404);
  assert.equal((await say(await app.request("/api/Upload/MergeChunks", merge))).status, 200);
  assert.equal((await say(await bob("/uploads/completed/film.mp4"))).status, 404);
  assert.equal(Buffer.compare(await (await app.request("/uploads/completed/film.mp4")).bytes(), bytes), 0);
});
