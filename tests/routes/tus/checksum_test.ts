/** tus 1.0.0, expiration, checksum and termination: the numbered facts of the protocol, over a real socket. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { startApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { cleanUp } from "../../support/store_check.ts";
import { OFFSET_BYTES, tusClient } from "../../support/tus.ts";
import { storedSizes, until } from "../../support/upload_calls.ts";

const BYTES = randomBytes(1000, { seed: 1 });
const HOUR = 3_600_000;

function checksum(algorithm: string, bytes: Uint8Array): string {
  const word = Uint8Array.from([24, 16, 8, 0], (shift) => crc32(bytes) >>> shift);
  const digest = algorithm === "crc32"
    ? word.toBase64()
    : createHash(algorithm).update(bytes).digest("base64");
  return `${algorithm} ${digest}`;
}

Deno.test("tus expiration", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);

  await t.step(
    "fact 27: Upload-Expires on POST, HEAD and every PATCH of an unfinished upload, as an HTTP date",
    async () => {
      app.clock = Date.parse("2026-06-01T12:00:00Z");
      const made = await tus.send("POST", "/files", { headers: { "Upload-Length": "1000" } });
      assert.equal(made.headers.get("Upload-Expires"), "Tue, 02 Jun 2026 12:00:00 GMT");
      const path = made.headers.get("Location")!;
      app.clock += HOUR;
      assert.equal((await tus.head(path)).headers.get("Upload-Expires"), "Tue, 02 Jun 2026 12:00:00 GMT");
      const patched = await tus.patch(path, 0, BYTES.slice(0, 10));
      assert.equal(patched.headers.get("Upload-Expires"), "Tue, 02 Jun 2026 13:00:00 GMT");
      assert.equal((await tus.patch(path, 10, BYTES.slice(10))).headers.get("Upload-Expires"), null);
      assert.equal((await tus.head(path)).headers.get("Upload-Expires"), null);
    },
  );

  await t.step(
    "fact 28: what expired is 410 while it is remembered and 404 then; what is finished does not expire",
    async () => {
      const done = await tus.create({ "Upload-Length": "1000" });
      await tus.patch(done, 0, BYTES);
      const open = await tus.create({ "Upload-Length": "1000" });
      await tus.patch(open, 0, BYTES.slice(0, 10));
      app.clock += 25 * HOUR;
      for (const clean of [false, true]) {
        if (clean) await cleanUp(app, { hours: 0 });
        assert.equal((await tus.head(open)).status, 410);
        const { status, code } = await tus.patch(open, 10, BYTES.slice(10));
        assert.deepEqual([status, code], [410, "upload-expired"]);
      }
      assert.equal(await tus.offset(done), 1000);
      await cleanUp(app, { hours: 8 * 24 });
      assert.equal((await tus.head(open)).status, 404);
    },
  );
});

Deno.test("tus checksum", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const created = () => tus.create({ "Upload-Length": "1000" });
  const ALGORITHMS = ["sha1", "sha256", "sha512", "md5", "crc32"];

  await t.step("fact 29: Tus-Checksum-Algorithm lists them, with sha1", async () => {
    const { headers } = await tus.send("OPTIONS", "/files");
    assert.equal(headers.get("Tus-Checksum-Algorithm"), ALGORITHMS.join(","));
  });

  await t.step(
    "fact 30: right is 204, wrong 460, unknown or malformed 400; what is refused is dropped",
    async () => {
      for (const algorithm of ALGORITHMS) {
        const path = await created();
        const wrong = await tus.patch(path, 0, BYTES.slice(0, 500), {
          headers: { "Upload-Checksum": checksum(algorithm, BYTES) },
        });
        assert.deepEqual([wrong.status, wrong.code], [460, "checksum-mismatch"], algorithm);
        assert.equal(await tus.offset(path), 0);
        const headers = { "Upload-Checksum": checksum(algorithm, BYTES.slice(0, 500)) };
        assert.equal((await tus.patch(path, 0, BYTES.slice(0, 500), { headers })).status, 204, algorithm);
        const rest = { "Upload-Checksum": checksum(algorithm, BYTES.slice(500)) };
        assert.equal(
          (await tus.patch(path, 500, BYTES.slice(500), { headers: rest })).status,
          204,
          algorithm,
        );
        assert.deepEqual(await tus.bytes(path), BYTES);
      }
      const path = await created();
      for (
        const value of ["sha3 AAAA", "SHA1 AAAA", "sha1", "sha1 ?", "sha1 AAAA AAAA", "constructor AAAA", ""]
      ) {
        const { status } = await tus.patch(path, 0, BYTES, { headers: { "Upload-Checksum": value } });
        assert.equal(status, 400, value);
      }
      assert.equal(await tus.offset(path), 0);
    },
  );

  await t.step("fact 30: a creation's bytes are checked too", async () => {
    const post = (bytes: Uint8Array) =>
      tus.send("POST", "/files", {
        headers: {
          "Upload-Length": "1000",
          "Content-Type": OFFSET_BYTES,
          "Upload-Checksum": checksum("sha1", bytes),
        },
        body: BYTES,
      });
    assert.equal((await post(BYTES.slice(1))).status, 460);
    assert.equal((await post(BYTES)).status, 201);
  });

  await t.step(
    "fact 31: after 460 the right one succeeds; a digest of a wrong length is a wrong one",
    async () => {
      const path = await created();
      for (const value of ["sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "crc32 AAA=", "sha1 AA=="]) {
        const { status } = await tus.patch(path, 0, BYTES, { headers: { "Upload-Checksum": value } });
        assert.equal(status, 460, value);
      }
      const headers = { "Upload-Checksum": checksum("sha1", BYTES) };
      assert.equal((await tus.patch(path, 0, BYTES, { headers })).status, 204);
      assert.deepEqual(await tus.bytes(path), BYTES);
    },
  );

  await t.step("fact 32: checksum-trailer is not announced, as trailers cannot be read", async () => {
    const { headers } = await tus.send("OPTIONS", "/files");
    assert.ok(!headers.get("Tus-Extension")!.split(",").includes("checksum-trailer"));
  });

  await t.step("fact 33: of a broken body with a checksum nothing is kept", async () => {
    const path = await created();
    await tus.patch(path, 0, BYTES.slice(0, 100));
    {
      using connection = await tus.begin("PATCH", path, {
        "Content-Type": OFFSET_BYTES,
        "Upload-Offset": "100",
        "Content-Length": "900",
        "Upload-Checksum": checksum("sha1", BYTES.slice(100)),
      });
      await connection.send(BYTES.slice(100, 800));
      await until(async () => (await storedSizes(app)).includes(800));
      assert.equal(await tus.offset(path), 100);
    }
    await until(async () => (await tus.patch(path, 101, null)).headers.get("Upload-Offset") === "100");
    assert.equal((await tus.patch(path, 100, BYTES.slice(100))).status, 204);
    assert.deepEqual(await tus.bytes(path), BYTES);
  });
});

Deno.test("tus termination", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);

  await t.step("fact 34: DELETE frees an upload, finished or not; then its address is 410", async () => {
    const open = await tus.create({ "Upload-Length": "1000" });
    await tus.patch(open, 0, BYTES.slice(0, 10));
    const done = await tus.create({ "Upload-Length": "1000" });
    const { headers } = await tus.patch(done, 0, BYTES);
    for (const path of [open, done]) {
      assert.equal((await tus.send("DELETE", path)).status, 204);
      assert.equal((await tus.head(path)).status, 410);
      assert.equal((await tus.patch(path, 0, BYTES)).status, 410);
      assert.equal((await tus.send("DELETE", path)).status, 410);
      assert.equal((await tus.send("GET", path)).status, 404);
    }
    assert.equal((await tus.send("DELETE", "/files/AAAAAAAAAAAAAAAAAAAAAA")).status, 404);
    assert.equal((await tus.send("DELETE", open, { headers: { "Tus-Resumable": null } })).status, 412);
    const file = await app.json("GET", headers.get("Content-Location")!);
    assert.notEqual(file.body.deletedAt, null, "the file of a finished upload is in the recycle bin");
  });

  await t.step("fact 34: DELETE stops a PATCH that is running", async () => {
    const path = await tus.create({ "Upload-Length": "1000" });
    using running = await tus.begin("PATCH", path, {
      "Content-Type": OFFSET_BYTES,
      "Upload-Offset": "0",
      "Content-Length": "1000",
    });
    await running.send(BYTES.slice(0, 500));
    await until(async () => await tus.offset(path) === 500);
    assert.equal((await tus.send("DELETE", path)).status, 204);
    assert.equal((await running.response())?.status, 410);
    await until(async () => !(await storedSizes(app)).includes(500));
  });
});
