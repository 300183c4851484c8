import assert from "node:assert/strict";
import { connect } from "../../client/mod.ts";
import { ADMIN, ALICE, startApp } from "../support/app.ts";
import { connectTo } from "../support/client_app.ts";

const text = (content: string, name: string) => new File([content], name, { type: "text/plain" });

Deno.test("attachments are listed, looked at, changed, deleted and restored", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const ids: string[] = [];
  for (const name of ["a.txt", "b.txt", "c.txt"]) {
    ids.push((await pawl.upload(text(name, name), { businessId: name === "b.txt" ? "x" : "y" }).result).id);
  }
  const page = await pawl.attachments.list({ limit: 2 });
  assert.deepEqual(page.items.map(({ fileName }) => fileName), ["c.txt", "b.txt"]);
  const all = await Array.fromAsync(
    pawl.attachments.all({ limit: 1, sort: "name" }),
    ({ fileName }) => fileName,
  );
  assert.deepEqual(all, ["a.txt", "b.txt", "c.txt"]);
  assert.deepEqual(
    (await pawl.attachments.list({ businessType: "General", businessId: "x" })).items.length,
    1,
  );

  const [a, b, c] = ids as [string, string, string];
  const changed = await pawl.attachments.change(a, {
    fileName: "z.txt",
    visibility: "public",
    businessId: null,
  });
  assert.deepEqual([changed.fileName, changed.visibility, changed.businessId], ["z.txt", "public", null]);
  await pawl.attachments.delete(a);
  assert.deepEqual((await pawl.attachments.list({ state: "deleted" })).items.map(({ id }) => id), [a]);
  assert.equal((await pawl.attachments.restore(a)).deletedAt, null);
  const results = await pawl.attachments.deleteMany([a, "999", b]);
  assert.deepEqual(results.map(({ id, deleted, code }) => [id, deleted, code]), [
    [a, true, null],
    ["999", false, "not-found"],
    [b, true, null],
  ]);
  await pawl.attachments.delete(c, { permanent: true });
  await assert.rejects(pawl.attachments.get(c), { code: "not-found" });
});

Deno.test("many are deleted in as many requests as it takes", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const ids = Array.from({ length: 2001 }, (_, index) => String(index + 1));
  const results = await pawl.attachments.deleteMany(ids);
  assert.deepEqual(results.map(({ id }) => id), ids);
  assert.equal(requests.length, 3);
  assert.deepEqual(await pawl.attachments.deleteMany([]), []);
});

Deno.test("many are restored, or deleted for good", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const ids: string[] = [];
  for (const name of ["a.txt", "b.txt"]) ids.push((await pawl.upload(text(name, name)).result).id);
  await pawl.attachments.deleteMany(ids);
  const restored = await pawl.attachments.restoreMany(ids);
  assert.deepEqual(restored.map(({ restored }) => restored), [true, true]);
  await pawl.attachments.deleteMany(ids, { permanent: true });
  assert.deepEqual((await pawl.attachments.list({ state: "deleted" })).items, []);
});

Deno.test("a link is made, downloaded by anybody, listed and revoked", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const { id } = await pawl.upload(text("shared", "a.txt")).result;
  const link = await pawl.tokens.create(id, { validHours: 2, maxUses: 0 });
  assert.deepEqual([link.maxUses, link.remainingUses, link.status], [0, null, "active"]);
  const anybody = connectTo(app, { token: "" }).pawl.download(new URL(link.url).pathname + "?download=1");
  assert.equal(await new Response(anybody.stream).text(), "shared");
  const [listed] = await Array.fromAsync(pawl.tokens.list(id));
  assert.deepEqual([listed!.id, listed!.uses], [link.id, 1]);
  await pawl.tokens.revoke(link.id);
  assert.equal((await Array.fromAsync(pawl.tokens.list(id)))[0]!.status, "revoked");
});

Deno.test("a ZIP is made and downloaded like a file", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const ids: string[] = [];
  for (const name of ["a.txt", "b.txt"]) ids.push((await pawl.upload(text(name, name)).result).id);
  const archive = await pawl.archives.create(ids, { fileName: "both.zip" });
  assert.deepEqual([archive.files, archive.fileName], [2, "both.zip"]);
  const download = pawl.download(archive.url);
  const bytes = new Uint8Array(await new Response(download.stream).arrayBuffer());
  assert.equal(bytes.length, archive.size);
  assert.deepEqual([...bytes.subarray(0, 4)], [0x50, 0x4b, 3, 4]);
  assert.equal((await download.result).fileName, "both.zip");
  const direct = pawl.archives.contentUrl(ids, { fileName: "c.zip" });
  assert.equal(direct, `http://127.0.0.1/api/v1/archives?fileName=c.zip&id=${ids[0]}&id=${ids[1]}`);
  assert.equal((await new Response(pawl.download(direct).stream).arrayBuffer()).byteLength > 0, true);
});

