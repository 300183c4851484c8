/** tus 1.0.0, core: the numbered facts of the protocol, over a real socket. */
import assert from "node:assert/strict";
import { startApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { metadata, OFFSET_BYTES, tusClient } from "../../support/tus.ts";
import { until } from "../../support/upload_calls.ts";

const TEXT = new TextEncoder();
const HELLO = TEXT.encode("hello world");
const UNKNOWN = "/files/AAAAAAAAAAAAAAAAAAAAAA";

Deno.test("tus core: versions, offsets and what a PATCH does", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const created = () =>
    tus.create({ "Upload-Length": "11", "Upload-Metadata": metadata({ filename: "a.txt" }) });

  await t.step("fact 1: every answer carries Tus-Resumable, refusals too", async () => {
    const path = await created();
    const answers = [
      await tus.head(path),
      await tus.patch(path, 0, HELLO),
      await tus.head(path),
      await tus.patch(path, 3, HELLO),
      await tus.head(UNKNOWN),
      await tus.send("POST", "/files", { headers: {} }),
      await tus.send("POST", "/files", { headers: { "Upload-Length": "1" }, user: null }),
      await tus.send("POST", "/files", { headers: { "Upload-Length": "1", "Authorization": "Bearer no" } }),
      await tus.send("PUT", "/files"),
      await tus.send("OPTIONS", "/files"),
      await tus.send("DELETE", path),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [
      200,
      204,
      200,
      409,
      404,
      400,
      401,
      401,
      405,
      200,
      204,
    ]);
    for (const { headers, status } of answers) {
      assert.equal(headers.get("Tus-Resumable"), "1.0.0", `${status}`);
    }
  });

  await t.step("fact 2: a missing or other version is 412 for every verb, and nothing happens", async () => {
    const path = await created();
    for (const version of [null, "0.2.2", "1.0.1", "1.0.0, 1.0.0", ""]) {
      const headers = { "Tus-Resumable": version };
      const answers = [
        await tus.head(path, { headers }),
        await tus.send("POST", "/files", { headers: { ...headers, "Upload-Length": "1" } }),
        await tus.patch(path, 0, HELLO, { headers }),
        await tus.send("DELETE", path, { headers }),
      ];
      for (const { status, headers, code } of answers) {
        assert.equal(status, 412);
        assert.equal(headers.get("Tus-Version"), "1.0.0");
        assert.equal(headers.get("Tus-Resumable"), "1.0.0");
        assert.ok(code === "tus-version" || code === null);
      }
    }
    assert.equal(await tus.offset(path), 0);
  });

  await t.step("fact 3: OPTIONS ignores the version and says what there is", async () => {
    for (const path of ["/files", await created(), UNKNOWN]) {
      for (const version of [null, "9.9.9"]) {
        const { status, headers, text } = await tus.send("OPTIONS", path, {
          headers: { "Tus-Resumable": version },
          user: null,
        });
        assert.deepEqual([status, text], [200, ""]);
        assert.equal(headers.get("Tus-Version"), "1.0.0");
        assert.equal(
          headers.get("Tus-Extension"),
          "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination," +
            "concatenation,concatenation-unfinished",
        );
      }
    }
  });

  await t.step("fact 4: Tus-Version is a list without blanks", async () => {
    const { headers } = await tus.send("OPTIONS", "/files");
    assert.match(headers.get("Tus-Version")!, /^\d+\.\d+\.\d+(,\d+\.\d+\.\d+)*$/);
  });

  await t.step("fact 5: Tus-Max-Size is the most that any upload may have", async () => {
    const { headers } = await tus.send("OPTIONS", "/files");
    const max = Number(headers.get("Tus-Max-Size"));
    assert.equal(max, 64 * 2 ** 30);
    await tus.create({ "Upload-Length": String(max) });
    const { status } = await tus.send("POST", "/files", { headers: { "Upload-Length": String(max + 1) } });
    assert.equal(status, 413);
  });

  await t.step("fact 6: lengths and offsets are plain decimal numbers", async () => {
    const path = await created();
    for (const wrong of ["-1", "1.5", "+1", "0x10", "", "9007199254740993", "1e3", "01", "1,1", "abc"]) {
      const post = await tus.send("POST", "/files", { headers: { "Upload-Length": wrong } });
      const patch = await tus.patch(path, wrong, HELLO);
      const length = await tus.patch(path, 0, HELLO, { headers: { "Upload-Length": wrong } });
      assert.deepEqual([post.status, patch.status, length.status], [400, 400, 400], wrong);
    }
    assert.equal(await tus.offset(path), 0);
  });

  await t.step("fact 7: X-HTTP-Method-Override names the method that is meant", async () => {
    const path = await created();
    const as = (method: string) => ({ "X-HTTP-Method-Override": method });
    const patched = await tus.send("POST", path, {
      headers: { ...as("PATCH"), "Content-Type": OFFSET_BYTES, "Upload-Offset": "0" },
      body: HELLO.slice(0, 5),
    });
    assert.deepEqual([patched.status, patched.headers.get("Upload-Offset")], [204, "5"]);
    const head = await tus.send("POST", path, { headers: as("HEAD") });
    assert.deepEqual([head.status, head.headers.get("Upload-Offset"), head.text], [200, "5", ""]);
    const options = await tus.send("GET", path, { headers: { ...as("options"), "Tus-Resumable": null } });
    assert.deepEqual([options.status, options.headers.get("Tus-Version")], [200, "1.0.0"]);
    const version = await tus.send("GET", path, { headers: { ...as("DELETE"), "Tus-Resumable": null } });
    assert.equal(version.status, 412);
    const anonymous = await tus.send("GET", path, { headers: as("DELETE"), user: null });
    assert.equal(anonymous.status, 401);
    const wrong = await tus.send("PATCH", path, { headers: as("PUT") });
    assert.deepEqual([wrong.status, wrong.headers.get("Allow")], [405, "DELETE, GET, HEAD, OPTIONS, PATCH"]);
    assert.equal((await tus.patch(path, 5, HELLO.slice(5))).status, 204);
    const range = { ...as("GET"), "Range": "bytes=1-3" };
    const got = await tus.send("POST", path, { headers: range });
    assert.deepEqual([got.status, got.text], [206, new TextDecoder().decode(HELLO.slice(1, 4))]);
    const known = await tus.send("POST", path, { headers: { ...as("GET"), "If-None-Match": "*" } });
    assert.equal(known.status, 304);
    assert.equal((await tus.send("POST", path, { headers: as("DELETE") })).status, 204);
    assert.equal((await tus.head(path)).status, 410);
  });

  await t.step(
    "fact 8: HEAD gives the offset, at the start, midway and at the end, and is not stored",
    async () => {
      const path = await created();
      for (const [offset, end] of [[0, 4], [4, 11], [11, 11]] as const) {
        const { status, headers } = await tus.head(path);
        assert.equal(status, 200);
        assert.equal(headers.get("Upload-Offset"), String(offset));
        assert.equal(headers.get("Upload-Length"), "11");
        assert.equal(headers.get("Cache-Control"), "no-store");
        if (offset < end) assert.equal((await tus.patch(path, offset, HELLO.slice(offset, end))).status, 204);
      }
    },
  );

  await t.step(
    "fact 9: HEAD of what is not there, or not the caller's, is 404 without an offset",
    async () => {
      const theirs = await created();
      for (const path of [UNKNOWN, "/files/no-id", theirs]) {
        const { status, headers } = await tus.head(path, { user: { sub: "bob" } });
        assert.deepEqual([status, headers.get("Upload-Offset")], [404, null]);
      }
    },
  );

  await t.step("fact 10: a PATCH of any other content type is 415", async () => {
    const path = await created();
    for (const type of [null, "application/octet-stream", "text/plain", "application/offset"]) {
      const { status, code } = await tus.patch(path, 0, HELLO, { headers: { "Content-Type": type } });
      assert.deepEqual([status, code], [415, "unsupported-media-type"]);
    }
    assert.equal(await tus.offset(path), 0);
    const { status } = await tus.patch(path, 0, HELLO, {
      headers: { "Content-Type": "Application/Offset+Octet-Stream; charset=binary" },
    });
    assert.equal(status, 204);
  });

  await t.step("fact 11: a wrong offset is 409 with the true one, and changes nothing", async () => {
    const path = await created();
    await tus.patch(path, 0, HELLO.slice(0, 5));
    for (const wrong of [0, 4, 6, 11, 12, 2 ** 53 - 1]) {
      const { status, headers, code } = await tus.patch(path, wrong, HELLO.slice(5));
      assert.deepEqual([status, code, headers.get("Upload-Offset")], [409, "offset-mismatch", "5"]);
    }
    assert.equal(await tus.offset(path), 5);
    assert.equal((await tus.patch(path, 5, HELLO.slice(5))).status, 204);
    assert.deepEqual(await tus.bytes(path), HELLO);
  });

  await t.step("fact 12: a PATCH without an offset is 400", async () => {
    const path = await created();
    const { status, code } = await tus.patch(path, 0, HELLO, { headers: { "Upload-Offset": null } });
    assert.deepEqual([status, code], [400, "invalid-header"]);
    assert.equal(await tus.offset(path), 0);
  });

  await t.step(
    "fact 13: a PATCH answers 204 with the new offset; of a broken body what came is kept",
    async () => {
      const size = 300_000;
      const bytes = randomBytes(size, { seed: 1 });
      const path = await tus.create({ "Upload-Length": String(size) });
      const first = await tus.patch(path, 0, bytes.slice(0, 1000));
      assert.deepEqual([first.status, first.headers.get("Upload-Offset"), first.text], [204, "1000", ""]);
      {
        using connection = await tus.begin("PATCH", path, {
          "Content-Type": OFFSET_BYTES,
          "Upload-Offset": "1000",
          "Content-Length": String(size - 1000),
        });
        await connection.send(bytes.slice(1000, 200_000));
        await until(async () => await tus.offset(path) === 200_000);
        await connection.send(bytes.slice(200_000, 250_000));
      }
      await until(async () => await tus.offset(path) === 250_000);
      const last = await tus.patch(path, 250_000, bytes.slice(250_000));
      assert.deepEqual([last.status, last.headers.get("Upload-Offset")], [204, String(size)]);
      assert.deepEqual(await tus.bytes(path), bytes);
    },
  );

  await t.step(
    "fact 14: a PATCH of what is not there is 404; more bytes than the length are 413, and not stored",
    async () => {
      assert.equal((await tus.patch(UNKNOWN, 0, HELLO)).status, 404);
      const path = await created();
      const long = TEXT.encode("hello world!");
      const declared = await tus.patch(path, 0, long);
      assert.deepEqual([declared.status, declared.code], [413, "body-too-large"]);
      const streamed = await tus.patch(path, 0, new Blob([long]).stream());
      assert.deepEqual([streamed.status, streamed.code], [413, "body-too-large"]);
      assert.equal(await tus.offset(path), 0);
      assert.equal((await tus.patch(path, 0, HELLO)).status, 204);
      assert.equal((await tus.patch(path, 11, HELLO)).status, 413);
      assert.equal((await tus.patch(path, 11, new Blob([HELLO]).stream())).status, 413);
      assert.deepEqual(await tus.bytes(path), HELLO);
    },
  );

  await t.step("fact 15: an empty PATCH at the end of a finished upload is harmless", async () => {
    const path = await created();
    await tus.patch(path, 0, HELLO);
    for (const body of [null, new Blob([]).stream()]) {
      const { status, headers } = await tus.patch(path, 11, body);
      assert.deepEqual([status, headers.get("Upload-Offset")], [204, "11"]);
      assert.match(headers.get("Content-Location")!, /^\/api\/v1\/attachments\/\d+$/);
    }
    const { status, headers } = await tus.patch(path, 10, null);
    assert.deepEqual([status, headers.get("Upload-Offset")], [409, "11"]);
  });

  await t.step("fact 16: many PATCHes and one make the same file", async () => {
    const bytes = randomBytes(100_000, { seed: 2 });
    const one = await tus.create({ "Upload-Length": "100000" });
    await tus.patch(one, 0, bytes);
    const many = await tus.create({ "Upload-Length": "100000" });
    for (let at = 0; at < bytes.length; at += 9_999) {
      assert.equal((await tus.patch(many, at, bytes.slice(at, at + 9_999))).status, 204);
    }
    assert.deepEqual(await tus.bytes(one), bytes);
    assert.deepEqual(await tus.bytes(many), bytes);
  });

  await t.step("fact 17: a newer PATCH takes over at once; the older one ends with 409", async () => {
    const bytes = randomBytes(100_000, { seed: 3 });
    const path = await tus.create({ "Upload-Length": "100000" });
    using older = await tus.begin("PATCH", path, {
      "Content-Type": OFFSET_BYTES,
      "Upload-Offset": "0",
      "Content-Length": "100000",
    });
    await older.send(bytes.slice(0, 40_000));
    await until(async () => await tus.offset(path) === 40_000);
    const newer = await tus.patch(path, 40_000, bytes.slice(40_000));
    assert.deepEqual([newer.status, newer.headers.get("Upload-Offset")], [204, "100000"]);
    assert.equal((await older.response())?.status, 409);
    assert.deepEqual(await tus.bytes(path), bytes);
  });
});
