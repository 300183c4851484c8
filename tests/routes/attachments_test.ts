import assert from "node:assert/strict";
import { startApp, type TestApp } from "../support/app.ts";
import { putFile } from "../support/stored_files.ts";

const PATH = "/api/v1/attachments";
const MiB = 1024 * 1024;

const change = (app: TestApp, id: string, body: unknown) => app.json("PATCH", `${PATH}/${id}`, { body });
const get = async (app: TestApp, id: string) => (await app.json("GET", `${PATH}/${id}`)).body;

Deno.test("An attachment tells all that is known of it, and where its bytes are", async () => {
  await using app = await startApp();
  const made = await putFile(app, {
    fileName: "Report 2026.PDF",
    body: "%PDF-",
    businessType: "Document",
    businessId: "invoice-1",
    visibility: "users",
  });
  const sha256 = "38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778";
  const at = new Date(app.clock).toISOString();
  const { id } = made;
  assert.match(id, /^[1-9]\d{0,18}$/);
  assert.deepEqual(made, {
    id,
    fileName: "Report 2026.PDF",
    extension: ".pdf",
    size: 5,
    contentType: "application/pdf",
    sha256,
    sourceSha256: sha256,
    ownerId: "alice",
    businessType: "Document",
    businessId: "invoice-1",
    visibility: "users",
    createdAt: at,
    updatedAt: at,
    deletedAt: null,
    binnedAt: null,
    downloadCount: 0,
    image: null,
    variants: {},
    url: `/api/v1/attachments/${id}/content`,
  });
  assert.deepEqual(await get(app, id), made);
  await app.restart();
  assert.deepEqual(await get(app, id), made);
});

Deno.test("Ids rise with time, so that they sort as the files came", async () => {
  await using app = await startApp();
  const ids: bigint[] = [];
  for (let i = 0; i < 5; i++) ids.push(BigInt((await putFile(app)).id));
  app.clock += 60_000;
  ids.push(BigInt((await putFile(app)).id));
  assert.deepEqual(ids, ids.toSorted((a, b) => (a < b ? -1 : 1)));
});

Deno.test("A file can be renamed, and the whole policy is asked again", async (t) => {
  await using app = await startApp({
    pawlJson: {
      businessTypes: { Tiny: { maxBytes: 3, extensions: [".txt", ".md"] }, Log: { extensions: [".log"] } },
    },
  });
  const { id } = await putFile(app, { fileName: "notes.txt", body: "four", businessType: "Document" });

  await t.step("the new name is cleaned like any other, and the time of the change kept", async () => {
    app.clock += 5000;
    const { status, body } = await change(app, id, {
      fileName: " folder/Cafe\u0301 \u4f60\u597d \u{1f600}.md ",
    });
    assert.equal(status, 200);
    assert.equal(body.fileName, "Caf\u00e9 \u4f60\u597d \u{1f600}.md");
    assert.equal(body.extension, ".md");
    assert.equal(body.updatedAt, new Date(app.clock).toISOString());
    assert.notEqual(body.createdAt, body.updatedAt);
  });

  const before = await get(app, id);
  const refused: [name: string, body: unknown, status: number, code: string][] = [
    ["an extension that its type does not take", { fileName: "notes.exe" }, 415, "type-not-allowed"],
    ["no extension", { fileName: "notes" }, 415, "type-not-allowed"],
    ["a type that does not take its extension", { businessType: "Image" }, 415, "type-not-allowed"],
    ["a type that takes only smaller files", { businessType: "Tiny" }, 413, "file-too-large"],
    ["an unknown type", { businessType: "Nonsense" }, 400, "unknown-business-type"],
    ["a type that every object has", { businessType: "constructor" }, 400, "unknown-business-type"],
    ["an empty name", { fileName: " " }, 400, "invalid-file-name"],
    ["a folder", { fileName: ".." }, 400, "invalid-file-name"],
    ["a line break", { fileName: "a\nb.txt" }, 400, "invalid-file-name"],
    ["reversed text", { fileName: "a\u202egpj.txt" }, 400, "invalid-file-name"],
    ["half a character", { fileName: "a\ud83d.txt" }, 400, "invalid-file-name"],
    ["a name of 256 bytes", { fileName: "n".repeat(252) + ".txt" }, 400, "invalid-file-name"],
    ["an unknown visibility", { visibility: "everybody" }, 400, "invalid-request"],
    ["an unknown field", { owner: "bob" }, 400, "invalid-request"],
    ["null as a name", { fileName: null }, 400, "invalid-request"],
    ["a long business id", { businessId: "b".repeat(257) }, 400, "invalid-request"],
  ];
  for (const [name, body, status, code] of refused) {
    await t.step(`refused: ${name}`, async () => {
      const answer = await change(app, id, body);
      assert.deepEqual([answer.status, answer.body.code], [status, code]);
      assert.ok(answer.body.detail.length > 20);
      assert.deepEqual(await get(app, id), before);
    });
  }

  await t.step("a refusal names the rule and its limit", async () => {
    const tooLarge = (await change(app, id, { businessType: "Tiny" })).body;
    assert.deepEqual([tooLarge.businessType, tooLarge.maxBytes], ["Tiny", 3]);
    const notAllowed = (await change(app, id, { fileName: "a.exe" })).body;
    assert.ok(notAllowed.allowedExtensions.includes(".pdf"));
  });

  await t.step("name and type that only fit together are changed together", async () => {
    const { status, body } = await change(app, id, { fileName: "server.log", businessType: "Log" });
    assert.equal(status, 200);
    assert.deepEqual([body.fileName, body.businessType], ["server.log", "Log"]);
  });
});

