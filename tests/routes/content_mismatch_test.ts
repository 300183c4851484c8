import assert from "node:assert/strict";
import { type Answer, startApp, type TestApp } from "../support/app.ts";
import { assertConsistent } from "../support/store_check.ts";
import { answer, openUpload, putChunk } from "../support/upload_calls.ts";

/** A program that is called a PDF. */
const BYTES = new Uint8Array(300);
BYTES.set([0x4d, 0x5a]);
const NAME = "report.pdf";
const TYPE = "Document";
const QUERY = `fileName=${NAME}&businessType=${TYPE}`;

const LENGTH = { "Content-Length": String(BYTES.length) };
const TUS = { "Tus-Resumable": "1.0.0" };
const METADATA = { "Upload-Metadata": `filename ${btoa(NAME)},businessType ${btoa(TYPE)}` };
const OFFSET_BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const IETF = { ...METADATA, "Content-Disposition": `attachment; filename="${NAME}"` };

interface Call {
  method: string;
  headers?: Record<string, string>;
  body?: BodyInit;
}

const call = async (app: TestApp, path: string, init: Call) => await answer(await app.request(path, init));

async function created(app: TestApp, headers: Record<string, string>): Promise<string> {
  const made = await call(app, "/files", { method: "POST", headers });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return new URL(made.headers.get("Location")!, "http://localhost/").pathname;
}

const patch = (app: TestApp, path: string, headers: Record<string, string> = {}) =>
  call(app, path, {
    method: "PATCH",
    headers: { ...OFFSET_BYTES, "Upload-Offset": "0", ...LENGTH, ...headers },
    body: BYTES,
  });

/** Each gives the answer that brings the last byte. */
const WAYS: Record<string, (app: TestApp) => Promise<Answer>> = {
  "a whole file": (app) =>
    call(app, `/api/v1/files/${NAME}?businessType=${TYPE}`, { method: "PUT", headers: LENGTH, body: BYTES }),
  "a raw body": (app) =>
    call(app, `/api/v1/attachments?${QUERY}`, { method: "POST", headers: LENGTH, body: BYTES }),
  "a form, its type behind the file": (app) => {
    const form = new FormData();
    form.append("file", new Blob([BYTES]), NAME);
    form.append("businessType", TYPE);
    return call(app, "/api/v1/attachments", { method: "POST", body: form });
  },
  "chunks": async (app) => {
    const { body } = await openUpload(app, { fileName: NAME, size: BYTES.length, businessType: TYPE });
    await putChunk(app, body.id, { offset: 0, body: BYTES });
    return await app.json("POST", `/api/v1/uploads/${body.id}/complete`);
  },
  "tus": async (app) =>
    await patch(app, await created(app, { ...TUS, ...METADATA, "Upload-Length": String(BYTES.length) })),
  "tus, its length said late": async (app) =>
    await patch(app, await created(app, { ...TUS, ...METADATA, "Upload-Defer-Length": "1" }), {
      "Upload-Length": String(BYTES.length),
    }),
  "tus with the creation": (app) =>
    call(app, "/files", {
      method: "POST",
      headers: { ...OFFSET_BYTES, ...METADATA, ...LENGTH, "Upload-Length": String(BYTES.length) },
      body: BYTES,
    }),
  "tus in parts": async (app) => {
    const part = { ...TUS, "Upload-Concat": "partial", "Upload-Length": String(BYTES.length) };
    const path = await created(app, part);
    assert.equal((await patch(app, path)).status, 204, "a part is no file of any type");
    const refused = await call(app, "/files", {
      method: "POST",
      headers: { ...TUS, ...METADATA, "Upload-Concat": `final;${path}` },
    });
    assert.equal((await call(app, path, { method: "DELETE", headers: TUS })).status, 204);
    return refused;
  },
  "the IETF's protocol in one request": (app) =>
    call(app, "/files", {
      method: "POST",
      headers: { ...IETF, ...LENGTH, "Upload-Complete": "?1" },
      body: BYTES,
    }),
  "the IETF's protocol in two": async (app) => {
    const start = { ...IETF, "Upload-Complete": "?0", "Upload-Length": String(BYTES.length) };
    const path = await created(app, start);
    return await call(app, path, {
      method: "PATCH",
      headers: {
        ...LENGTH,
        "Content-Type": "application/partial-upload",
        "Upload-Offset": "0",
        "Upload-Complete": "?1",
      },
      body: BYTES,
    });
  },
};

Deno.test("a disguised file is refused with the reason, whatever way it comes, and leaves nothing", async (t) => {
  await using app = await startApp();
  for (const [way, upload] of Object.entries(WAYS)) {
    await t.step(way, async () => {
      const { status, body } = await upload(app);
      const code = body?.code;
      assert(code === "content-mismatch" || code === "upload-failed", JSON.stringify(body));
      assert.equal(status, code === "content-mismatch" ? 415 : 422);
      assert.match(body.detail, /^The file is called \.pdf, but its content is \.exe\. Document takes files/);
    });
  }
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
  assert.deepEqual((await assertConsistent(app)).blobs, []);
});

Deno.test("a file is not renamed or moved to what its content is not", async () => {
  await using app = await startApp();
  const { body } = await call(app, `/api/v1/files/${NAME}`, { method: "PUT", headers: LENGTH, body: BYTES });
  const change = (fields: Record<string, string>) =>
    app.json("PATCH", `/api/v1/attachments/${body.id}`, { body: fields });
  const moved = await change({ businessType: TYPE });
  assert.deepEqual([moved.status, moved.body.code], [415, "content-mismatch"]);
  assert.equal((await change({ fileName: "report.txt" })).status, 200, "General takes any");
  assert.equal((await change({ businessType: TYPE })).body.code, "content-mismatch");
  const { body: now } = await app.json("GET", `/api/v1/attachments/${body.id}`);
  assert.deepEqual([now.fileName, now.businessType], ["report.txt", "General"]);
});
