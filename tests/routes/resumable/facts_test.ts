/** IETF resumable uploads, interop version 8: the numbered facts of the draft, over a real socket. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ADMIN, ALICE, BOB, startApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { type Fields, metadata, tusClient } from "../../support/tus.ts";
import { until } from "../../support/upload_calls.ts";

const HELLO = new TextEncoder().encode("hello world");
const MIB = 2 ** 20;
const PARTIAL = "application/partial-upload";
const MISMATCH = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
const INCONSISTENT = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";
const NO_LIMITS = { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } };

const base64 = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest("base64");

async function start(pawlJson: Record<string, unknown> = {}) {
  const app = await startApp({ pawlJson: { ...NO_LIMITS, ...pawlJson } });
  const client = tusClient(app);
  const fields = (headers: Fields): Fields => ({
    "Tus-Resumable": null,
    "Upload-Draft-Interop-Version": "8",
    ...headers,
  });
  const send = (
    method: string,
    path: string,
    headers: Fields = {},
    body: Uint8Array<ArrayBuffer> | null = null,
  ) => client.send(method, path, { headers: fields(headers), body });
  const create = async (headers: Fields, body: Uint8Array<ArrayBuffer> | null = null) => {
    const answer = await send("POST", "/files", headers, body);
    assert.equal(answer.status, 201, answer.text);
    return answer.headers.get("Location")!;
  };
  const append = (
    path: string,
    { offset, complete, ...more }: { offset: number; complete: boolean } & Fields | {
      offset: number;
      complete: boolean;
    },
    body: Uint8Array<ArrayBuffer> | null = null,
  ) =>
    send("PATCH", path, {
      "Content-Type": PARTIAL,
      "Upload-Offset": String(offset),
      "Upload-Complete": complete ? "?1" : "?0",
      ...(more as Fields),
    }, body);
  return {
    app,
    client,
    send,
    create,
    append,
    fields,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await app[Symbol.asyncDispose]();
    },
  };
}

Deno.test("resumable uploads: limits and fields", async (t) => {
  await using of = await start({
    sessions: { expireHours: 2 },
    businessTypes: { General: { maxBytes: 10 * MIB } },
  });

  await t.step("fact 42: no interim answer is announced or sent, whatever the interop version", async () => {
    for (const version of ["3", "5", "6", "7", "8", null]) {
      const answer = await of.send("POST", "/files", {
        "Upload-Draft-Interop-Version": version,
        "Upload-Complete": "?1",
      }, HELLO);
      assert.deepEqual([answer.status, answer.headers.get("Upload-Complete")], [201, "?1"], `${version}`);
      assert.equal(answer.headers.get("Tus-Resumable"), null);
    }
  });

  await t.step("fact 42: what interop 3 calls incomplete does not become a file too early", async () => {
    const draft = { "Upload-Draft-Interop-Version": "3" };
    const path = await of.create({ ...draft, "Upload-Incomplete": "?1" }, HELLO);
    assert.equal((await of.send("HEAD", path, draft)).headers.get("Upload-Complete"), "?0");
    const last = { ...draft, "Content-Type": null, "Upload-Offset": "11", "Upload-Incomplete": "?0" };
    const answer = await of.send("PATCH", path, last, HELLO);
    assert.deepEqual([answer.status, JSON.parse(answer.text).size], [200, 22]);
  });

  await t.step("fact 43: a field of a wrong type is as good as absent", async () => {
    // Neither is a length then, so that it stays unknown.
    for (const length of ["?1", '"11"', "11.0", "-1", "1e3"]) {
      const path = await of.create({ "Upload-Complete": "?0", "Upload-Length": length });
      assert.equal((await of.send("HEAD", path)).headers.get("Upload-Length"), null, length);
    }
    const path = await of.create({ "Upload-Complete": "?0" });
    for (const offset of ["?1", '"0"', "0.0", "-1", "x"]) {
      const answer = await of.append(path, { offset: 0, complete: false, "Upload-Offset": offset }, HELLO);
      assert.deepEqual([answer.status, answer.code], [400, "invalid-header"], offset);
    }
    const answer = await of.append(path, { offset: 0, complete: false, "Upload-Complete": "1" }, HELLO);
    assert.deepEqual([answer.status, answer.code], [400, "invalid-header"]);
    assert.equal((await of.send("HEAD", path)).headers.get("Upload-Offset"), "0");
  });

  await t.step(
    "fact 44, 45: OPTIONS says the limits, computed from the configuration; parameters of fields do no harm",
    async () => {
      const widest = Math.max(...Object.values(of.app.config.businessTypes).map(({ maxBytes }) => maxBytes));
      const options = await of.send("OPTIONS", "/files");
      assert.deepEqual([options.status, options.headers.get("Upload-Limit")], [
        200,
        `max-size=${widest}, min-size=0, max-age=7200`,
      ]);
      const answer = await of.send("POST", "/files", { "Upload-Complete": "?0;a=1" });
      assert.equal(answer.status, 201);
    },
  );

  await t.step(
    "fact 44: during an upload the limits do not shrink, and its end is told in seconds",
    async () => {
      const path = await of.create({ "Upload-Complete": "?0", "Upload-Length": "22" });
      const limit = (await of.send("HEAD", path)).headers.get("Upload-Limit");
      assert.equal(limit, `max-size=${10 * MIB}, min-size=0, max-age=7200`);
      of.app.clock += 60_000;
      assert.match((await of.send("HEAD", path)).headers.get("Upload-Limit")!, /max-age=7140$/);
      assert.match(
        (await of.append(path, { offset: 0, complete: false }, HELLO)).headers.get("Upload-Limit")!,
        /max-age=72\d\d$/,
      );
    },
  );

  await t.step("fact 46: what is too large is 413 with the limit", async () => {
    const answer = await of.send("POST", "/files", {
      "Upload-Complete": "?0",
      "Upload-Length": String(11 * MIB),
    });
    assert.deepEqual([answer.status, answer.code], [413, "file-too-large"]);
    assert.equal(answer.headers.get("Upload-Limit"), `max-size=${10 * MIB}, min-size=0`);
  });
});

Deno.test("resumable uploads: creation", async (t) => {
  await using of = await start();

  await t.step("fact 47, 50: a whole file in one request is answered by what it became", async () => {
    const answer = await of.send("POST", "/files", {
      "Upload-Complete": "?1",
      "Content-Type": "text/plain",
      "Content-Disposition": "inline; filename*=UTF-8''%E4%B8%AD.txt",
    }, HELLO);
    assert.equal(answer.status, 201);
    const attachment = JSON.parse(answer.text);
    assert.deepEqual([attachment.fileName, attachment.contentType, attachment.size], [
      "中.txt",
      "text/plain",
      11,
    ]);
    assert.equal(answer.headers.get("Content-Location"), `/api/v1/attachments/${attachment.id}`);
    assert.equal(answer.headers.get("Pawl-Attachment-Id"), attachment.id);
    assert.deepEqual([answer.headers.get("Upload-Complete"), answer.headers.get("Upload-Offset")], [
      "?1",
      "11",
    ]);
    assert.deepEqual(await of.client.bytes(answer.headers.get("Location")!), HELLO);
  });

  await t.step("fact 49, 51: a first part is 201 with the address, the limit and ?0", async () => {
    const answer = await of.send("POST", "/files", { "Upload-Complete": "?0" }, HELLO);
    assert.equal(answer.status, 201);
    assert.match(answer.headers.get("Location")!, /^\/files\/[\w-]{22}$/);
    assert.deepEqual([answer.headers.get("Upload-Complete"), answer.headers.get("Upload-Offset")], [
      "?0",
      "11",
    ]);
    assert.match(answer.headers.get("Upload-Limit")!, /max-size=\d+, .*max-age=\d+/);
    assert.equal((await of.send("GET", answer.headers.get("Location")!)).status, 404);
  });

  await t.step("fact 52: an empty body with ?1 is an empty file, with ?0 a careful creation", async () => {
    const empty = await of.send("POST", "/files", { "Upload-Complete": "?1" });
    assert.deepEqual([empty.status, JSON.parse(empty.text).size], [201, 0]);
    const path = await of.create({ "Upload-Complete": "?0" });
    const { headers } = await of.send("HEAD", path);
    assert.deepEqual([headers.get("Upload-Offset"), headers.get("Upload-Complete")], ["0", "?0"]);
  });

  await t.step(
    "fact 53: without a name there is one; a hostile one harms nobody; encoded bytes stay as they are",
    async () => {
      for (
        const [type, ending] of [[null, ""], ["application/octet-stream", ".bin"], ["text/plain", ".txt"]]
      ) {
        const headers = { "Upload-Complete": "?1", "Content-Type": type! };
        const nameless = JSON.parse((await of.send("POST", "/files", headers, HELLO)).text);
        assert.match(nameless.fileName, /^upload \d{4}-\d\d-\d\d \d\d-\d\d-\d\d(\.\w+)?$/);
        assert.ok(nameless.fileName.endsWith(ending), nameless.fileName);
      }
      const described = await of.send("POST", "/files", {
        "Upload-Complete": "?1",
        "Content-Disposition": 'attachment; filename="b.txt"',
        "Upload-Metadata": metadata({ filename: "a.txt", businessId: "7", visibility: "users" }),
      }, HELLO);
      const { fileName, businessId, visibility } = JSON.parse(described.text);
      assert.deepEqual([fileName, businessId, visibility], ["b.txt", "7", "users"]);
      const hostile = await of.send("POST", "/files", {
        "Upload-Complete": "?1",
        "Content-Disposition": 'inline; filename="../../etc/passwd"',
        "Content-Encoding": "gzip",
      }, HELLO);
      assert.deepEqual([JSON.parse(hostile.text).fileName, JSON.parse(hostile.text).size], ["passwd", 11]);
      const broken = await of.send("POST", "/files", {
        "Upload-Complete": "?1",
        "Content-Disposition": ";;;",
      }, HELLO);
      assert.equal(broken.status, 201);
    },
  );

  await t.step("fact 54: of a creation that breaks off what came stays, and it is not complete", async () => {
    const bytes = randomBytes(MIB, { seed: 54 });
    const connection = await of.client.begin(
      "POST",
      "/files",
      of.fields({
        "Upload-Complete": "?1",
        "Content-Length": String(2 * MIB),
        "Upload-Length": String(2 * MIB),
        "Content-Disposition": 'inline; filename="broken.bin"',
      }),
    );
    await connection.send(bytes);
    connection[Symbol.dispose]();
    const broken = async () => {
      const { body } = await of.app.json("GET", "/api/v1/uploads");
      return body.items.find(({ fileName }: { fileName: string }) => fileName === "broken.bin");
    };
    await until(async () => await broken() !== undefined);
    const { id, receivedBytes, status } = await broken();
    assert.deepEqual([receivedBytes, status], [MIB, "uploading"]);
    const { headers } = await of.send("HEAD", `/files/${id}`);
    assert.deepEqual([headers.get("Upload-Offset"), headers.get("Upload-Complete")], [String(MIB), "?0"]);
  });
});

Deno.test("resumable uploads: offset and append", async (t) => {
  await using of = await start();

  await t.step(
    "fact 55, 56: HEAD tells the offset that the next append must have, and is not kept by caches",
    async () => {
      const path = await of.create({ "Upload-Complete": "?0", "Upload-Length": "22" }, HELLO);
      const { status, headers } = await of.send("HEAD", path);
      assert.equal(status, 204);
      assert.deepEqual(
        ["Upload-Offset", "Upload-Complete", "Upload-Length", "Cache-Control"].map((name) =>
          headers.get(name)
        ),
        ["11", "?0", "22", "no-store"],
      );
      assert.equal((await of.append(path, { offset: 11, complete: false }, HELLO.slice(0, 3))).status, 204);
      assert.equal((await of.send("HEAD", path)).headers.get("Upload-Offset"), "14");
      // Some clients repeat what they know.
      assert.equal(
        (await of.send("HEAD", path, { "Upload-Offset": "3", "Upload-Complete": "?0" })).status,
        204,
      );
    },
  );

  await t.step(
    "fact 57: an append has its own media type; those of interop 5 and before may leave it out",
    async () => {
      const path = await of.create({ "Upload-Complete": "?0" });
      for (const type of ["application/octet-stream", "application/offset+octet-stream", null]) {
        const answer = await of.append(path, { offset: 0, complete: false, "Content-Type": type }, HELLO);
        assert.deepEqual([answer.status, answer.code], [415, "unsupported-media-type"], `${type}`);
      }
      for (const [n, version] of ["3", "4", "5"].entries()) {
        const old = { "Content-Type": null, "Upload-Draft-Interop-Version": version };
        const answer = await of.append(path, { offset: n * HELLO.length, complete: false, ...old }, HELLO);
        assert.equal(answer.status, 204);
      }
    },
  );

  await t.step("fact 58: a wrong offset is 409 with the true one, in the draft's words", async () => {
    const path = await of.create({ "Upload-Complete": "?0" }, HELLO);
    const answer = await of.append(path, { offset: 3, complete: false }, HELLO);
    assert.equal(answer.status, 409);
    assert.deepEqual([answer.headers.get("Upload-Offset"), answer.headers.get("Upload-Complete")], [
      "11",
      "?0",
    ]);
    const { type, "expected-offset": expected, "provided-offset": provided, code } = JSON.parse(answer.text);
    assert.deepEqual([type, expected, provided, code], [MISMATCH, 11, 3, "offset-mismatch"]);
    assert.equal((await of.send("HEAD", path)).headers.get("Upload-Offset"), "11");
  });

  await t.step("fact 59: the last append is answered by what the upload became", async () => {
    const path = await of.create({ "Upload-Complete": "?0" }, HELLO);
    const part = await of.append(path, { offset: 11, complete: false }, HELLO);
    assert.deepEqual([part.status, part.headers.get("Upload-Complete"), part.headers.get("Upload-Offset")], [
      204,
      "?0",
      "22",
    ]);
    const last = await of.append(path, { offset: 22, complete: true }, HELLO);
    assert.deepEqual([last.status, last.headers.get("Upload-Complete"), last.headers.get("Upload-Offset")], [
      200,
      "?1",
      "33",
    ]);
    assert.equal(JSON.parse(last.text).size, 33);
    assert.equal((await of.client.bytes(path)).length, 33);
  });

  await t.step("fact 60: an empty append with ?1 completes what is all there", async () => {
    const path = await of.create({ "Upload-Complete": "?0" }, HELLO);
    const answer = await of.append(path, { offset: 11, complete: true });
    assert.deepEqual([answer.status, answer.headers.get("Upload-Complete")], [200, "?1"]);
  });

  await t.step("fact 61: all accounts of the length must agree, else 400 in the draft's words", async () => {
    const twice = await of.send("POST", "/files", { "Upload-Complete": "?1", "Upload-Length": "12" }, HELLO);
    assert.deepEqual([twice.status, JSON.parse(twice.text).type], [400, INCONSISTENT]);
    const path = await of.create({ "Upload-Complete": "?0", "Upload-Length": "20" }, HELLO);
    const other = await of.append(
      path,
      { offset: 11, complete: false, "Upload-Length": "21" },
      HELLO.slice(0, 1),
    );
    assert.deepEqual([other.status, JSON.parse(other.text).type], [400, INCONSISTENT]);
    const early = await of.append(path, { offset: 11, complete: true }, HELLO.slice(0, 8));
    assert.deepEqual([early.status, JSON.parse(early.text).type], [400, INCONSISTENT]);
    assert.equal((await of.send("HEAD", path)).headers.get("Upload-Offset"), "11");
    assert.equal((await of.append(path, { offset: 11, complete: true }, HELLO.slice(0, 9))).status, 200);
  });

  await t.step(
    "fact 62: of unknown length only ?1 ends an upload; of known length its last byte does",
    async () => {
      const unknown = await of.create({ "Upload-Complete": "?0" }, HELLO);
      assert.equal((await of.send("HEAD", unknown)).headers.get("Upload-Complete"), "?0");
      const known = await of.create({ "Upload-Complete": "?0", "Upload-Length": "11" });
      const answer = await of.append(known, { offset: 0, complete: false }, HELLO);
      assert.deepEqual([answer.status, answer.headers.get("Upload-Complete")], [200, "?1"]);
    },
  );

  await t.step("fact 63: more bytes than the length are refused, and the upload is gone", async () => {
    const path = await of.create({ "Upload-Complete": "?0", "Upload-Length": "15" }, HELLO);
    const answer = await of.append(path, { offset: 11, complete: false }, HELLO);
    assert.deepEqual([answer.status, answer.code], [413, "body-too-large"]);
    assert.equal((await of.send("HEAD", path)).status, 410);
  });

  await t.step(
    "fact 64: an append to a complete upload replays the answer if it is right, else fails with ?0",
    async () => {
      const path = await of.create({ "Upload-Complete": "?1" }, HELLO);
      const again = await of.append(path, { offset: 11, complete: true });
      assert.deepEqual([again.status, again.headers.get("Upload-Complete"), JSON.parse(again.text).size], [
        200,
        "?1",
        11,
      ]);
      const wrong = await of.append(path, { offset: 5, complete: true }, HELLO);
      assert.deepEqual([wrong.status, wrong.headers.get("Upload-Complete")], [409, "?0"]);
      assert.equal((await of.append(path, { offset: 11, complete: true }, HELLO)).status, 400);
      assert.equal((await of.append(path, { offset: 11, complete: false }, HELLO)).status, 413);
      assert.deepEqual(await of.client.bytes(path), HELLO);
    },
  );
});

Deno.test("resumable uploads: ends, rivals and digests", async (t) => {
  await using of = await start();

  await t.step("fact 66: DELETE stops what runs; the address is gone afterwards", async () => {
    const path = await of.create({ "Upload-Complete": "?0" }, HELLO);
    const running = await of.client.begin(
      "PATCH",
      path,
      of.fields({
        "Content-Type": PARTIAL,
        "Upload-Offset": "11",
        "Upload-Complete": "?0",
        "Content-Length": "1000",
      }),
    );
    await running.send("abc");
    assert.equal((await of.send("DELETE", path)).status, 204);
    assert.equal((await running.response())?.status, 410);
    running[Symbol.dispose]();
    for (const method of ["HEAD", "DELETE"]) {
      assert.ok([404, 410].includes((await of.send(method, path)).status), method);
    }
    assert.ok([404, 410].includes((await of.append(path, { offset: 11, complete: true })).status));
  });

  await t.step(
    "fact 67: a newer append ends the older one at once, and no byte is lost or doubled",
    async () => {
      const path = await of.create({ "Upload-Complete": "?0" });
      const bytes = randomBytes(3 * MIB, { seed: 67 });
      const older = await of.client.begin(
        "PATCH",
        path,
        of.fields({
          "Content-Type": PARTIAL,
          "Upload-Offset": "0",
          "Upload-Complete": "?0",
          "Content-Length": String(bytes.length),
        }),
      );
      await older.send(bytes.slice(0, MIB));
      // HEAD has what came so far made safe.
      let offset = 0;
      await until(async () => {
        offset = Number((await of.send("HEAD", path)).headers.get("Upload-Offset"));
        return offset === MIB;
      });
      const newer = await of.append(path, { offset, complete: true }, bytes.slice(offset));
      assert.equal(newer.status, 200, newer.text);
      assert.equal((await older.response())?.status, 409);
      older[Symbol.dispose]();
      assert.deepEqual(await of.client.bytes(path), bytes);
    },
  );

  await t.step("fact 68: nothing is answered by a redirect", async () => {
    const path = await of.create({ "Upload-Complete": "?0" });
    for (const method of ["HEAD", "DELETE"]) {
      const { status } = await of.send(method, path);
      assert.ok(status < 300 || status >= 400);
    }
  });

  await t.step("fact 69: a wrong Content-Digest keeps nothing of its request", async () => {
    const path = await of.create({ "Upload-Complete": "?0" });
    const wrong = { "Content-Digest": `sha-256=:${base64("sha256", new Uint8Array(3))}:` };
    const answer = await of.append(path, { offset: 0, complete: false, ...wrong }, HELLO);
    assert.deepEqual([answer.status, answer.code], [422, "digest-mismatch"]);
    assert.equal((await of.send("HEAD", path)).headers.get("Upload-Offset"), "0");
    const right = { "Content-Digest": `sha-512=:${base64("sha512", HELLO)}:` };
    assert.equal((await of.append(path, { offset: 0, complete: false, ...right }, HELLO)).status, 204);
  });

  await t.step("fact 69: Repr-Digest is of the whole, checked at the end, and told at the end", async () => {
    const whole = new Uint8Array([...HELLO, ...HELLO]);
    const digest = `sha-256=:${base64("sha256", whole)}:`;
    const path = await of.create({ "Upload-Complete": "?0", "Repr-Digest": digest }, HELLO);
    const last = await of.append(path, { offset: 11, complete: true }, HELLO);
    assert.deepEqual([last.status, last.headers.get("Repr-Digest")], [200, digest]);
    const other = await of.create({ "Upload-Complete": "?0", "Repr-Digest": digest }, HELLO);
    const failed = await of.append(other, { offset: 11, complete: true }, HELLO.slice(1));
    assert.deepEqual([failed.status, failed.code], [422, "upload-failed"]);
    assert.equal((await of.send("HEAD", other)).status, 422);
    // Of the whole only SHA-256 is known without reading it again.
    const md5 = { "Upload-Complete": "?1", "Repr-Digest": `md5=:${base64("md5", whole)}:` };
    assert.equal((await of.send("POST", "/files", md5, HELLO)).status, 201);
  });

  await t.step("fact 70: addresses cannot be guessed, and every verb is for the owner", async () => {
    const path = await of.create({ "Upload-Complete": "?0" }, HELLO);
    for (const user of [BOB, null]) {
      const call = { headers: of.fields({}), user };
      const statuses = [
        (await of.client.send("HEAD", path, call)).status,
        (await of.client.send("DELETE", path, call)).status,
        (await of.client.send("PATCH", path, {
          ...call,
          body: HELLO,
          headers: of.fields({ "Content-Type": PARTIAL, "Upload-Offset": "11", "Upload-Complete": "?1" }),
        })).status,
      ];
      assert.deepEqual(statuses, user === null ? [401, 401, 401] : [404, 404, 404]);
    }
    const admin = await of.client.send("HEAD", path, { headers: of.fields({}), user: ADMIN });
    assert.equal(admin.status, 204);
    assert.equal((await of.client.send("HEAD", path, { headers: of.fields({}), user: ALICE })).status, 204);
  });

  await t.step("fact 71: every success of an append tells the offset", async () => {
    const path = await of.create({ "Upload-Complete": "?0", "Upload-Draft-Interop-Version": "6" });
    const version = { "Upload-Draft-Interop-Version": "6" };
    const part = await of.append(path, { offset: 0, complete: false, ...version }, HELLO);
    const last = await of.append(path, { offset: 11, complete: true, ...version }, HELLO);
    assert.deepEqual([part, last].map(({ headers }) => headers.get("Upload-Offset")), ["11", "22"]);
  });

  await t.step("fact 72: what iOS sends, one POST with ?1 and its length, becomes a file", async () => {
    const answer = await of.send("POST", "/files", {
      "Upload-Complete": "?1",
      "Upload-Length": "11",
      "Content-Type": "application/octet-stream",
    }, HELLO);
    assert.deepEqual([answer.status, answer.headers.get("Upload-Complete")], [201, "?1"]);
  });
});
