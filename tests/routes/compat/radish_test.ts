/** System C's routes, asked as its documentation says. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { deleteOrphans } from "../../../services/attachments/retention.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";

const MIB = 2 ** 20;
const HOUR = 3_600_000;
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

interface Call {
  user?: TestUser | null;
  /** Sent as JSON. */
  body?: unknown;
  form?: FormData;
}

/** The envelope, which must say the same as the status line. */
async function call(app: TestApp, route: string, { user = ALICE, body, form }: Call = {}) {
  const [method, path] = route.split(" ") as [string, string];
  const response = await app.request(`/api/v1/${path}`, {
    method,
    user,
    ...(form && { body: form }),
    ...(body !== undefined && {
      body: typeof body === "string" && body.startsWith("raw:") ? body.slice(4) : JSON.stringify(body),
      headers: { "Content-Type": "application/json; charset=utf-8" },
    }),
  });
  const envelope = await response.json();
  assert.deepEqual(Object.keys(envelope).sort(), [
    "code",
    "isSuccess",
    "messageInfo",
    "messageInfoDev",
    "messageKey",
    "responseData",
    "statusCode",
  ]);
  assert.equal(envelope.statusCode, response.status);
  assert.equal(envelope.isSuccess, response.status < 400);
  return envelope;
}

function formOf(fields: Record<string, string>, file?: [string, Uint8Array<ArrayBuffer> | Buffer, string]) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file) form.append(file[0], new Blob([new Uint8Array(file[1])]), file[2]);
  return form;
}

async function uploadImage(app: TestApp, fields: Record<string, string> = {}, user: TestUser = ALICE) {
  const form = formOf(fields, ["file", PNG, "dot.png"]);
  const { responseData, statusCode, messageInfo } = await call(app, "POST Attachment/UploadImage", {
    form,
    user,
  });
  assert.equal(statusCode, 200, messageInfo);
  return responseData;
}

Deno.test("A picture is uploaded, queried, downloaded in ranges, associated and deleted by the documented calls", async () => {
  await using app = await startApp();
  const made = await uploadImage(app, { generateThumbnail: "true", removeExif: "True" });
  assert.equal(typeof made.id, "string", "an id beyond 2^53");
  assert.deepEqual(
    [
      made.originalName,
      made.extension,
      made.fileSize,
      made.fileSizeFormatted,
      made.mimeType,
      made.storageType,
    ],
    ["dot.png", ".png", PNG.length, `${PNG.length} B`, "image/png", "Local"],
  );
  assert.deepEqual([made.uploaderId, made.isPublic, made.businessType, made.businessId, made.remark], [
    "alice",
    false,
    "General",
    null,
    null,
  ]);
  for (const name of ["id", "originalName", "fileSize", "url", "createTime"]) {
    assert.deepEqual(made[`vo${name[0]!.toUpperCase()}${name.slice(1)}`], made[name], name);
  }
  const thumbnail = await app.request(made.thumbnailUrl);
  assert.equal(thumbnail.status, 200);
  await thumbnail.body?.cancel();

  assert.deepEqual(
    (await call(app, `GET Attachment/GetById/${made.id}`)).responseData.originalName,
    "dot.png",
  );
  const part = await app.request(`/api/v1/Attachment/Download/${made.id}`, {
    headers: { Range: "bytes=1-3" },
  });
  assert.deepEqual([part.status, await part.text()], [206, "PNG"]);

  const put = `PUT Attachment/UpdateBusinessAssociation/${made.id}?businessType=Image&businessId=42`;
  assert.equal((await call(app, put)).responseData.businessId, 42);
  const list = "GET Attachment/GetByBusiness?BusinessType=Image&BUSINESSID=42";
  assert.deepEqual((await call(app, list)).responseData.map(({ id }: { id: string }) => id), [made.id]);

  assert.equal((await call(app, `DELETE Attachment/Delete/${made.id}`)).statusCode, 200);
  assert.deepEqual((await call(app, list)).responseData, []);
  // Its owner can restore it on the page; these clients know of no recycle bin.
  for (const path of [`Attachment/GetById/${made.id}`, `Attachment/Download/${made.id}`]) {
    assert.deepEqual(await call(app, `GET ${path}`).then(({ statusCode }) => statusCode), 404, path);
  }
  assert.equal((await call(app, `DELETE Attachment/Delete/${made.id}`)).statusCode, 200, "again");
  await app.json("POST", `/api/v1/attachments/${made.id}/restore`);
  assert.equal((await call(app, `GET Attachment/GetById/${made.id}`)).statusCode, 200);
});

