/**
 * Sessions that tus, the IETF's protocol and the chunk API work on in turn and at once, with duplicates, broken bodies,
 * take-overs and restarts: the server has the bytes that a simple model has, and offsets never go back.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { metadata, OFFSET_BYTES } from "../support/tus.ts";
import { until } from "../support/upload_calls.ts";
import { bodyStream, type Dialect, headersOf, plainAt, send, sendAppend } from "./dialects_calls.ts";
import * as m from "./dialects_model.ts";
import { spans } from "./session_model.ts";

interface Model {
  sessions: m.Session[];
}

type Command = fc.AsyncCommand<Model, TestApp>;

const SIZES = [0, 1, 3000, 5000, 5000, 8193];
const DIALECT = fc.constantFrom<Dialect>("tus", "ietf");
const DIGEST = fc.constantFrom("none", "none", "none", "right", "wrong");
const LIMITS = { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 };

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

/** Mostly an open session, sometimes one that has ended. */
function pickSession({ sessions }: Model, index: number): m.Session | undefined {
  const open = sessions.filter(({ status }) => status === "uploading");
  return pick(index > 40 || open.length === 0 ? sessions : open, index);
}

function command(name: string, run: (model: Model, app: TestApp) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, app) {
      await run(model, app);
      await compare(model, app);
    },
    toString: () => name,
  };
}

/** Everything that the server shows of sessions is what the model has. */
async function compare({ sessions }: Model, app: TestApp): Promise<void> {
  for (const session of sessions) {
    const { status, body } = await app.json("GET", `/api/v1/uploads/${session.id}`);
    const file = await app.request(`/files/${session.id}`);
    const bytes = await file.bytes();
    if (session.status === "cancelled" || session.status === "failed") {
      assert.equal(body.code, `upload-${session.status}`);
      assert.ok(file.status >= 400, `${file.status}`);
      continue;
    }
    assert.deepEqual([status, body.status, body.size], [200, session.status, session.size]);
    assert.deepEqual(body.received, spans(session.mask, 1));
    assert.equal(file.status, session.hasFile ? 200 : 404);
    if (session.hasFile) assert.deepEqual(bytes, session.bytes);
  }
  const { body } = await app.json("GET", "/api/v1/attachments?limit=100");
  assert.equal(body.items.length, sessions.filter(({ hasFile }) => hasFile).length);
}

/** Bytes of the content, one of them another if asked for, and perhaps more than there are. */
function bytesOf({ content }: m.Session, { from, to, other }: { from: number; to: number; other: boolean }) {
  const bytes = new Uint8Array(Math.max(0, to - from)).fill(7);
  bytes.set(content.subarray(from, to));
  if (other && bytes.length > 0) bytes[bytes.length >> 1]! ^= 1;
  return bytes;
}

