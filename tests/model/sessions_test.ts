import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { expireUploads, sweepBlobs } from "../../services/cleanup.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import * as m from "./session_model.ts";

type Command = fc.AsyncCommand<m.Model, TestApp>;

const SIZES = [0, 1024, 3000, 5000, 5000, 8193];
/** None of their sums comes close behind an expiry, where progress that was stored coarsely would show. */
const STEPS_MS = [1000, 5 * 60_000, 11 * 60_000, 11 * 60_000, 13 * 3_600_000, 25 * 3_600_000, 8 * 86_400_000];
const contentOf = (size: number, seed: number) => randomBytes(size, { seed: seed + size });

/** A picked one of `list`, whatever its length; undefined when it is empty. */
const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

/** Mostly an open session, sometimes one that has ended. */
function pickSession(model: m.Model, index: number): m.SessionModel | undefined {
  const open = model.sessions.filter((session) => m.closedBecause(model, session) === null);
  return pick(index > 18 || open.length === 0 ? model.sessions : open, index);
}

function command(name: string, run: (model: m.Model, app: TestApp) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, app) {
      await run(model, app);
      await compare(model, app);
    },
    toString: () => name,
  };
}

/** Everything that the server shows is what the model has. */
async function compare(model: m.Model, app: TestApp): Promise<void> {
  for (const session of model.sessions) {
    const { status, body } = await app.json("GET", `/api/v1/uploads/${session.id}`);
    const closed = m.closedBecause(model, session);
    if (session.status !== "completed" && closed !== null) {
      assert.equal(body.code, closed, session.id);
      continue;
    }
    assert.equal(status, 200);
    assert.equal(body.status, session.status);
    assert.equal(body.attachmentId, session.attachmentId);
    assert.deepEqual(body.received, m.spans(session.mask, 1));
    assert.equal(body.receivedBytes, session.mask.reduce((sum, bit) => sum + bit, 0));
    assert.equal(body.sha256, session.sha256);
    if (session.status === "uploading") {
      assert.ok(m.promise(session, Date.parse(body.expiresAt)), body.expiresAt);
    }
  }
  const open = model.sessions.filter((session) => m.closedBecause(model, session) === null);
  const listed = await app.json("GET", "/api/v1/uploads?limit=100");
  assert.deepEqual(
    listed.body.items.map(({ id }: { id: string }) => id).toSorted(),
    open.map(({ id }) => id).toSorted(),
  );
  for (const state of ["live", "deleted"]) {
    const { body } = await app.json("GET", `/api/v1/attachments?limit=100&state=${state}`);
    const expected = model.attachments.filter(({ deleted }) => deleted === (state === "deleted"));
    assert.deepEqual(
      body.items.map(({ id }: { id: string }) => id).toSorted(),
      expected.map(({ id }) => id).toSorted(),
    );
  }
}

function addAttachment(model: m.Model, id: string, bytes: Uint8Array): void {
  assert.ok(model.attachments.every((other) => other.id !== id), "a new attachment has an id of its own");
  model.attachments.push({ id, bytes: bytes.slice(), deleted: false });
}

/** In pieces as a connection gives them; breaks after `breaksAt` bytes. */
function bodyStream(
  bytes: Uint8Array<ArrayBuffer>,
  breaksAt: number | null,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  const size = breaksAt ?? bytes.length;
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      if (sent < size) {
        controller.enqueue(bytes.slice(sent, size));
        sent = size;
      } else if (breaksAt !== null) controller.error(new Error("the connection broke"));
      else {
        controller.close();
        controller.byobRequest?.respond(0);
      }
    },
  });
}

const contentDigest = (bytes: Uint8Array, algorithm: "sha-256" | "sha-512" | "md5") =>
  `${algorithm}=:${createHash(algorithm.replace("-", "")).update(bytes).digest("base64")}:`;