Deno.test("Batches take ids of 63 bits as numbers, exactly, and report each", async () => {
  await using app = await startApp();
  const ids = [(await uploadImage(app)).id, (await uploadImage(app)).id];
  const body = `raw:[${ids[0]}, "${ids[1]}", 912466086937241391]`;
  const { responseData, messageInfo } = await call(app, "POST Attachment/DeleteBatch", { body });
  assert.deepEqual(
    responseData.map(({ id, isSuccess, code }: Record<string, unknown>) => [id, isSuccess, code]),
    [[ids[0], true, null], [ids[1], true, null], ["912466086937241391", false, "not-found"]],
  );
  assert.equal(messageInfo, "2 of 3 deleted.");
});

Deno.test("The rules of Image and Document hold whatever type is named; refusals have their statuses in the envelope", async () => {
  await using app = await startApp();
  const image = (file?: [string, Buffer, string], fields = {}) =>
    call(app, "POST Attachment/UploadImage", { form: formOf(fields, file) });
  assert.deepEqual(await image(["file", PNG, "a.exe"]).then(({ statusCode, code }) => [statusCode, code]), [
    415,
    "type-not-allowed",
  ]);
  const large = Buffer.concat([PNG, Buffer.alloc(5 * MIB)]);
  assert.deepEqual(await image(["file", large, "a.png"]).then(({ statusCode, code }) => [statusCode, code]), [
    413,
    "file-too-large",
  ]);
  assert.equal((await image(undefined, { businessType: "General" })).statusCode, 400);
  assert.equal(
    (await image(["file", PNG, "a.png"], { businessType: "Nothing" })).code,
    "unknown-business-type",
  );
  assert.equal((await image(["file", PNG, "a.png"], { addWatermark: "perhaps" })).code, "invalid-request");
  const document = (name: string) =>
    call(app, "POST Attachment/UploadDocument", { form: formOf({}, ["file", Buffer.from("text"), name]) });
  assert.equal((await document("a.txt")).responseData.businessType, "Document");
  assert.equal((await document("a.bin")).statusCode, 415);
  assert.deepEqual(
    (await app.json("GET", "/api/v1/attachments")).body.items.length,
    1,
    "nothing of the refused",
  );
});

Deno.test("Types that are not configured have the rules of `default`, where that is", async () => {
  await using app = await startApp({ pawlJson: { businessTypes: { default: { maxBytes: 100 } } } });
  assert.equal((await uploadImage(app, { businessType: "Moment" })).businessType, "Moment");
  const create = (totalSize: number, businessType: string) =>
    call(app, "POST ChunkedUpload/CreateSession", { body: { fileName: "a.bin", totalSize, businessType } });
  assert.equal((await create(100, "Moment")).statusCode, 200);
  assert.equal((await create(101, "Moment")).code, "file-too-large");
  assert.equal((await create(1, "no type")).code, "unknown-business-type");
  assert.equal((await create(1, "__proto__")).code, "unknown-business-type");
});

Deno.test("Chunks come in any order, their fields before or after them; missing ones are told by the session", async () => {
  await using app = await startApp();
  const bytes = randomBytes(2 * MIB * 2 + 100, { seed: 1 });
  const { responseData: session } = await call(app, "POST ChunkedUpload/CreateSession", {
    body: { FileName: "big.bin", totalSize: bytes.length, voMimeType: "application/x-test", businessId: 7 },
  });
  assert.deepEqual(
    [session.chunkSize, session.totalChunks, session.uploadedChunks, session.progress, session.status],
    [2 * MIB, 3, 0, 0, "Uploading"],
  );
  assert.equal(session.voSessionId, session.sessionId);
  const send = async (index: number, late: boolean) => {
    const chunk = bytes.slice(index * 2 * MIB, (index + 1) * 2 * MIB);
    const form = new FormData();
    const put = () => form.append("chunkData", new Blob([chunk]), "blob");
    if (late) put();
    form.append("sessionId", session.sessionId);
    form.append("chunkIndex", String(index));
    if (!late) put();
    return (await call(app, "POST ChunkedUpload/UploadChunk", { form })).responseData;
  };
  await Promise.all([send(2, true), send(0, false)]);
  const get = `GET chunkedupload/GETSESSION?SessionId=${session.sessionId}`;
  const now = (await call(app, get)).responseData;
  assert.deepEqual([now.uploadedChunks, now.voUploadedChunkIndexes], [2, [0, 2]]);
  assert.deepEqual([...Deno.readDirSync(app.config.tempDir)], []);

  const merge = { body: { sessionId: session.sessionId } };
  assert.deepEqual(
    await call(app, "POST ChunkedUpload/MergeChunks", merge).then((
      { statusCode, code },
    ) => [statusCode, code]),
    [409, "upload-incomplete"],
  );
  await app.restart();
  await send(1, true);
  const { responseData: file } = await call(app, "POST ChunkedUpload/MergeChunks", merge);
  assert.deepEqual([file.originalName, file.fileSize, file.businessId, file.mimeType], [
    "big.bin",
    bytes.length,
    7,
    "application/x-test",
  ]);
  assert.equal((await call(app, "POST ChunkedUpload/MergeChunks", merge)).responseData.id, file.id, "again");
  const done = (await call(app, get)).responseData;
  assert.deepEqual([done.status, done.attachmentId, done.progress], ["Completed", file.id, 100]);
  const stored = await (await app.request(`/api/v1/Attachment/Download/${file.id}`)).bytes();
  assert.equal(Buffer.compare(stored, bytes), 0);
  await call(app, `DELETE Attachment/Delete/${file.id}`);
  assert.equal((await call(app, "POST ChunkedUpload/MergeChunks", merge)).statusCode, 404);
});