Deno.test("A file is associated with something of the application, and dissociated again", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { fileName: "a.pdf", body: "%PDF-", businessType: "Document" });
  const listed = async (query: string) =>
    (await app.json("GET", `${PATH}?${query}`)).body.items.map((item: { id: string }) => item.id);

  assert.equal((await change(app, id, { businessId: "order/7 \u4f60" })).body.businessId, "order/7 \u4f60");
  const query = new URLSearchParams({ businessType: "Document", businessId: "order/7 \u4f60" }).toString();
  assert.deepEqual(await listed(query), [id]);

  assert.equal((await change(app, id, { businessType: "General" })).body.businessId, "order/7 \u4f60");
  assert.deepEqual(await listed(query), []);
  assert.deepEqual(await listed(query.replace("Document", "General")), [id]);

  for (const nothing of [null, ""]) {
    await change(app, id, { businessId: "x" });
    assert.equal((await change(app, id, { businessId: nothing })).body.businessId, null);
    assert.deepEqual(await listed("businessType=General&businessId=x"), []);
    assert.deepEqual(await listed("businessType=General"), [id]);
  }
});

Deno.test("Changes to one file at the same time all count", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { fileName: "a.txt" });
  const changes = [{ fileName: "b.txt" }, { businessId: "7" }, { visibility: "public" }, {
    businessType: "Document",
  }];
  const answers = await Promise.all(changes.map((body) => change(app, id, body)));
  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200]);
  const { fileName, businessId, visibility, businessType } = await get(app, id);
  assert.deepEqual({ fileName, businessId, visibility, businessType }, Object.assign({}, ...changes));
});

Deno.test("Visibility counts from the moment it is changed", async () => {
  await using app = await startApp();
  const { id, url } = await putFile(app, { visibility: "public" });
  const asNobody = async (path: string) => {
    const response = await app.request(path, { user: null });
    await response.body?.cancel();
    return response.status;
  };
  assert.deepEqual([await asNobody(url), await asNobody(`${PATH}/${id}`)], [200, 200]);
  await change(app, id, { visibility: "private" });
  assert.deepEqual([await asNobody(url), await asNobody(`${PATH}/${id}`)], [401, 401]);
  await change(app, id, { visibility: "public" });
  assert.equal(await asNobody(url), 200);
});

Deno.test("A business type says how visible its files are unless the request does", async () => {
  await using app = await startApp({
    pawlJson: { businessTypes: { Poster: { maxBytes: MiB, visibility: "public" } } },
  });
  assert.equal((await putFile(app)).visibility, "private");
  assert.equal((await putFile(app, { businessType: "Poster" })).visibility, "public");
  const own = await putFile(app, { businessType: "Poster", visibility: "private" });
  assert.equal(own.visibility, "private");
  // Who moves a private file to that type has not said that everybody may read it.
  const { id } = await putFile(app);
  assert.equal((await change(app, id, { businessType: "Poster" })).body.visibility, "private");
});