const open = fc.record({
  size: fc.constantFrom(...SIZES),
  seed: fc.constantFrom(0, 0, 0, 1),
  sha256: fc.constantFrom("none", "right", "right", "wrong"),
  fingerprint: fc.constantFrom(null, null, "a", "b"),
  forceNew: fc.constantFrom(false, false, false, true),
}).map((of) =>
  command(`open ${JSON.stringify(of)}`, async (model, app) => {
    const content = contentOf(of.size, of.seed);
    const right = m.sha256Of(content);
    const intent: m.OpenIntent = {
      content,
      sha256: of.sha256 === "none" ? null : of.sha256 === "right" ? right : m.sha256Of(contentOf(9, 9)),
      fingerprint: of.fingerprint,
      forceNew: of.forceNew,
    };
    const expected = m.expectOpen(model, intent);
    const { sha256, fingerprint, forceNew } = intent;
    const { status, body } = await app.json("POST", "/api/v1/uploads", {
      body: {
        fileName: "file.bin",
        size: of.size,
        forceNew,
        ...(sha256 === null ? {} : { sha256 }),
        ...(fingerprint === null ? {} : { fingerprint }),
      },
    });
    if (expected.kind === "instant") {
      assert.equal(status, 200);
      assert.equal(body.attachment?.sha256, sha256);
      addAttachment(model, body.attachment.id, expected.of.bytes);
    } else if (expected.kind === "found") {
      assert.equal(status, 200);
      assert.equal(body.id, expected.session.id);
      m.adopt(model, expected.session, intent);
    } else {
      assert.equal(status, 201);
      assert.ok(model.sessions.every(({ id }) => id !== body.id), "a new session has an id of its own");
      m.addSession(model, body.id, intent);
    }
  })
);

const put = fc.record(
  {
    session: fc.nat(20),
    /** Where, in eighths of the file and bytes beside that. */
    eighth: fc.nat(8),
    beside: fc.constantFrom(0, 0, 0, 1, 100),
    /** 0: to the end of the file. */
    length: fc.constantFrom(0, 0, 0, 1, 1024, 1500, 2048, 4096, 4097),
    sized: fc.boolean(),
    digest: fc.constantFrom("none", "none", "right", "wrong"),
    algorithm: fc.constantFrom("sha-256", "sha-512", "md5"),
    otherByte: fc.constantFrom(false, false, false, true),
    breaks: fc.constantFrom(false, false, false, true),
  } as const,
).map((of) =>
  command(`put ${JSON.stringify(of)}`, async (model, app) => {
    const session = pickSession(model, of.session);
    if (!session) return;
    const { content } = session;
    const offset = Math.floor(content.length * of.eighth / 8) + of.beside;
    const length = of.length || Math.max(1, content.length - offset);
    const body = new Uint8Array(length).fill(7);
    body.set(content.subarray(offset, offset + length));
    if (of.otherByte) body[length >> 1]! ^= 1;
    const breaksAt = of.breaks ? length >> 1 : null;
    const expected = m.putChunk(model, session, { ...of, offset, body, breaksAt });
    const headers = new Headers();
    if (of.sized) headers.set("Content-Length", String(length));
    if (of.digest !== "none") {
      const digested = of.digest === "right" ? body : Uint8Array.of(...body, 1);
      headers.set("Content-Digest", contentDigest(digested, of.algorithm));
    }
    const response = await app.request(`/api/v1/uploads/${session.id}/chunks/${offset}`, {
      method: "PUT",
      headers,
      body: bodyStream(body, breaksAt),
    });
    const answer = await response.json();
    assert.equal(answer.code ?? null, expected, answer.detail);
    if (expected === null) {
      assert.equal(answer.receivedBytes, session.mask.reduce((sum, bit) => sum + bit, 0));
      assert.ok(m.promise(session, Date.parse(answer.expiresAt)), answer.expiresAt);
    }
  })
);

