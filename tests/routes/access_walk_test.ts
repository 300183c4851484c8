/**
 * Every registered route, asked by everybody, against a table: a route without a row fails. Each cell gets subjects
 * of its own, so that what one caller changes is not what the next one sees.
 */
import assert from "node:assert/strict";
import { keys } from "../../services/records/keys.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { buildPage } from "../support/page.ts";

await buildPage();

const CALLERS: Record<string, TestUser | null> = { anonymous: null, other: BOB, owner: ALICE, admin: ADMIN };

/**
 * Alice's. `deleted` was public before it went into the recycle bin; `open` has all its bytes; `token` is the id of
 * one for a file of hers, `link` the token itself.
 */
type Subject = "private" | "users" | "public" | "deleted" | "open" | "completed" | "token" | "link" | "none";

/** Statuses for anonymous, another user, the owner, an administrator. */
type Statuses = string;

interface Row {
  /** With `:id` for the subject's; the route's own path when absent. */
  path?: string;
  body?: unknown;
  raw?: string;
  headers?: Record<string, string>;
  /** HEAD has a row of its own, because it is another thing than GET there. */
  ownHead?: boolean;
  expect: Partial<Record<Subject, Statuses>>;
}

const ANYBODY = { none: "200 200 200 200" };
const SIGNED_IN = { none: "401 200 200 200" };
const READ = {
  private: "401 404 200 200",
  users: "401 200 200 200",
  public: "200 200 200 200",
  deleted: "401 404 200 200",
};
const MANAGE = {
  private: "401 404 200 200",
  users: "401 404 200 200",
  public: "401 404 200 200",
  deleted: "401 404 200 200",
};
const REMOVE = {
  private: "401 404 204 204",
  users: "401 404 204 204",
  public: "401 404 204 204",
  deleted: "401 404 204 204",
};

const NOT_TAKEN = { none: "405 405 405 405" };
const TUS = { "Tus-Resumable": "1.0.0" };

const FORM = { "Content-Type": "multipart/form-data; boundary=b" };
const oldForm = (fields: [string, string][], file: string, bytes: string) =>
  [
    ...fields.map(([name, value]) =>
      `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n${value}\r\n`
    ),
    `--b\r\nContent-Disposition: form-data; ${file}\r\n\r\n${bytes}\r\n--b--\r\n`,
  ].join("");
const oldFile = (name: string, bytes: string) => oldForm([], `name=file; filename=${name}`, bytes);
/** One of system A's client. */
const OLD_CHUNK = oldForm(
  [["fileId", "x"], ["chunkOffset", "0"], ["chunkSize", "4"], ["fileSize", "4"], ["fileName", "a.bin"]],
  "name=chunk; filename=chunk.dat",
  "data",
);