Deno.test("A chunk of exactly 10 MiB is taken, one byte more is not, wherever its fields are", async () => {
  await using app = await startApp();
  const size = 10 * MIB;
  for (const late of [false, true]) {
    const { responseData: { sessionId } } = await call(app, "POST ChunkedUpload/CreateSession", {
      body: { fileName: "a.bin", totalSize: 2 * size, chunkSize: size },
    });
    const send = (bytes: number) => {
      const form = new FormData();
      if (late) form.append("chunkData", new Blob([new Uint8Array(bytes)]), "blob");
      form.append("sessionId", sessionId);
      form.append("chunkIndex", "0");
      if (!late) form.append("chunkData", new Blob([new Uint8Array(bytes)]), "blob");
      return call(app, "POST ChunkedUpload/UploadChunk", { form });
    };
    assert.deepEqual(await send(size + 1).then(({ statusCode, code }) => [statusCode, code]), [
      413,
      "chunk-too-large",
    ]);
    assert.equal((await send(size)).responseData.uploadedChunks, 1);
  }
});

Deno.test("Sessions are cancelled by their id as a JSON string; cancelled is told, expired is 410", async () => {
  await using app = await startApp();
  const create = async () =>
    (await call(app, "POST ChunkedUpload/CreateSession", { body: { fileName: "a", totalSize: 5 } }))
      .responseData
      .sessionId;
  const [one, two] = [await create(), await create()];
  assert.equal(
    (await call(app, "POST ChunkedUpload/CancelSession", { body: one, user: BOB })).statusCode,
    404,
  );
  assert.equal((await call(app, "POST ChunkedUpload/CancelSession", { body: one })).statusCode, 200);
  assert.equal(
    (await call(app, `GET ChunkedUpload/GetSession?sessionId=${one}`)).responseData.status,
    "Cancelled",
  );
  app.clock += 25 * HOUR;
  const expired = await call(app, `GET ChunkedUpload/GetSession?sessionId=${two}`);
  assert.deepEqual([expired.statusCode, expired.code], [410, "upload-expired"]);
});

Deno.test("Tokens are made, used, listed and revoked; every refusal of one is 403", async () => {
  await using app = await startApp();
  const { id } = await uploadImage(app);
  const create = async (rest = {}) =>
    (await call(app, "POST Attachment/CreateAccessToken", { body: { attachmentId: id, ...rest } }))
      .responseData;
  const token = await create();
  assert.deepEqual([token.maxAccessCount, token.remainingAccessCount, token.isExpired, token.isRevoked], [
    1,
    1,
    false,
    false,
  ]);
  const { pathname, search } = new URL(token.accessUrl);
  const use = (userAgent: string) =>
    app.request(pathname + search, { user: null, headers: { "User-Agent": userAgent, Range: "bytes=1-3" } });
  const first = await use("a");
  assert.deepEqual([first.status, await first.text()], [206, "PNG"]);
  const used = await use("b");
  assert.deepEqual([used.status, (await used.json()).code], [403, "link-used-up"]);

  app.clock += 1; // Lists are by time.
  const unlimited = await create({ maxAccessCount: 0, validHours: 2 });
  assert.equal(unlimited.remainingAccessCount, 2_147_483_647);
  const { responseData: listed } = await call(app, `GET Attachment/GetAttachmentTokens?attachmentId=${id}`);
  assert.deepEqual(listed.map((one: Record<string, unknown>) => [one.accessUrl, one.accessCount]), [["", 0], [
    "",
    1,
  ]]);
  assert.ok(!JSON.stringify(listed).includes(token.token));

  assert.equal(
    (await call(app, "POST Attachment/RevokeAccessToken", { body: unlimited.token })).statusCode,
    200,
  );
  assert.equal(
    (await call(app, "POST Attachment/RevokeAccessToken", { body: listed[1].token })).statusCode,
    200,
  );
  const after = await call(app, `GET Attachment/GetAttachmentTokens?attachmentId=${id}`);
  assert.ok(after.responseData.every(({ isRevoked }: { isRevoked: boolean }) => isRevoked));
  for (const secret of [unlimited.token, listed[0].token, "none"]) {
    const refused = await call(app, `GET Attachment/DownloadByToken?token=${secret}`, { user: null });
    assert.equal(refused.statusCode, 403);
  }
  assert.equal(
    (await call(app, "POST Attachment/CreateAccessToken", { body: { attachmentId: id }, user: BOB }))
      .statusCode,
    404,
  );
});

