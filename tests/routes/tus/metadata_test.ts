import assert from "node:assert/strict";
import { startApp, type TestApp } from "../../support/app.ts";
import { metadata, OFFSET_BYTES, tusClient } from "../../support/tus.ts";

const BYTES = new TextEncoder().encode("hello");

/** What became of an upload with these metadata, or the refusal's code. */
async function fileOf(app: TestApp, values: Record<string, string>) {
  await using tus = tusClient(app);
  const { headers, code } = await tus.send("POST", "/files", {
    headers: {
      "Upload-Length": "5",
      "Content-Type": OFFSET_BYTES,
      "Upload-Metadata": metadata(values),
    },
    body: BYTES,
  });
  if (code !== null) return code;
  return (await app.json("GET", `/api/v1/attachments/${headers.get("Pawl-Attachment-Id")}`)).body;
}

Deno.test("Upload-Metadata name and describe the file in the words of all clients", async (t) => {
  await using app = await startApp();

  await t.step("filename or name, filetype or type, and our own", async () => {
    const one = await fileOf(app, {
      filename: "照片 😀.PNG",
      name: "other.txt",
      filetype: "image/png",
      type: "text/plain",
      businessType: "General",
      businessId: "order-7",
      visibility: "users",
      relativePath: "null",
    });
    assert.deepEqual(
      [one.fileName, one.contentType, one.businessType, one.businessId, one.visibility],
      ["照片 😀.PNG", "image/png", "General", "order-7", "users"],
    );
    const two = await fileOf(app, { name: "b.txt", type: "text/html" });
    assert.deepEqual([two.fileName, two.contentType], ["b.txt", "text/html"]);
  });

  await t.step("what is empty or no type says nothing", async () => {
    const file = await fileOf(app, { filename: "a.png", filetype: "null", businessType: "", businessId: "" });
    assert.deepEqual([file.fileName, file.contentType, file.businessId], ["a.png", "image/png", null]);
  });

  await t.step("without a name the time and the type make one", async () => {
    app.clock = Date.parse("2026-03-04T05:06:07Z");
    const file = await fileOf(app, { filetype: "image/png" });
    assert.equal(file.fileName, "upload 2026-03-04 05-06-07.png");
    assert.equal((await fileOf(app, {})).fileName, "upload 2026-03-04 05-06-07");
  });

  await t.step("a declared SHA-256 must be that of the bytes", async () => {
    const right = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert.equal((await fileOf(app, { sha256: right.toUpperCase() })).sha256, right);
    assert.equal(await fileOf(app, { sha256: "0".repeat(64) }), "upload-failed");
    assert.equal((await fileOf(app, { sha256: "not hexadecimal" })).sha256, right);
  });

  await t.step("hostile values are refused or harmless", async () => {
    assert.equal((await fileOf(app, { filename: "../../etc/passwd" })).fileName, "passwd");
    assert.equal(await fileOf(app, { filename: "a\r\nSet-Cookie: x.txt" }), "invalid-file-name");
    assert.equal(await fileOf(app, { filename: "evil\u202egpj.exe" }), "invalid-file-name");
    assert.equal(await fileOf(app, { filename: "a".repeat(300) }), "invalid-file-name");
    assert.equal(await fileOf(app, { businessType: "Nonsense" }), "unknown-business-type");
    assert.equal(await fileOf(app, { businessType: "__proto__" }), "unknown-business-type");
    assert.equal(await fileOf(app, { visibility: "everybody" }), "invalid-request");
    assert.equal(await fileOf(app, { businessId: "x".repeat(257) }), "invalid-request");
    assert.equal(await fileOf(app, { filename: "a.exe", businessType: "Document" }), "type-not-allowed");
    const file = await fileOf(app, { filetype: "text/html\r\nX: y", filename: "a.txt" });
    assert.equal(file.contentType, "text/plain");
    assert.equal((await fileOf(app, { constructor: "x", __proto__: "y" } as Record<string, string>)).size, 5);
  });
});