/** Sends what is missing, so that sessions come to their end. */
const fill = fc.nat(20).map((index) =>
  command(`fill ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (!session || m.closedBecause(model, session) !== null) return;
    for (const { offset, size } of m.spans(session.mask, 0)) {
      for (let at = offset; at < offset + size; at += m.CHUNKS.max) {
        const body = session.content.slice(at, Math.min(at + m.CHUNKS.max, offset + size));
        const expected = m.putChunk(model, session, {
          offset: at,
          body,
          sized: false,
          digest: "none",
          breaksAt: null,
        });
        const { status } = await app.request(`/api/v1/uploads/${session.id}/chunks/${at}`, {
          method: "PUT",
          body,
        });
        assert.equal(status === 200, expected === null, `${status}, not ${expected}`);
      }
    }
  })
);

const complete = fc.record({
  session: fc.nat(20),
  sha256: fc.constantFrom("none", "none", "none", "right", "wrong"),
}).map((of) =>
  command(`complete ${JSON.stringify(of)}`, async (model, app) => {
    const session = pickSession(model, of.session);
    if (!session) return;
    const sha256 = of.sha256 === "none"
      ? null
      : m.sha256Of(of.sha256 === "right" ? session.bytes : contentOf(9, 9));
    const { status, body } = await app.json("POST", `/api/v1/uploads/${session.id}/complete`, {
      ...(sha256 !== null && { body: { sha256 } }),
    });
    const closed = m.closedBecause(model, session);
    if (session.status === "completed") {
      if (model.attachments.every(({ id }) => id !== session.attachmentId)) {
        assert.equal(body.code, "not-found");
      } else if (!m.digestHolds(session, sha256)) {
        assert.equal(body.code, "digest-mismatch");
      } else assert.deepEqual([status, body.id], [200, session.attachmentId]);
    } else if (closed !== null) {
      assert.equal(body.code, closed);
    } else if (!m.isWhole(session)) {
      assert.equal(body.code, "upload-incomplete");
      assert.deepEqual(body.missing, m.spans(session.mask, 0));
    } else if (!m.digestHolds(session, sha256)) {
      assert.equal(body.code, "digest-mismatch");
      m.end(model, session, "failed");
    } else {
      assert.equal(status, 201);
      m.end(model, session, "completed");
      session.attachmentId = body.id;
      addAttachment(model, body.id, session.bytes);
    }
  })
);

const cancel = fc.nat(60).map((index) =>
  command(`cancel ${index}`, async (model, app) => {
    const session = pickSession(model, index);
    if (!session) return;
    const { status, body } = await app.json("DELETE", `/api/v1/uploads/${session.id}`);
    if (session.status === "completed") assert.equal(body.code, "upload-ended");
    else if (session.status === "forgotten") assert.equal(body.code, "not-found");
    else {
      assert.equal(status, 204);
      if (session.status === "uploading") m.end(model, session, "cancelled");
    }
  })
);

const wholeFile = fc.record({
  size: fc.constantFrom(...SIZES),
  seed: fc.constantFrom(0, 0, 0, 1),
  digest: fc.constantFrom("none", "right", "wrong"),
  breaks: fc.constantFrom(false, false, true),
}).map((of) =>
  command(`whole file ${JSON.stringify(of)}`, async (model, app) => {
    const bytes = contentOf(of.size, of.seed);
    const headers = new Headers();
    if (of.digest !== "none") {
      const digested = of.digest === "right" ? bytes : Uint8Array.of(...bytes, 1);
      headers.set("Content-Digest", contentDigest(digested, "sha-256"));
    }
    const response = await app.request("/api/v1/files/file.bin", {
      method: "PUT",
      headers,
      body: bodyStream(bytes, of.breaks ? of.size >> 1 : null),
    });
    const body = await response.json();
    if (of.breaks) assert.equal(body.code, "body-incomplete");
    else if (of.digest === "wrong") assert.equal(body.code, "digest-mismatch");
    else {
      assert.equal(response.status, 201);
      addAttachment(model, body.id, bytes);
    }
  })
);

const download = fc.record({
  attachment: fc.nat(20),
  from: fc.nat(9000),
  length: fc.integer({ min: 1, max: 9000 }),
})
  .map((of) =>
    command(`download ${JSON.stringify(of)}`, async (model, app) => {
      const attachment = pick(model.attachments, of.attachment);
      if (!attachment) return;
      const { id, bytes } = attachment;
      const url = `/api/v1/attachments/${id}/content`;
      const whole = await app.request(url);
      assert.equal(whole.status, 200);
      assert.deepEqual(await whole.bytes(), bytes.slice());
      const part = await app.request(url, {
        headers: { Range: `bytes=${of.from}-${of.from + of.length - 1}` },
      });
      const received = await part.bytes();
      assert.equal(part.status, of.from < bytes.length ? 206 : 416);
      if (part.status === 206) assert.deepEqual(received, bytes.slice(of.from, of.from + of.length));
    })
  );

const remove = fc.record({ attachment: fc.nat(20), how: fc.constantFrom("bin", "restore", "purge", "purge") })
  .map(
    ({ attachment: index, how }) =>
      command(`${how} ${index}`, async (model, app) => {
        const attachment = pick(model.attachments, index);
        if (!attachment) return;
        const url = `/api/v1/attachments/${attachment.id}`;
        const { status } = how === "restore"
          ? await app.json("POST", `${url}/restore`)
          : await app.json("DELETE", how === "purge" ? `${url}?permanent=true` : url);
        assert.equal(status, how === "restore" ? 200 : 204);
        if (how === "purge") model.attachments.splice(model.attachments.indexOf(attachment), 1);
        else attachment.deleted = how === "bin";
      }),
  );

const advance = fc.constantFrom(...STEPS_MS).map((ms) =>
  command(`wait ${ms / 1000} s`, (model, app) => {
    model.now += ms;
    app.clock += ms;
    return Promise.resolve();
  })
);

const sweep = fc.constant(command("sweep", async (_, app) => void await sweepBlobs(app.services.core)));

const expire = fc.constant(command("expire", async (model, app) => {
  await expireUploads(app.services.core);
  m.expire(model);
}));

const restart = fc.constant(command("restart", async (model, app) => {
  await app.restart();
  await app.services.core.background.settled();
  for (const session of m.restart(model)) {
    const { body } = await app.json("GET", `/api/v1/uploads/${session.id}`);
    session.attachmentId = body.attachmentId;
    addAttachment(model, body.attachmentId, session.bytes);
  }
}));

const check = fc.constant(command("check the store", async (_, app) => void await assertConsistent(app)));

const commands = fc.commands(
  // Each is as likely as any other, so that what is named more often happens more often.
  [
    ...[open, open, open, put, put, put, put, put, put, put, put, fill, complete, complete, complete],
    ...[cancel, wholeFile, download, remove, remove, advance, sweep, expire, restart, check],
  ],
  { maxCommands: 80, size: "max" },
);

Deno.test("whatever happens to sessions and files, in any order, the server shows what a simple model says", async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (list) => {
      await using app = await startApp({ pawlJson: { chunks: m.CHUNKS } });
      const model = m.newModel(app.clock);
      await fc.asyncModelRun(() => ({ model, real: app }), list);

      const { attachments } = await assertConsistent(app);
      assert.equal(attachments.length, model.attachments.length);
      for (const { id, bytes } of model.attachments) {
        const response = await app.request(`/api/v1/attachments/${id}/content`);
        assert.deepEqual(await response.bytes(), bytes.slice());
      }
      // Everybody gone and all times over, nothing is left.
      for (const { id } of model.attachments) {
        await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);
      }
      for (const hours of [25, 8 * 24, 1]) await cleanUp(app, { hours });
      const left = await assertConsistent(app);
      assert.deepEqual(left, { attachments: [], blobs: [], uploads: [], files: new Map() });
    }),
    { numRuns: Number(Deno.env.get("PAWL_TEST_MODEL_RUNS") ?? 30) },
  );
});