Deno.test("Anybody reads public files by id and by business, nobody else's private ones", async () => {
  await using app = await startApp();
  const ids: string[] = [];
  for (const visibility of ["private", "users", "public"]) {
    const { id } = await uploadImage(app, { businessId: "9" });
    await app.json("PATCH", `/api/v1/attachments/${id}`, { body: { visibility } });
    ids.push(id);
  }
  const list = async (user: TestUser | null) => {
    const path = "GET Attachment/GetByBusiness?businessType=General&businessId=9";
    const { responseData } = await call(app, path, { user });
    return responseData.map(({ id }: { id: string }) => ids.indexOf(id)).sort();
  };
  assert.deepEqual([await list(null), await list(BOB), await list(ALICE), await list(ADMIN)], [
    [2],
    [1, 2],
    [0, 1, 2],
    [1, 2],
  ]);
  const read = async (index: number, user: TestUser | null) =>
    (await call(app, `GET Attachment/GetById/${ids[index]}`, { user })).statusCode;
  assert.deepEqual([await read(0, null), await read(2, null), await read(0, BOB), await read(1, BOB)], [
    401,
    200,
    404,
    200,
  ]);
});

Deno.test("What came by these routes and belongs to nothing goes into the recycle bin after 24 hours, whatever its type", async () => {
  await using app = await startApp();
  const orphan = await uploadImage(app);
  const kept = await uploadImage(app, { businessId: "1" });
  const lost = await uploadImage(app, { businessId: "1" });
  await call(app, `PUT Attachment/UpdateBusinessAssociation/${lost.id}?businessType=General&businessId=`);
  const plain = await app.request("/api/v1/files/a.bin", { method: "PUT", body: "data" });
  const { id: other } = await plain.json();
  const live = async () =>
    (await app.json("GET", "/api/v1/attachments")).body.items.map(({ id }: { id: string }) => id).sort();
  app.clock += 24 * HOUR - 1000;
  assert.equal((await deleteOrphans(app.services.core)).done, 0);
  app.clock += 2000;
  assert.equal((await deleteOrphans(app.services.core)).done, 2);
  assert.deepEqual(await live(), [kept.id, other].sort());
  assert.ok(![orphan.id, lost.id].some((id) => id === kept.id));
});

Deno.test("Refusals anywhere below these addresses are the envelope: no sign-in, a bad token, nothing there, a wrong method, a limit", async () => {
  await using app = await startApp({
    pawlJson: { limits: { uploadsPerMinute: 1, uploadsAtOnce: 0, bytesPerDay: 0 } },
  });
  assert.equal(
    (await call(app, "POST Attachment/DeleteBatch", { user: null, body: ["1"] })).code,
    "unauthenticated",
  );
  assert.equal((await call(app, "GET Attachment/Nothing")).code, "not-found");
  assert.equal((await call(app, "GET Attachment/UploadImage")).code, "method-not-allowed");
  assert.equal(
    (await call(app, "POST ChunkedUpload/CreateSession", { body: "raw:{" })).code,
    "malformed-body",
  );
  const bad = await app.request("/api/v1/attachment/getbyid/1", { headers: { Authorization: "Bearer x" } });
  assert.deepEqual([bad.status, (await bad.json()).isSuccess, bad.headers.has("WWW-Authenticate")], [
    401,
    false,
    true,
  ]);
  await uploadImage(app);
  const form = formOf({}, ["file", PNG, "b.png"]);
  const limited = await app.request("/api/v1/Attachment/UploadImage", { method: "POST", body: form });
  assert.equal(limited.status, 429);
  assert.ok(limited.headers.has("Retry-After"));
  assert.equal((await limited.json()).code, "uploads-per-minute");
});