Deno.test("business types tell what may be uploaded as what", async () => {
  await using app = await startApp();
  const types = await connectTo(app).pawl.businessTypes();
  assert.equal(types[0]!.name, "General");
  assert.ok(types.some(({ name, maxBytes, extensions }) => name === "Avatar" && maxBytes > 0 && extensions));
});

Deno.test("open sessions are listed with their chunks, and cancelled", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const bytes = new Uint8Array(600 * 1024);
  const upload = pawl.upload(new Blob([bytes]), {
    chunkSize: 256 * 1024,
    parallel: 1,
    onProgress: ({ confirmedBytes }) => confirmedBytes > 0 && upload.stop(),
    progressInterval: 0,
  });
  await assert.rejects(upload.result, { code: "cancelled" });
  const [session] = await Array.fromAsync(pawl.uploads.all());
  assert.equal(session!.id, upload.sessionId);
  const chunks = await Array.fromAsync(pawl.uploads.chunks(session!.id));
  assert.equal(chunks.reduce((sum, { size }) => sum + size, 0), session!.receivedBytes);
  assert.match(chunks[0]!.sha256, /^[0-9a-f]{64}$/);
  await pawl.uploads.cancel(session!.id);
  await assert.rejects(pawl.uploads.get(session!.id).then(({ status }) => assert.equal(status, "uploading")));
  assert.deepEqual((await pawl.uploads.list()).items, []);
});

Deno.test("a token becomes a cookie, which is shown and ended", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app, { token: "" });
  const session = await pawl.session.open(await app.token(ALICE));
  assert.deepEqual([session.user.id, session.user.role], ["alice", "user"]);
  assert.match(requests[0]!.headers.get("Authorization")!, /^Bearer /);
  await pawl.session.close();
  await assert.rejects(pawl.session.get(), { status: 401 });
});

Deno.test("addresses of the bytes are made for links", () => {
  const pawl = connect({ baseUrl: "https://files.example.org/pawl" });
  assert.equal(pawl.baseUrl.href, "https://files.example.org/pawl/");
  const base = "https://files.example.org/pawl/api/v1/attachments/12/content";
  assert.equal(pawl.attachments.contentUrl("12"), base);
  assert.equal(
    pawl.attachments.contentUrl("12", { download: true, fileName: "a b.txt", variant: "small" }),
    `${base}?variant=small&download=1&fileName=a+b.txt`,
  );
});

Deno.test("ping measures, and any other route can be called", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  assert.ok(await pawl.ping() >= 0);
  const session = await pawl.request<{ user: { id: string } }>("GET", "/api/v1/session");
  assert.equal(session.user.id, ADMIN.sub);
  await assert.rejects(
    pawl.request("POST", "api/v1/uploads", { json: { fileName: "x" } }),
    { code: "invalid-request", status: 400 },
  );
  assert.equal(await pawl.request("DELETE", "api/v1/session"), undefined);
});

Deno.test("calls are tried again when that is safe, and only then", async () => {
  await using app = await startApp();
  const tries = async (call: (client: ReturnType<typeof connectTo>) => Promise<unknown>) => {
    const client = connectTo(app, { intercept: () => Promise.reject(new TypeError("broken")) });
    await assert.rejects(call(client), { code: "network", status: 0 });
    return client.requests.length;
  };
  assert.equal(await tries(({ pawl }) => pawl.attachments.get("1")), 3);
  assert.equal(await tries(({ pawl }) => pawl.attachments.get("1", { retries: 5 })), 6);
  assert.equal(await tries(({ pawl }) => pawl.attachments.delete("1")), 3);
  assert.equal(await tries(({ pawl }) => pawl.attachments.deleteMany(["1"])), 3);
  assert.equal(await tries(({ pawl }) => pawl.tokens.create("1")), 1);
  assert.equal(await tries(({ pawl }) => pawl.attachments.restore("1")), 1);
  const busy = connectTo(app, { intercept: () => Promise.resolve(new Response("", { status: 503 })) });
  await assert.rejects(busy.pawl.tokens.create("1"), { status: 503 });
  assert.equal(busy.requests.length, 3);
});

Deno.test("a call ends with its signal's reason", async () => {
  await using app = await startApp();
  const stop = new AbortController();
  const { pawl } = connectTo(app, {
    intercept() {
      stop.abort(new Error("left the page"));
      return new Promise(() => {});
    },
  });
  await assert.rejects(pawl.attachments.list({}, { signal: stop.signal }), /left the page/);
});

Deno.test("an address that is none is refused at once", () => {
  assert.throws(() => connect({ baseUrl: "no address" }), TypeError);
  assert.throws(() => connect({}), TypeError);
});