const create = fc.record({
  dialect: fc.constantFrom<Dialect | "chunks">("tus", "ietf", "chunks"),
  size: fc.constantFrom(...SIZES),
  seed: fc.nat(3),
  saysSize: fc.boolean(),
  first: fc.constantFrom(0, 0, 0.4, 1),
  sized: fc.boolean(),
  sha256: fc.constantFrom("none", "none", "right", "wrong"),
  digest: DIGEST,
  breaks: fc.constantFrom(false, false, true),
}).map((of) =>
  command(`create ${JSON.stringify(of)}`, async (model, app) => {
    const content = randomBytes(of.size, { seed: of.size + of.seed });
    const declared = of.sha256 === "none"
      ? null
      : m.sha256Of(of.sha256 === "right" ? content : new Uint8Array(9));
    if (of.dialect === "chunks") {
      if (of.size === 0) return;
      const sha256 = declared === null ? {} : { sha256: declared };
      const { status, body } = await app.json("POST", "/api/v1/uploads", {
        body: { fileName: "file.bin", size: of.size, forceNew: true, ...sha256 },
      });
      // The content is there already.
      if (status === 200) {
        await app.json("DELETE", `/api/v1/attachments/${body.attachment.id}?permanent=true`);
      } else model.sessions.push(m.newSession(body.id, { content, size: of.size, sha256: declared }));
      return;
    }
    const { dialect } = of;
    const body = content.slice(0, Math.ceil(of.size * of.first));
    const last = dialect === "ietf" && body.length === of.size;
    const size = of.saysSize ? of.size : null;
    const breaksAt = of.breaks && body.length > 1 ? body.length >> 1 : null;
    const sized = body.length === 0 || of.sized;
    const made = {
      offset: 0,
      body,
      sized,
      size,
      last,
      digest: body.length === 0 ? "none" : of.digest,
      breaksAt,
    } as const;
    const said = m.newSession("", { content, size, sha256: declared });
    const expected = m.append(said, { ...made, strict: false });
    const defer: Record<string, string> = dialect === "tus" && size === null
      ? { "Upload-Defer-Length": "1" }
      : {};
    const type: Record<string, string> = dialect === "tus" && body.length > 0
      ? { "Content-Type": OFFSET_BYTES }
      : {};
    const { status, headers, code } = await send(app, dialect, {
      method: "POST",
      path: "/files",
      headers: {
        ...headersOf(dialect, made),
        ...defer,
        ...type,
        "Upload-Metadata": metadata({ filename: "file.bin", ...(declared && { sha256: declared }) }),
      },
      ...(body.length > 0 && { body: bodyStream(body, breaksAt) }),
    });
    assert.equal(code, expected);
    const id = code === null ? headers.get("Location")!.split("/").at(-1)! : await unknownSession(model, app);
    // Of a refused body nothing stays; of a broken one what came, as an open upload that its owner can find.
    const stays = code === null || expected === "body-incomplete" && of.digest === "none";
    assert.deepEqual([status === 201, id !== null], [code === null, stays]);
    if (id !== null) model.sessions.push({ ...said, id });
  })
);

/** The id of an open session that the model does not have. */
async function unknownSession({ sessions }: Model, app: TestApp): Promise<string | null> {
  const { body } = await app.json("GET", "/api/v1/uploads?limit=100");
  const unknown = body.items.filter(({ id }: { id: string }) =>
    sessions.every((session) => session.id !== id)
  );
  assert.ok(unknown.length <= 1);
  return unknown[0]?.id ?? null;
}

const append = fc.record(
  {
    dialect: DIALECT,
    session: fc.nat(50),
    /** From where the next append starts. */
    from: fc.constantFrom(0, 0, 0, 0, 0, -1, 1, -1000),
    length: fc.constantFrom("nothing", "some", "some", "much", "rest", "rest", "too much"),
    sized: fc.boolean(),
    size: fc.constantFrom("none", "none", "none", "right", "wrong"),
    last: fc.boolean(),
    digest: DIGEST,
    breaks: fc.constantFrom(false, false, false, true),
    other: fc.constantFrom(...Array(7).fill(false), true),
  } as const,
).map((of) =>
  command(`append ${JSON.stringify(of)}`, async (model, app) => {
    const session = pickSession(model, of.session);
    if (!session) return;
    const { content } = session;
    const offset = Math.max(0, m.frontOf(session) + of.from);
    // More than the content only where the length bounds it.
    const most = content.length + (of.length === "too much" && session.size !== null ? 1 : 0);
    const share = { "nothing": 0, "some": 0.2, "much": 0.7, "rest": 1, "too much": 1 }[of.length];
    const to = Math.min(most, offset + Math.ceil((most - offset) * share));
    const body = bytesOf(session, { from: offset, to, other: of.other });
    const made = {
      offset,
      body,
      sized: body.length === 0 || of.sized,
      size: of.size === "none" ? null : of.size === "right" ? content.length : content.length + 1,
      last: of.dialect === "ietf" && of.last,
      digest: body.length === 0 ? "none" : of.digest,
      breaksAt: of.breaks && body.length > 1 ? body.length >> 1 : null,
    } as const;
    if (made.size !== null && made.size > content.length && session.size === null) return;
    const before = m.frontOf(session);
    const expected = m.append(session, { ...made, strict: of.dialect === "ietf" });
    const { status, headers, code } = await sendAppend(app, { dialect: of.dialect, session, made });
    assert.equal(code, expected);
    if (code === "offset-mismatch") assert.equal(headers.get("Upload-Offset"), `${before}`);
    if (code !== null) return;
    const front = m.frontOf(session);
    assert.equal(headers.get("Upload-Offset"), `${front}`);
    const done = session.status === "completed";
    assert.equal(headers.has("Pawl-Attachment-Id"), done);
    assert.equal(status, of.dialect === "ietf" && done ? 200 : 204);
  })
);

