/** A disguised file is refused while its bytes still come: each body here would never end by itself. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Answer, startApp, type TestApp } from "../support/app.ts";
import { assertConsistent } from "../support/store_check.ts";
import { answer, type HandFed, handFed, openUpload, showUpload } from "../support/upload_calls.ts";

const NAME = "film.mp4";
const TYPE = "Video";
/** Bytes that are announced; most of them never come. */
const SIZE = 3_000_000;
const LENGTH = { "Content-Length": String(SIZE) };
const TUS = { "Tus-Resumable": "1.0.0" };
const METADATA = { "Upload-Metadata": `filename ${btoa(NAME)},businessType ${btoa(TYPE)}` };
const OFFSET_BYTES = { ...TUS, "Content-Type": "application/offset+octet-stream" };
const IETF = { ...METADATA, "Content-Disposition": `attachment; filename="${NAME}"` };

/** A program, in pieces of which none is enough to look at. */
function begin(body: HandFed): void {
  const bytes = new Uint8Array(30_000);
  bytes.set([0x4d, 0x5a]);
  body.send(bytes);
  for (let pieces = 0; pieces < 3; pieces++) body.send(new Uint8Array(30_000));
}

type Send = (app: TestApp, body: HandFed) => Promise<Answer>;

async function call(
  app: TestApp,
  path: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body?: HandFed },
): Promise<Answer> {
  return await answer(await app.request(path, { method, headers, body: body?.stream ?? null }));
}

async function created(app: TestApp, headers: Record<string, string>): Promise<string> {
  const made = await call(app, "/files", { method: "POST", headers });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return new URL(made.headers.get("Location")!, "http://localhost/").pathname;
}

async function chunk(app: TestApp, body: HandFed, headers: Record<string, string>): Promise<Answer> {
  const { body: { id } } = await openUpload(app, { fileName: NAME, size: SIZE, businessType: TYPE });
  const sent = await call(app, `/api/v1/uploads/${id}/chunks/0`, { method: "PUT", headers, body });
  assert.deepEqual((await showUpload(app, id)).body.code, "upload-failed", "the session has failed");
  return sent;
}

function form(
  app: TestApp,
  body: HandFed,
  { path, before }: { path: string; before: Record<string, string> },
) {
  const mark = "a-mark-between-parts";
  const fields = Object.entries(before).map(([name, value]) =>
    `--${mark}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  );
  body.send(new TextEncoder().encode(
    `${fields.join("")}--${mark}\r\nContent-Disposition: form-data; name="file"; filename="x.png"\r\n\r\n`,
  ));
  const headers = { "Content-Type": `multipart/form-data; boundary=${mark}` };
  return call(app, path, { method: "POST", headers, body });
}

const WAYS: Record<string, Send> = {
  "a chunk": (app, body) => chunk(app, body, { ...LENGTH, "Content-Length": "1000000" }),
  "a chunk without its length": (app, body) => chunk(app, body, {}),
  "a chunk with a digest": (app, body) =>
    chunk(app, body, {
      "Content-Length": "1000000",
      "Content-Digest": `sha-256=:${createHash("sha256").digest("base64")}:`,
    }),
  "a whole file": (app, body) =>
    call(app, `/api/v1/files/${NAME}?businessType=${TYPE}`, { method: "PUT", headers: LENGTH, body }),
  "a whole file without its length": (app, body) =>
    call(app, `/api/v1/files/${NAME}?businessType=${TYPE}`, { method: "PUT", headers: {}, body }),
  "a raw body": (app, body) =>
    call(app, `/api/v1/attachments?fileName=${NAME}&businessType=${TYPE}`, {
      method: "POST",
      headers: LENGTH,
      body,
    }),
  "a form whose fields come first": (app, body) =>
    form(app, body, { path: "/api/v1/attachments", before: { fileName: NAME, businessType: TYPE } }),
  "an old client's form": (app, body) =>
    form(app, body, { path: "/api/v1/Attachment/UploadImage", before: {} }),
  "tus": async (app, body) => {
    const path = await created(app, { ...TUS, ...METADATA, "Upload-Length": String(SIZE) });
    return await call(app, path, {
      method: "PATCH",
      headers: { ...OFFSET_BYTES, "Upload-Offset": "0" },
      body,
    });
  },
  "tus, its length said late": async (app, body) => {
    const path = await created(app, { ...TUS, ...METADATA, "Upload-Defer-Length": "1" });
    return await call(app, path, {
      method: "PATCH",
      headers: { ...OFFSET_BYTES, "Upload-Offset": "0" },
      body,
    });
  },
  "tus with the creation": (app, body) =>
    call(app, "/files", {
      method: "POST",
      headers: { ...OFFSET_BYTES, ...METADATA, ...LENGTH, "Upload-Length": String(SIZE) },
      body,
    }),
  "the IETF's protocol with the creation": (app, body) =>
    call(app, "/files", {
      method: "POST",
      headers: { ...IETF, ...LENGTH, "Upload-Complete": "?1" },
      body,
    }),
  "the IETF's protocol": async (app, body) => {
    const path = await created(app, { ...IETF, "Upload-Complete": "?0", "Upload-Length": String(SIZE) });
    const headers = {
      "Content-Type": "application/partial-upload",
      "Upload-Offset": "0",
      "Upload-Complete": "?1",
    };
    return await call(app, path, { method: "PATCH", headers, body });
  },
};

Deno.test("a disguised file is refused by its first bytes, whatever way it comes, and leaves nothing", async (t) => {
  await using app = await startApp();
  for (const [way, send] of Object.entries(WAYS)) {
    await t.step(way, async () => {
      const body = handFed();
      const answered = send(app, body);
      begin(body);
      const { status, body: problem } = await answered;
      const text = JSON.stringify(problem);
      assert.match(text, /called \.(mp4|png), but its content is \.exe/, `${status} ${text}`);
      assert.ok(way.startsWith("an old") || [415, 422].includes(status), `${status} ${text}`);
      await body.cancelled;
    });
  }
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
  assert.deepEqual((await assertConsistent(app)).blobs, []);
});

Deno.test("the first bytes are looked at too when each of several appends brings few of them", async () => {
  await using app = await startApp();
  const path = await created(app, { ...TUS, ...METADATA, "Upload-Length": String(SIZE) });
  const statuses: number[] = [];
  for (let offset = 0; offset < 90_000; offset += 30_000) {
    const body = new Uint8Array(30_000);
    if (offset === 0) body.set([0x4d, 0x5a]);
    const headers = { ...OFFSET_BYTES, "Upload-Offset": String(offset), "Content-Length": "30000" };
    statuses.push((await answer(await app.request(path, { method: "PATCH", headers, body }))).status);
  }
  assert.deepEqual(statuses, [204, 204, 422]);
  assert.deepEqual((await assertConsistent(app)).blobs, []);
});

Deno.test("what is what its name says passes, and so does anything where types take any content", async () => {
  await using app = await startApp();
  const film = new Uint8Array(200_000);
  film.set(Uint8Array.fromBase64("AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAAAIZnJlZQAAA4ptZGF0"));
  const program = new Uint8Array(200_000);
  program.set([0x4d, 0x5a]);
  for (const [type, body] of [[TYPE, film], ["General", program]] as const) {
    const { body: { id } } = await openUpload(app, { fileName: NAME, size: body.length, businessType: type });
    const sent = await app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body });
    assert.equal((await answer(sent)).status, 200);
    assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`)).status, 201);
  }
});
