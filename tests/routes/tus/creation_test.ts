/** tus 1.0.0, creation: the numbered facts of the protocol, over a real socket. */
import assert from "node:assert/strict";
import { startApp } from "../../support/app.ts";
import { rawConnect } from "../../support/raw_http.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { type Fields, metadata, OFFSET_BYTES, tusClient } from "../../support/tus.ts";
import { until } from "../../support/upload_calls.ts";

const BYTES = randomBytes(11, { seed: 1 });
const DEFER = { "Upload-Defer-Length": "1" };
const WITH_BYTES = { "Content-Type": OFFSET_BYTES };

Deno.test("tus creation, with and without bytes and length", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const post = (headers: Fields, body?: Uint8Array<ArrayBuffer>) =>
    tus.send("POST", "/files", { headers, body: body ?? null });

  await t.step("fact 18: exactly one of Upload-Length and Upload-Defer-Length: 1", async () => {
    for (
      const wrong of [{}, { ...DEFER, "Upload-Length": "1" }, { "Upload-Defer-Length": "2" }] as Fields[]
    ) {
      assert.equal((await post(wrong)).status, 400, JSON.stringify(wrong));
    }
    for (const right of [DEFER, { "Upload-Length": "1" }] as Fields[]) {
      assert.equal((await post(right)).status, 201);
    }
  });

  await t.step("fact 19: 201 with a Location that is right behind any proxy", async () => {
    const relative = (await post({ "Upload-Length": "1" })).headers.get("Location")!;
    assert.match(relative, /^\/files\/[A-Za-z0-9_-]{22}$/);
    await using proxied = await startApp({ env: { PAWL_PUBLIC_URL: "https://files.example:8443" } });
    await using other = tusClient(proxied);
    const location = await other.create({ "Upload-Length": "1" });
    assert.match(location, /^https:\/\/files\.example:8443\/files\/[A-Za-z0-9_-]{22}$/);
    assert.equal(await other.offset(new URL(location).pathname), 0);
  });

  await t.step("fact 20: too large is 413; a length of 0 is complete at once", async () => {
    assert.equal((await post({ "Upload-Length": String(2 ** 50) })).status, 413);
    const typed = { "Upload-Metadata": metadata({ businessType: "Document", filename: "a.pdf" }) };
    const large = await post({ ...typed, "Upload-Length": String(11 * 2 ** 20) });
    assert.deepEqual([large.status, large.code], [413, "file-too-large"]);
    const { status, headers } = await post({ "Upload-Length": "0" });
    assert.equal(status, 201);
    assert.match(headers.get("Pawl-Attachment-Id")!, /^\d+$/);
    const head = await tus.head(headers.get("Location")!);
    assert.deepEqual(["Upload-Offset", "Upload-Length"].map((name) => head.headers.get(name)), ["0", "0"]);
    assert.equal((await tus.bytes(headers.get("Location")!)).length, 0);
  });

  await t.step(
    "fact 21: metadata are pairs of a key and base64, come back as given, and break nothing",
    async () => {
      for (
        const right of [
          "filename YS50eHQ=",
          "filename YS50eHQ=,empty,blank ",
          "a YQ==, b Yg==",
          "é".normalize("NFD")[0]!,
        ]
      ) {
        const path = await tus.create({ "Upload-Length": "1", "Upload-Metadata": right });
        assert.equal((await tus.head(path)).headers.get("Upload-Metadata"), right.trim());
      }
      for (const wrong of ["a b c", "a YQ==,a YQ==", "a Y*==", "a YQ==,,b YQ==", " ,", "ü YQ==", "a Y"]) {
        const answer = await post({
          "Upload-Length": "1",
          "Upload-Metadata": encodeURI(wrong).replaceAll("%20", " "),
        });
        const raw = wrong.includes("ü") ? 201 : 400;
        assert.equal(answer.status, raw, wrong);
      }
      const path = await tus.create({
        "Upload-Length": "1",
        "Upload-Metadata": metadata({ x: "a\r\nSet-Cookie: b=c" }),
      });
      assert.equal((await tus.head(path)).headers.get("Set-Cookie"), null);
      const long = await post({
        "Upload-Length": "1",
        "Upload-Metadata": metadata({ x: "a".repeat(20_000) }),
      });
      assert.deepEqual([long.status, long.code], [400, "invalid-request"]);
    },
  );

  await t.step("fact 22: equal creations make different addresses that nobody can guess", async () => {
    const same = {
      "Upload-Length": "1",
      "Upload-Metadata": metadata({ filename: "a.txt", fingerprint: "f" }),
    };
    const paths = new Set<string>();
    for (let n = 0; n < 5; n++) paths.add(await tus.create(same));
    assert.equal(paths.size, 5);
  });

  await t.step("fact 23: a deferred length is said once, by a PATCH", async () => {
    const path = await tus.create({ ...DEFER, "Upload-Metadata": metadata({ fingerprint: "deferred" }) });
    const before = await tus.head(path);
    assert.deepEqual(
      [before.headers.get("Upload-Defer-Length"), before.headers.get("Upload-Length")],
      ["1", null],
    );
    assert.equal((await tus.patch(path, 0, BYTES.slice(0, 5))).status, 204);
    const saying = (length: number) => ({ headers: { "Upload-Length": String(length) } });
    const small = await tus.patch(path, 5, null, saying(4));
    assert.deepEqual([small.status, small.code], [400, "inconsistent-length"]);
    assert.equal((await tus.patch(path, 5, null, saying(2 ** 50))).status, 413);
    assert.equal((await tus.patch(path, 5, BYTES.slice(5, 8), saying(11))).status, 204);
    const known = await tus.head(path);
    assert.deepEqual(
      [known.headers.get("Upload-Defer-Length"), known.headers.get("Upload-Length")],
      [null, "11"],
    );
    const changed = await tus.patch(path, 8, BYTES.slice(8), saying(12));
    assert.deepEqual([changed.status, changed.code], [400, "inconsistent-length"]);
    const last = await tus.patch(path, 8, BYTES.slice(8), saying(11));
    assert.deepEqual([last.status, last.headers.has("Content-Location")], [204, true]);
    assert.deepEqual(await tus.bytes(path), BYTES);
  });

  await t.step("fact 23: a length that is said when all bytes are there finishes the upload", async () => {
    const path = await tus.create(DEFER);
    await tus.patch(path, 0, new Blob([BYTES]).stream());
    assert.equal((await tus.head(path)).headers.get("Upload-Defer-Length"), "1");
    const said = await tus.patch(path, 11, null, { headers: { "Upload-Length": "11" } });
    assert.deepEqual([said.status, said.headers.has("Content-Location")], [204, true]);
    assert.deepEqual(await tus.bytes(path), BYTES);
  });

  await t.step("fact 24: a PATCH cannot change a length that is fixed", async () => {
    const path = await tus.create({ "Upload-Length": "11" });
    for (const length of ["10", "12"]) {
      const { status } = await tus.patch(path, 0, BYTES, { headers: { "Upload-Length": length } });
      assert.equal(status, 400);
    }
    assert.equal((await tus.head(path)).headers.get("Upload-Length"), "11");
    assert.equal((await tus.patch(path, 0, BYTES, { headers: { "Upload-Length": "11" } })).status, 204);
  });

  await t.step("fact 25: the first bytes may come with the creation", async () => {
    const part = await post({ ...WITH_BYTES, "Upload-Length": "11" }, BYTES.slice(0, 4));
    assert.deepEqual([part.status, part.headers.get("Upload-Offset")], [201, "4"]);
    const path = part.headers.get("Location")!;
    assert.equal((await tus.patch(path, 4, BYTES.slice(4))).status, 204);
    assert.deepEqual(await tus.bytes(path), BYTES);

    const whole = await post({ ...WITH_BYTES, "Upload-Length": "11" }, BYTES);
    assert.deepEqual([whole.status, whole.headers.get("Upload-Offset")], [201, "11"]);
    assert.ok(whole.headers.has("Content-Location"));
    assert.deepEqual(await tus.bytes(whole.headers.get("Location")!), BYTES);

    const deferred = await post({ ...WITH_BYTES, ...DEFER }, BYTES);
    assert.deepEqual([deferred.status, deferred.headers.get("Upload-Offset")], [201, "11"]);
    assert.equal((await tus.head(deferred.headers.get("Location")!)).headers.get("Upload-Defer-Length"), "1");

    for (const type of ["text/plain", "application/octet-stream"]) {
      const { status } = await post({ "Content-Type": type, "Upload-Length": "11" }, BYTES);
      assert.equal(status, 415);
    }
    assert.equal((await post({ "Content-Type": "text/plain", "Upload-Length": "11" })).status, 201);
    const long = await post({ ...WITH_BYTES, "Upload-Length": "10" }, BYTES);
    assert.deepEqual([long.status, long.code], [413, "body-too-large"]);
  });

  await t.step("fact 25: a POST that says no length has no body (RFC 9112), a chunked one has", async () => {
    const answerTo = async (headers: Fields, body = "") => {
      using connection = await tus.begin("POST", "/files", headers);
      await connection.send(body);
      return (await connection.response())!;
    };
    const part = await tus.create({ "Upload-Length": "0", "Upload-Concat": "partial" });
    const final = { "Upload-Concat": `final;${part}` };
    const bodiless: Fields[] = [{ "Upload-Length": "5" }, { ...WITH_BYTES, "Upload-Length": "5" }, final];
    for (const headers of bodiless) {
      assert.equal((await answerTo(headers)).status, 201);
    }
    const chunked = { "Upload-Length": "5", "Transfer-Encoding": "chunked" };
    assert.equal((await answerTo(chunked, "5\r\nhello\r\n0\r\n\r\n")).status, 415);
    const first = await answerTo({ ...WITH_BYTES, ...chunked }, "3\r\nhel\r\n0\r\n\r\n");
    assert.deepEqual([first.status, first.headers.get("Upload-Offset")], [201, "3"]);
  });

  await t.step(
    "fact 25: of a creation that breaks, what came stays as an open upload of the caller",
    async () => {
      await using app = await startApp();
      await using tus = tusClient(app);
      const bytes = randomBytes(200_000, { seed: 4 });
      {
        using connection = await tus.begin("POST", "/files", {
          ...WITH_BYTES,
          "Upload-Length": "200000",
          "Upload-Metadata": metadata({ fingerprint: "broken" }),
          "Content-Length": "200000",
        });
        await connection.send(bytes.slice(0, 150_000));
        await until(async () =>
          (await Array.fromAsync(Deno.readDir(`${app.config.dataDir}/blobs`))).length > 0
        );
      }
      await tus.server.answered(1);
      const { body } = await app.json("GET", "/api/v1/uploads");
      assert.equal(body.items.length, 1);
      const offset = body.items[0].receivedBytes;
      assert.ok(offset > 0 && offset <= 150_000, `${offset}`);
      const found = await app.json("POST", "/api/v1/uploads", {
        body: { fileName: "a", size: 200_000, fingerprint: "broken" },
      });
      assert.deepEqual([found.status, found.body.id], [200, body.items[0].id]);
      assert.equal((await tus.patch(`/files/${found.body.id}`, offset, bytes.slice(offset))).status, 204);
      assert.deepEqual(await tus.bytes(`/files/${found.body.id}`), bytes);
    },
  );

  await t.step(
    "fact 26: creation-with-upload is announced with creation; Expect: 100-continue is answered",
    async () => {
      const extensions = (await tus.send("OPTIONS", "/files")).headers.get("Tus-Extension")!.split(",");
      assert.ok(extensions.includes("creation") && extensions.includes("creation-with-upload"));
      using connection = await rawConnect(tus.url);
      const lines = [
        "POST /files HTTP/1.1",
        "Tus-Resumable: 1.0.0",
        "Upload-Length: 11",
        "Content-Length: 11",
        `Content-Type: ${OFFSET_BYTES}`,
        "Expect: 100-continue",
      ];
      await connection.send(await tus.server.head(lines, { sub: "alice" }));
      const answer = connection.response();
      await connection.send(BYTES);
      assert.deepEqual([(await answer)?.status, (await answer)?.interim], [201, [100]]);
    },
  );
});

Deno.test("Where sessions are switched off, nothing is announced that begins one, and what was begun goes on", async () => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const path = await tus.create({ "Upload-Length": "11" });
  await using off = await startApp({ pawlJson: { sessions: { enabled: false } } });
  await using other = tusClient(off);
  const { headers } = await other.send("OPTIONS", "/files");
  assert.equal(headers.get("Tus-Extension"), "expiration,checksum,termination");
  for (const given of [{ "Upload-Length": "1" }, { "Upload-Concat": `final;${path}` }] as Fields[]) {
    const { status } = await other.send("POST", "/files", { headers: given });
    assert.ok(status === 403 || status === 404, `${status}`);
  }
});