const put = fc.record({
  session: fc.nat(50),
  kib: fc.nat(8),
  chunks: fc.integer({ min: 1, max: 4 }),
  other: fc.constantFrom(...Array(7).fill(false), true),
}).map((of) =>
  command(`put ${JSON.stringify(of)}`, async (model, app) => {
    const session = pickSession(model, of.session);
    const from = of.kib * 1024;
    if (!session || from >= session.content.length) return;
    const to = Math.min(session.content.length, from + of.chunks * 1024);
    const body = bytesOf(session, { from, to, other: of.other });
    const expected = m.putChunk(session, { offset: from, body });
    const answer = await app.request(`/api/v1/uploads/${session.id}/chunks/${from}`, { method: "PUT", body });
    const { code = null } = await answer.json();
    assert.equal(code, expected);
  })
);

const complete = fc.nat(50).map((index) =>
  command(`complete ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (!session) return;
    const expected = m.complete(session);
    const { body } = await app.json("POST", `/api/v1/uploads/${session.id}/complete`);
    assert.equal(body.code ?? null, expected);
  })
);

async function look(session: m.Session, app: TestApp, dialect: Dialect): Promise<void> {
  const expected = session.status === "uploading" ? m.settle(session) : null;
  const { status, headers } = await send(app, dialect, { method: "HEAD", path: `/files/${session.id}` });
  if (expected !== null || session.status === "failed") return assert.equal(status, 422);
  if (session.status === "cancelled") return assert.equal(status, 410);
  assert.equal(headers.get("Upload-Offset"), `${m.frontOf(session)}`);
  assert.equal(headers.get("Upload-Length"), session.size === null ? null : `${session.size}`);
  assert.equal(headers.has("Pawl-Attachment-Id"), session.status === "completed");
}

const head = fc.tuple(DIALECT, fc.nat(50)).map(([dialect, index]) =>
  command(`${dialect} HEAD ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (session) await look(session, app, dialect);
  })
);

const terminate = fc.tuple(DIALECT, fc.nat(50)).map(([dialect, index]) =>
  command(`${dialect} DELETE ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (!session) return;
    const { code } = await send(app, dialect, { method: "DELETE", path: `/files/${session.id}` });
    assert.equal(code, m.terminate(session));
  })
);

const cancel = fc.nat(50).map((index) =>
  command(`cancel ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (!session) return;
    const { body } = await app.json("DELETE", `/api/v1/uploads/${session.id}`);
    assert.equal(body?.code ?? null, m.cancel(session));
  })
);

