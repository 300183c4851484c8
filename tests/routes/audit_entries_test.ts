import assert from "node:assert/strict";
import { expireUploads } from "../../services/cleanup.ts";
import { keys } from "../../services/records/keys.ts";
import type { AuditRecord } from "../../services/audit/entry.ts";
import { ADMIN, ALICE, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { answer, sha256, until } from "../support/upload_calls.ts";
import { WAYS } from "../support/upload_ways.ts";

const PEER = "192.0.2.7";
const TUS = { "Tus-Resumable": "1.0.0" };

const entries = async (app: TestApp): Promise<AuditRecord[]> => {
  await app.services.core.background.settled();
  return (await app.services.core.records.page<AuditRecord>(keys.auditAll(), { limit: 1000 }))
    .map(({ value }) => value);
};

/** What `work` has added. */
async function added(app: TestApp, work: () => Promise<unknown>): Promise<AuditRecord[]> {
  const before = new Set((await entries(app)).map(({ id }) => id));
  await work();
  return (await entries(app)).filter(({ id }) => !before.has(id)).sort((a, b) =>
    a.action < b.action ? -1 : 1
  );
}

interface Ask {
  user?: TestUser;
  body?: BodyInit | null;
  headers?: Record<string, string>;
}

async function ask(
  app: TestApp,
  method: string,
  path: string,
  { user = ALICE, body = null, headers = {} }: Ask = {},
) {
  const isText = typeof body === "string" && !("Content-Type" in headers);
  return await answer(
    await app.request(path, {
      method,
      body,
      headers: { ...headers, ...(isText && { "Content-Type": "application/json" }) },
      user,
      peer: PEER,
    }),
  );
}

/** One entry, by this person, over this request. */
function assertOne(
  found: AuditRecord[],
  { by = ALICE, request, ...expected }: Partial<AuditRecord> & { by?: TestUser | null; request?: Headers },
): AuditRecord {
  assert.deepEqual(found.map(({ action }) => action), [expected.action]);
  const [entry] = found;
  assert.deepEqual([entry!.result, entry!.count], ["done", 1]);
  if (expected.target) assert.deepEqual(entry!.target, expected.target);
  if (expected.detail) assert.deepEqual(entry!.detail, expected.detail);
  if (by === null) {
    assert.deepEqual(entry!.actor, { id: null, role: "system", address: null, requestId: null });
  } else {
    assert.deepEqual(entry!.actor, {
      id: by.sub,
      role: by.role ?? "user",
      address: PEER,
      requestId: request?.get("X-Request-Id") ?? null,
    });
  }
  return entry!;
}

async function session(app: TestApp, fields: Record<string, unknown> = {}) {
  const body = JSON.stringify({ fileName: "a.bin", size: 4, forceNew: true, ...fields });
  return await ask(app, "POST", "/api/v1/uploads", { body });
}

const chunk = (app: TestApp, id: string) =>
  ask(app, "PUT", `/api/v1/uploads/${id}/chunks/0`, {
    body: new TextEncoder().encode("data"),
    headers: { "Content-Length": "4" },
  });

Deno.test("each way to upload leaves one entry: of the session that it opens, or of the file that it makes", async () => {
  await using app = await startApp();
  for (const [name, way] of Object.entries(WAYS)) {
    const [entry, ...others] = await added(app, () => way.begin(app, { user: ALICE, size: 7 }));
    assert.deepEqual([entry!.action, others], [way.whole ? "attachment.create" : "upload.open", []], name);
    assert.deepEqual([entry!.actor.id, entry!.detail.size], ["alice", 7]);
  }
});

Deno.test("a session is audited when it is opened, not when it is found, and with the file that it becomes", async () => {
  await using app = await startApp();
  let opened = await session(app);
  const open = await added(
    app,
    async () => opened = await session(app, { fingerprint: "f", forceNew: false }),
  );
  const { id } = opened.body;
  assertOne(open, {
    action: "upload.open",
    target: { kind: "upload", id },
    detail: { fileName: "a.bin", size: 4, businessType: "General" },
    request: opened.headers,
  });
  assert.deepEqual(await added(app, () => session(app, { fingerprint: "f", forceNew: false })), []);
  assert.deepEqual(await added(app, () => chunk(app, id)), []);
  let done = opened;
  const complete = await added(
    app,
    async () => done = await ask(app, "POST", `/api/v1/uploads/${id}/complete`),
  );
  const created = assertOne(complete, {
    action: "attachment.create",
    target: { kind: "attachment", id: done.body.id },
    request: done.headers,
  });
  assert.deepEqual(created.detail, {
    fileName: "a.bin",
    size: 4,
    sha256: done.body.sha256,
    businessType: "General",
    visibility: "private",
    ownerId: "alice",
    upload: id,
  });
  assert.deepEqual(await added(app, () => ask(app, "POST", `/api/v1/uploads/${id}/complete`)), []);
});

Deno.test("an instant upload is one new file in the audit", async () => {
  await using app = await startApp();
  const body = new TextEncoder().encode("data");
  await ask(app, "PUT", "/api/v1/files/a.bin", { body });
  let instant = await session(app);
  const found = await added(
    app,
    async () => instant = await session(app, { sha256: sha256(body), forceNew: false }),
  );
  const { id } = instant.body.attachment;
  const entry = assertOne(found, {
    action: "attachment.create",
    target: { kind: "attachment", id },
    request: instant.headers,
  });
  assert.equal(entry.detail.upload, "instant");
});

Deno.test("an upload that is cancelled, fails or expires says so once, and who ended it", async () => {
  await using app = await startApp();
  for (const by of [ALICE, ADMIN]) {
    const { body: { id } } = await session(app);
    let cancelled = await session(app);
    const cancel = async () => cancelled = await ask(app, "DELETE", `/api/v1/uploads/${id}`, { user: by });
    assertOne(await added(app, cancel), {
      action: "upload.cancel",
      target: { kind: "upload", id },
      detail: { fileName: "a.bin", ownerId: "alice" },
      by,
      request: cancelled.headers,
    });
    assert.deepEqual(await added(app, cancel), []);
  }

  const { body: { id: failing } } = await session(app, { sha256: "0".repeat(64) });
  await chunk(app, failing);
  let failed = await session(app);
  const fail = async () => failed = await ask(app, "POST", `/api/v1/uploads/${failing}/complete`);
  const failure = assertOne((await added(app, fail)).filter(({ action }) => action !== "request.refused"), {
    action: "upload.fail",
    target: { kind: "upload", id: failing },
    request: failed.headers,
  });
  assert.match(String(failure.detail.why), /SHA-256/);

  await using other = await startApp();
  const { body: { id: old } } = await session(other);
  other.clock += 25 * 3_600_000;
  assertOne(await added(other, () => expireUploads(other.services.core)), {
    action: "upload.expire",
    target: { kind: "upload", id: old },
    by: null,
  });
});

Deno.test("giving up a finished tus upload is audited with the delete of its file", async () => {
  await using app = await startApp();
  const headers = { ...TUS, "Upload-Length": "4", "Content-Type": "application/offset+octet-stream" };
  const made = await ask(app, "POST", "/files", { headers, body: new TextEncoder().encode("data") });
  const path = new URL(made.headers.get("Location")!, "http://localhost").pathname;
  const found = await added(app, () => ask(app, "DELETE", path, { headers: TUS }));
  assert.deepEqual(found.map(({ action }) => action), ["attachment.delete", "upload.cancel"]);
  assert.deepEqual(await added(app, () => ask(app, "DELETE", path, { headers: TUS })), []);
});

Deno.test("a change says what each thing is now and what it was", async () => {
  await using app = await startApp();
  const { body: { id } } = await ask(app, "PUT", "/api/v1/files/a.txt", {
    body: new TextEncoder().encode("abc"),
  });
  let changed = await session(app);
  const change = { fileName: "b.txt", businessType: "Document", businessId: "42", visibility: "users" };
  const patch = async (body: unknown) =>
    changed = await ask(app, "PATCH", `/api/v1/attachments/${id}`, {
      body: JSON.stringify(body),
    });
  assertOne(await added(app, () => patch(change)), {
    action: "attachment.change",
    target: { kind: "attachment", id },
    detail: {
      fileName: "b.txt",
      oldFileName: "a.txt",
      businessType: "Document",
      oldBusinessType: "General",
      businessId: "42",
      oldBusinessId: null,
      visibility: "users",
      oldVisibility: "private",
    },
    request: changed.headers,
  });
  const back = await added(app, () => patch({ businessId: null }));
  assert.deepEqual(back[0]!.detail, { businessId: null, oldBusinessId: "42" });
  assert.deepEqual(await added(app, () => patch({ fileName: "" })), []);
});

Deno.test("signing in and out is audited, renewing a cookie is not", async () => {
  await using app = await startApp();
  let signedIn = await session(app);
  const signIn = async () => signedIn = await ask(app, "POST", "/api/v1/session");
  const found = await added(app, signIn);
  assertOne(found, {
    action: "session.sign-in",
    target: { kind: "session", id: "alice" },
    detail: { by: "token" },
    request: signedIn.headers,
  });
  const cookie = signedIn.headers.getSetCookie()[0]!.split(";")[0]!;
  const byCookie = { headers: { Cookie: cookie, "Sec-Fetch-Site": "same-origin" }, user: null, peer: PEER };
  const send = async (method: string) => {
    const response = await app.request("/api/v1/session", { method, ...byCookie });
    await response.body?.cancel();
    return response;
  };
  assert.deepEqual(await added(app, () => send("POST")), []);
  let out = new Headers();
  const signOut = await added(app, async () => out = (await send("DELETE")).headers);
  assertOne(signOut, { action: "session.sign-out", target: { kind: "session", id: "alice" }, request: out });
  const nobody = () => app.request("/api/v1/session", { method: "DELETE", user: null, peer: PEER });
  assert.deepEqual(await added(app, nobody), []);
});

Deno.test("a refusal by a limit is counted in the audit, and nothing else of it", async () => {
  await using app = await startApp({ pawlJson: { limits: { uploadsPerMinute: 1 } } });
  await session(app);
  let refused = await session(app);
  assert.equal(refused.status, 429);
  const found = await added(app, async () => {
    for (let times = 0; times < 4; times++) refused = await session(app);
    await app.services.refusals.flush();
  });
  const [entry, ...others] = found.filter(({ result }) => result === "uploads-per-minute");
  assert.deepEqual([entry!.action, entry!.count, others], ["request.refused", 4, []]);
  assert.deepEqual(entry!.target, { kind: "route", id: "POST /api/v1/uploads" });
});

Deno.test("a refusal says what it was about: the route and the latest id of a kind", async () => {
  await using app = await startApp();
  const { body: { id } } = await session(app);
  const bob = { sub: "bob" };
  const found = await added(app, async () => {
    for (const other of [id, "1", "2"]) {
      await ask(app, "DELETE", `/api/v1/uploads/${other}`, { user: bob });
    }
    await app.services.refusals.flush();
  });
  assert.deepEqual(found.map(({ target, result, count, detail }) => [target.id, result, count, detail]), [
    ["DELETE /api/v1/uploads/:id", "not-found", 1, { id }],
    ["DELETE /api/v1/uploads/:id", "not-found", 2, { id: "2" }],
  ]);
});

Deno.test("a ZIP that is kept, and a check of the chain, are in the audit once", async () => {
  await using app = await startApp();
  const { body: { id } } = await ask(app, "PUT", "/api/v1/files/a.txt", { body: new Uint8Array(3) });
  let made = await session(app);
  const zip = async () =>
    made = await ask(app, "POST", "/api/v1/archives", { body: JSON.stringify({ ids: [id] }) });
  const kept = await added(app, zip);
  assertOne(kept, {
    action: "archive.create",
    target: { kind: "archive", id: made.body.id },
    detail: { fileName: "files.zip", files: 1, size: made.body.size },
    request: made.headers,
  });
  const fetched = async () => await (await app.request(`/api/v1/archives?id=${id}`)).bytes();
  assert.deepEqual(await added(app, fetched), []);
  const verify = async () =>
    made = await ask(app, "POST", "/api/v1/admin/audit/verify", { user: ADMIN, body: "{}" });
  assertOne(await added(app, verify), {
    action: "audit.verify",
    target: { kind: "audit", id: "chain" },
    detail: { head: made.body.head, findings: 0 },
    by: ADMIN,
    request: made.headers,
  });
});

Deno.test("what is finished at the start is the system's, and is there once after a commit that was tried again", async () => {
  await using app = await startApp();
  const { body: { id } } = await session(app);
  await chunk(app, id);
  await app.restart();
  await until(async () => (await app.json("GET", `/api/v1/uploads/${id}`)).body.status === "completed");
  const created = (await entries(app)).filter(({ action }) => action === "attachment.create");
  assertOne(created, { action: "attachment.create", by: null });

  // All rename one file at once, so that commits conflict and are tried again.
  const target = created[0]!.target.id;
  const found = await added(app, async () => {
    const names = Array.from({ length: 20 }, (_, index) => JSON.stringify({ fileName: `n${index}.bin` }));
    const done = await Promise.all(
      names.map((body) => ask(app, "PATCH", `/api/v1/attachments/${target}`, { body })),
    );
    assert.ok(done.every(({ status }) => status === 200));
  });
  assert.equal(found.length, 20);
  assert.equal(new Set(found.map(({ detail }) => detail.fileName)).size, 20);
  assert.equal(new Set(found.map(({ detail }) => detail.oldFileName)).size, 20);
});