const TABLE: Record<string, Row> = {
  "GET /health/live": { expect: ANYBODY },
  "GET /health/ready": { expect: ANYBODY },
  "GET /api/v1/ping": { expect: { none: "204 204 204 204" } },
  "GET /metrics": { expect: { none: "401 403 403 200" } },
  "GET /openapi.json": { expect: ANYBODY },
  "GET /": { expect: ANYBODY },
  // It asks the API for all that it shows.
  "GET /admin": { expect: ANYBODY },
  "GET /admin/": { expect: { none: "308 308 308 308" } },
  "GET /static/:name": { path: "/static/icon.svg", expect: ANYBODY },
  "GET /docs": { expect: ANYBODY },
  "GET /docs/start.js": { expect: ANYBODY },
  "GET /docs/problems": { expect: ANYBODY },
  "GET /docs/:version/swagger-ui.css": { path: "/docs/1/swagger-ui.css", expect: ANYBODY },
  "GET /docs/:version/swagger-ui-bundle.js": { path: "/docs/1/swagger-ui-bundle.js", expect: ANYBODY },

  // There is no such folder here; tests/routes/downloads_folder_test.ts has one.
  "GET /downloads": { expect: { none: "308 308 308 308" } },
  "GET /downloads/": { expect: { none: "401 404 404 404" } },
  "GET /downloads/:path{.+}": { path: "/downloads/a.zip", expect: { none: "401 404 404 404" } },

  "GET /api/v1/session": { expect: SIGNED_IN },
  "POST /api/v1/session": { expect: SIGNED_IN },
  "DELETE /api/v1/session": { expect: { none: "204 204 204 204" } },
  "GET /api/v1/sign-in": { expect: ANYBODY },
  // No issuer is set up here, and no request of this test comes from a page.
  "GET /api/v1/sign-in/issuer": { expect: { none: "404 404 404 404" } },
  "POST /api/v1/sign-in/issuer": { body: {}, expect: { none: "403 403 403 403" } },

  "POST /api/v1/uploads": { body: { fileName: "new.bin", size: 4 }, expect: { none: "401 201 201 201" } },
  "GET /api/v1/business-types": { expect: SIGNED_IN },
  "GET /api/v1/usage": { expect: SIGNED_IN },
  "GET /api/v1/uploads": { expect: SIGNED_IN },
  "GET /api/v1/uploads/:id": { expect: { open: "401 404 200 200", completed: "401 404 200 200" } },
  "GET /api/v1/uploads/:id/chunks": { expect: { open: "401 404 200 200", completed: "401 404 409 409" } },
  // Bytes and the end of a session are the owner's alone.
  "PUT /api/v1/uploads/:id/chunks/:offset": {
    path: "/api/v1/uploads/:id/chunks/0",
    raw: "data",
    expect: { open: "401 404 200 404", completed: "401 404 409 404" },
  },
  "POST /api/v1/uploads/:id/complete": {
    expect: { open: "401 404 201 404", completed: "401 404 200 404" },
  },
  "DELETE /api/v1/uploads/:id": { expect: { open: "401 404 204 204", completed: "401 404 409 409" } },

  "PUT /api/v1/files/:fileName": {
    path: "/api/v1/files/new.bin",
    raw: "data",
    expect: { none: "401 201 201 201" },
  },
  "POST /api/v1/attachments": {
    path: "/api/v1/attachments?fileName=new.bin",
    raw: "data",
    expect: { none: "401 201 201 201" },
  },
  "GET /api/v1/attachments": { expect: SIGNED_IN },
  "GET /api/v1/attachments/:id": { expect: READ },
  "GET /api/v1/attachments/:id/content": { expect: READ },
  "PATCH /api/v1/attachments/:id": {
    body: { fileName: "renamed.bin" },
    expect: { ...MANAGE, deleted: "401 404 409 409" },
  },
  "DELETE /api/v1/attachments/:id": { expect: REMOVE },
  "DELETE /api/v1/attachments/:id?permanent=true": { expect: REMOVE },
  "POST /api/v1/attachments/:id/restore": { expect: MANAGE },
  "GET /api/v1/attachments/:id/tokens": { expect: MANAGE },
  "POST /api/v1/attachments/:id/tokens": {
    body: {},
    expect: {
      private: "401 404 201 201",
      users: "401 404 201 201",
      public: "401 404 201 201",
      deleted: "401 404 409 409",
    },
  },
  "DELETE /api/v1/tokens/:id": { expect: { token: "401 404 204 204" } },
  "GET /d/:token": { path: "/d/:id", expect: { link: "200 200 200 200" } },
  "POST /api/v1/archives": { body: { ids: ["1"] }, expect: { none: "401 404 404 404" } },
  "GET /api/v1/archives": {
    path: "/api/v1/archives?id=:id",
    expect: { ...READ, deleted: "401 404 404 404" },
  },
  "GET /api/v1/archives/:id": {
    path: "/api/v1/archives/AAAAAAAAAAAAAAAAAAAAAA",
    expect: { none: "401 404 404 404" },
  },

  "OPTIONS /files": { expect: ANYBODY },
  "POST /files": { headers: { ...TUS, "Upload-Length": "4" }, expect: { none: "401 201 201 201" } },
  "GET /files": { headers: TUS, expect: NOT_TAKEN },
  "PATCH /files": { headers: TUS, expect: NOT_TAKEN },
  "DELETE /files": { headers: TUS, expect: NOT_TAKEN },
  "OPTIONS /files/:id": { expect: { open: "200 200 200 200" } },
  "HEAD /files/:id": {
    headers: TUS,
    expect: { open: "401 404 200 200", completed: "401 404 200 200" },
  },
  "PATCH /files/:id": {
    headers: { ...TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "4" },
    expect: { open: "401 404 204 404", completed: "401 404 204 404" },
  },
  "GET /files/:id": {
    ownHead: true,
    expect: { open: "401 404 404 404", completed: "401 404 200 200" },
  },
  "DELETE /files/:id": {
    headers: TUS,
    expect: { open: "401 404 204 204", completed: "401 404 204 204" },
  },
  "POST /files/:id": { headers: TUS, expect: { open: "405 405 405 405" } },

  // Clients that never sign in: nobody is named for them here. tests/routes/compat/ speaks as they do.
  "GET /api/Ping": { expect: ANYBODY },
  "GET /api/Upload/GetUploadStatus": { path: "/api/Upload/GetUploadStatus?fileId=x", expect: SIGNED_IN },
  "POST /api/Upload/UploadChunk": {
    raw: OLD_CHUNK,
    headers: FORM,
    expect: SIGNED_IN,
  },
  "POST /api/Upload/MergeChunks": {
    body: { fileId: "none", fileName: "a.bin" },
    expect: { none: "401 404 404 404" },
  },
  "GET /uploads/completed/:fileName": {
    path: "/uploads/completed/a.bin",
    expect: { private: "401 404 200 404", users: "401 404 200 404" },
  },

  "POST /api/v1/Attachment/UploadImage": {
    raw: oldFile("a.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
    headers: FORM,
    expect: SIGNED_IN,
  },
  "POST /api/v1/Attachment/UploadDocument": {
    raw: oldFile("a.txt", "data"),
    headers: FORM,
    expect: SIGNED_IN,
  },
  "GET /api/v1/Attachment/GetById/:id": { expect: { ...READ, deleted: "401 404 404 404" } },
  "GET /api/v1/Attachment/GetByBusiness": {
    path: "/api/v1/Attachment/GetByBusiness?businessType=General&businessId=1",
    expect: ANYBODY,
  },
  "GET /api/v1/Attachment/Download/:id": { expect: { ...READ, deleted: "401 404 404 404" } },
  "DELETE /api/v1/Attachment/Delete/:id": { expect: MANAGE },
  "POST /api/v1/Attachment/DeleteBatch": { body: ["1"], expect: SIGNED_IN },
  "PUT /api/v1/Attachment/UpdateBusinessAssociation/:id": {
    path: "/api/v1/Attachment/UpdateBusinessAssociation/:id?businessId=1",
    expect: { ...MANAGE, deleted: "401 404 409 409" },
  },
  "POST /api/v1/Attachment/CreateAccessToken": {
    body: { attachmentId: ":id" },
    expect: { ...MANAGE, deleted: "401 404 409 409" },
  },
  "GET /api/v1/Attachment/DownloadByToken": {
    path: "/api/v1/Attachment/DownloadByToken?token=:id",
    expect: { link: "200 200 200 200" },
  },
  "POST /api/v1/Attachment/RevokeAccessToken": { body: ":id", expect: { token: "401 404 200 200" } },
  "GET /api/v1/Attachment/GetAttachmentTokens": {
    path: "/api/v1/Attachment/GetAttachmentTokens?attachmentId=:id",
    expect: MANAGE,
  },
  "POST /api/v1/ChunkedUpload/CreateSession": {
    body: { fileName: "a.bin", totalSize: 4 },
    expect: SIGNED_IN,
  },
  "POST /api/v1/ChunkedUpload/UploadChunk": {
    raw: oldForm([["sessionId", ":id"], ["chunkIndex", "0"]], "name=chunkData; filename=blob", "data"),
    headers: FORM,
    expect: { open: "401 404 200 404", completed: "401 404 409 404" },
  },
  "GET /api/v1/ChunkedUpload/GetSession": {
    path: "/api/v1/ChunkedUpload/GetSession?sessionId=:id",
    expect: { open: "401 404 200 200", completed: "401 404 200 200" },
  },
  "POST /api/v1/ChunkedUpload/MergeChunks": {
    body: { sessionId: ":id" },
    expect: { open: "401 404 200 404", completed: "401 404 200 404" },
  },
  "POST /api/v1/ChunkedUpload/CancelSession": {
    body: ":id",
    expect: { open: "401 404 200 200", completed: "401 404 409 409" },
  },

  "GET /api/v1/admin/audit": { expect: { none: "401 403 403 200" } },
  "POST /api/v1/admin/audit/verify": { expect: { none: "401 403 403 200" } },
  "POST /api/v1/admin/maintenance/hold": { expect: { none: "401 403 403 201" } },
  "PUT /api/v1/admin/maintenance/hold/:id": {
    path: "/api/v1/admin/maintenance/hold/none",
    expect: { none: "401 403 403 404" },
  },
  "DELETE /api/v1/admin/maintenance/hold/:id": {
    path: "/api/v1/admin/maintenance/hold/none",
    expect: { none: "401 403 403 204" },
  },
  "POST /api/v1/admin/maintenance/check": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/jobs": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/jobs/:name/runs": {
    path: "/api/v1/admin/jobs/orphans/runs",
    expect: { none: "401 403 403 200" },
  },
  "POST /api/v1/admin/jobs/:name/run": {
    path: "/api/v1/admin/jobs/orphans/run",
    expect: { none: "401 403 403 202" },
  },
  "GET /api/v1/admin/overview": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/uploads": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/attachments": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/storage": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/usage": { expect: { none: "401 403 403 200" } },
  "GET /api/v1/admin/tokens": { expect: { none: "401 403 403 200" } },
  "POST /api/v1/attachments/delete": { body: { ids: ["1"] }, expect: SIGNED_IN },
  "POST /api/v1/attachments/restore": { body: { ids: ["1"] }, expect: SIGNED_IN },
};

const UNKNOWN = { attachment: "1152921504606846976", upload: "AAAAAAAAAAAAAAAAAAAAAA" };

async function makeSubject(app: TestApp, kind: Subject): Promise<string> {
  if (kind === "none") return "";
  if (kind === "open" || kind === "completed") {
    const { body: { id } } = await app.json("POST", "/api/v1/uploads", {
      body: { fileName: "a.bin", size: 4, forceNew: true },
    });
    const put = await app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body: "data" });
    assert.equal(put.status, 200);
    await put.body?.cancel();
    if (kind === "completed") {
      assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`)).status, 201);
    }
    return id;
  }
  if (kind === "token" || kind === "link") {
    const file = await makeSubject(app, "private");
    const { body } = await app.json("POST", `/api/v1/attachments/${file}/tokens`, { body: {} });
    return kind === "token" ? body.id : body.token;
  }
  const visibility = kind === "deleted" ? "public" : kind;
  const made = await app.request(`/api/v1/files/a.bin?visibility=${visibility}`, {
    method: "PUT",
    body: "data",
  });
  const { id } = await made.json();
  if (kind === "deleted") {
    assert.equal((await app.json("DELETE", `/api/v1/attachments/${id}`)).status, 204);
  }
  return id;
}

interface Cell {
  route: string;
  row: Row;
  user: TestUser | null;
}

async function ask(app: TestApp, { route, row, user }: Cell, id: string) {
  const [method, registered] = route.split(" ") as [string, string];
  const init: RequestInit & { user: TestUser | null } = { method, user, headers: row.headers ?? {} };
  if (row.raw !== undefined) init.body = row.raw.replace(":id", id);
  if (row.body !== undefined) {
    init.body = JSON.stringify(row.body).replace(":id", id);
    init.headers = { ...row.headers, "Content-Type": "application/json" };
  }
  const response = await app.request((row.path ?? registered).replace(":id", id), init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** What the caller is told, without what differs from request to request. */
function told({ status, headers, text }: Awaited<ReturnType<typeof ask>>) {
  const isText = headers.get("Content-Type")?.startsWith("text/plain");
  const { instance: _instance, ...problem } = isText ? { text } : JSON.parse(text || "{}");
  return { status, problem, headers: [...headers].filter(([name]) => name !== "x-request-id") };
}

/** As its owner sees it. */
async function state(app: TestApp, kind: Subject, id: string) {
  if (kind === "none" || kind === "link") return null;
  if (kind === "token") return (await app.services.core.records.get(keys.token(id))).value;
  const room = kind === "open" || kind === "completed" ? "uploads" : "attachments";
  const { status, body } = await app.json("GET", `/api/v1/${room}/${id}`);
  return { status, body };
}

function registeredRoutes(app: TestApp): string[] {
  const routes = app.routes().filter(({ method }) => method !== "ALL");
  return [...new Set(routes.map(({ method, path }) => `${method} ${path}`))].sort();
}

Deno.test("Every route is for exactly those whom the table names, and tells all others the same as of what does not exist", async (t) => {
  await using app = await startApp();

  await t.step("the table has a row for every route, and no other", () => {
    const rows = new Set(Object.keys(TABLE).map((route) => route.replace(/\?.*/, "")));
    const registered = registeredRoutes(app);
    assert.deepEqual([...rows].filter((route) => !route.startsWith("HEAD ")).sort(), registered);
  });

  for (const [route, row] of Object.entries(TABLE)) {
    await t.step(route, async () => {
      for (const [kind, statuses] of Object.entries(row.expect) as [Subject, Statuses][]) {
        const expected = statuses.split(" ").map(Number);
        for (const [index, [name, user]] of Object.entries(CALLERS).entries()) {
          const id = await makeSubject(app, kind);
          const cell: Cell = { route, row, user };
          const what = `${name} on ${kind}`;
          const before = await state(app, kind, id);
          if (route.startsWith("GET ") && !row.ownHead) {
            const head = await ask(app, { ...cell, route: route.replace("GET", "HEAD") }, id);
            assert.equal(head.status, expected[index], `HEAD by ${what}`);
            assert.equal(head.text, "");
          }
          const answer = await ask(app, cell, id);
          assert.equal(answer.status, expected[index], `${what}: ${answer.text.slice(0, 300)}`);
          if (answer.status < 400 || kind === "none") continue;
          assert.deepEqual(await state(app, kind, id), before, `${what} changes it`);
          if (answer.status !== 401 && answer.status !== 404) continue;
          const isRandom = kind === "open" || kind === "completed" || kind === "token";
          const unknown = isRandom ? UNKNOWN.upload : UNKNOWN.attachment;
          const ofUnknown = told(await ask(app, cell, unknown));
          assert.deepEqual(told(answer), ofUnknown, `${what} differs from an unknown id`);
          assert.deepEqual(told(await ask(app, cell, "no-id")), ofUnknown, `${what}: a malformed id`);
        }
      }
    });
  }
});

Deno.test("Nobody finds another's files or sessions in lists, batches or by their digest", async (t) => {
  await using app = await startApp();
  const file = await makeSubject(app, "public");
  const upload = await makeSubject(app, "open");
  const { body: { sha256 } } = await app.json("GET", `/api/v1/attachments/${file}`);

  await t.step("lists", async () => {
    for (const user of [BOB, ADMIN]) {
      for (const room of ["attachments", "attachments?state=deleted", "uploads", "attachments?q=a"]) {
        const { body } = await app.json("GET", `/api/v1/${room}`, { user });
        assert.deepEqual(body, { items: [], cursor: null }, room);
      }
    }
    assert.equal((await app.json("GET", "/api/v1/uploads")).body.items[0].id, upload);
  });

  await t.step("batch delete", async () => {
    const { body: { results } } = await app.json("POST", "/api/v1/attachments/delete", {
      user: BOB,
      body: { ids: [file, UNKNOWN.attachment] },
    });
    const [{ id: _a, ...ofAlice }, { id: _b, ...ofUnknown }] = results;
    assert.deepEqual(ofAlice, ofUnknown);
    assert.equal(ofAlice.code, "not-found");
    assert.equal((await app.json("GET", `/api/v1/attachments/${file}`)).body.deletedAt, null);
  });

  await t.step("a known digest gives no file and no session of somebody else's", async () => {
    const { status, body } = await app.json("POST", "/api/v1/uploads", {
      user: BOB,
      body: { fileName: "a.bin", size: 4, sha256 },
    });
    assert.equal(status, 201);
    assert.equal(body.receivedBytes, 0);
    assert.notEqual(body.id, upload);
    const owner = await app.json("POST", "/api/v1/uploads", { body: { fileName: "b.bin", size: 4, sha256 } });
    assert.equal(owner.status, 200);
    assert.equal(owner.body.attachment.fileName, "b.bin");
  });
});