/** One that stalls in its middle, and a newer one that goes on from there. */
const takeOver = fc.record({
  older: DIALECT,
  newer: DIALECT,
  session: fc.nat(40),
  share: fc.constantFrom(0.1, 0.5, 1),
})
  .map((of) =>
    command(`take over ${JSON.stringify(of)}`, async (model, app) => {
      const session = pickSession(model, of.session);
      if (session?.status !== "uploading") return;
      const from = m.frontOf(session);
      // Bytes that nobody has sent yet, so that the older one has nothing to compare.
      const gap = spans(session.mask, 0)[0]?.size ?? 0;
      const count = Math.ceil(gap / 2);
      if (count === 0 || count === gap) return;
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(session.content.slice(from, from + count)),
      });
      const older = sendAppend(app, {
        dialect: of.older,
        session,
        made: { ...plainAt(from), body: session.content.slice(from) },
        stream,
      });
      m.record(session, { offset: from, body: session.content.subarray(from, from + count) });
      const path = `/files/${session.id}`;
      await until(async () => {
        const { headers } = await send(app, of.newer, { method: "HEAD", path });
        return headers.get("Upload-Offset") === `${m.frontOf(session)}`;
      });
      const offset = m.frontOf(session);
      const to = offset + Math.ceil((session.content.length - offset) * of.share);
      const made = { ...plainAt(offset), body: session.content.slice(offset, to) };
      const expected = m.append(session, { ...made, strict: of.newer === "ietf" });
      const newer = await sendAppend(app, { dialect: of.newer, session, made });
      assert.equal(newer.code, expected);
      const { status, code } = await older;
      assert.ok(status === 409 || expected === "upload-failed" && status === 422, `${status} ${code}`);
    })
  );

/** The same append twice at once, as after a timeout that came too early. */
const twins = fc.record({ dialects: fc.tuple(DIALECT, DIALECT), session: fc.nat(40), rest: fc.boolean() })
  .map((of) =>
    command(`twins ${JSON.stringify(of)}`, async (model, app) => {
      const session = pickSession(model, of.session);
      if (session?.status !== "uploading") return;
      const offset = m.frontOf(session);
      const to = of.rest ? session.content.length : Math.min(session.content.length, offset + 700);
      const made = { ...plainAt(offset), body: session.content.slice(offset, to) };
      const probe = { ...session, bytes: session.bytes.slice(), mask: session.mask.slice() };
      const expected = m.append(probe, { ...made, strict: false });
      const answers = await Promise.all(
        of.dialects.map((dialect) => sendAppend(app, { dialect, session, made })),
      );
      for (const { code } of answers) {
        assert.ok([expected, "superseded", "offset-mismatch", "upload-ended"].includes(code), `${code}`);
      }
      // When both were stopped by each other some of the bytes may have come, never others.
      const { body } = await app.json("GET", `/api/v1/uploads/${session.id}`);
      if (body.received) {
        const front = body.received[0]?.offset === 0 ? body.received[0].size : 0;
        assert.ok(front >= offset && front <= m.frontOf(probe), `${front}`);
        if (front > offset) {
          m.record(session, { offset, body: session.content.slice(offset, Math.min(front, to)) });
        }
      } else m.record(session, { offset, body: made.body });
      await look(session, app, of.dialects[0]);
    })
  );

const restart = fc.constant(command("restart", async (model, app) => {
  await app.restart();
  await app.services.core.background.settled();
  for (const session of model.sessions) m.settle(session);
}));

const check = fc.constant(command("check the store", async (_, app) => void await assertConsistent(app)));

const commands = fc.commands(
  [
    ...[create, create, create, append, append, append, append, append, append, put, put, complete],
    ...[head, head, terminate, cancel, takeOver, takeOver, twins, twins, restart, check],
  ],
  { maxCommands: 60, size: "max" },
);

Deno.test("whichever protocols work on a session, in any order, it has the bytes of a simple model", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      await using app = await startApp({
        pawlJson: { limits: LIMITS, chunks: { min: 1024, default: 2048, max: 4096 } },
      });
      const model: Model = { sessions: [] };
      await fc.asyncModelRun(() => ({ model, real: app }), list);

      const { attachments } = await assertConsistent(app);
      for (const { id } of attachments) await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);
      for (const hours of [25, 8 * 24, 1]) await cleanUp(app, { hours });
      assert.deepEqual(await assertConsistent(app), {
        attachments: [],
        blobs: [],
        uploads: [],
        files: new Map(),
      });
    }),
    { numRuns: Number(Deno.env.get("PAWL_TEST_MODEL_RUNS") ?? 20) },
  );
});
