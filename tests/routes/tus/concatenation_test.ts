/** tus 1.0.0, concatenation: the numbered facts of the protocol, over a real socket. */
import assert from "node:assert/strict";
import { ALICE, BOB, startApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { assertConsistent } from "../../support/store_check.ts";
import { metadata, OFFSET_BYTES, type TusClient, tusClient } from "../../support/tus.ts";
import { until } from "../../support/upload_calls.ts";

const PARTS = [randomBytes(1000, { seed: 1 }), randomBytes(500, { seed: 2 }), randomBytes(700, { seed: 3 })];

const partial = (tus: TusClient, bytes: Uint8Array<ArrayBuffer>) =>
  tus.create(
    { "Upload-Length": `${bytes.length}`, "Upload-Concat": "partial", "Content-Type": OFFSET_BYTES },
    { body: bytes },
  );
const finalOf = (paths: string[]) => ({ "Upload-Concat": `final;${paths.join(" ")}` });
const joined = async (...parts: Uint8Array<ArrayBuffer>[]) => await new Blob(parts).bytes();

Deno.test("tus concatenation", async (t) => {
  await using app = await startApp();
  await using tus = tusClient(app);
  const whole = await Promise.all(PARTS.map((bytes) => partial(tus, bytes)));
  const listed = async () => (await app.json("GET", "/api/v1/attachments")).body.items;

  await t.step("fact 35: a partial upload says so, and is no file", async () => {
    for (
      const length of [{ "Upload-Length": "10" }, { "Upload-Defer-Length": "1" }] as Record<string, string>[]
    ) {
      const path = await tus.create({ ...length, "Upload-Concat": "partial" });
      const { headers } = await tus.head(path);
      assert.deepEqual([headers.get("Upload-Concat"), headers.get("Upload-Offset")], ["partial", "0"]);
    }
    const { headers } = await tus.head(whole[0]!);
    assert.equal(headers.get("Upload-Concat"), "partial");
    assert.deepEqual([headers.get("Upload-Offset"), headers.get("Upload-Length")], ["1000", "1000"]);
    assert.equal(headers.get("Content-Location"), null);
    assert.deepEqual(await listed(), []);
    assert.equal((await tus.send("GET", whole[0]!)).status, 404);
    const completed = await app.json("POST", `/api/v1/uploads/${whole[0]!.split("/").at(-1)}/complete`);
    assert.deepEqual([completed.status, completed.body.code], [403, "forbidden"]);
  });

  await t.step(
    "fact 36: a final upload has the bytes of its parts in order, also twice, also of others' parts",
    async () => {
      const [a, b, c] = whole as [string, string, string];
      const absolute = new URL(b, tus.url).href;
      for (
        const [paths, bytes] of [
          [[a, absolute, c], await joined(...PARTS)],
          [[c, a, a, c], await joined(PARTS[2]!, PARTS[0]!, PARTS[0]!, PARTS[2]!)],
          [[b], PARTS[1]!],
        ] as const
      ) {
        const { status, headers } = await tus.send("POST", "/files", { headers: finalOf([...paths]) });
        assert.equal(status, 201);
        const head = await tus.head(headers.get("Location")!);
        assert.equal(head.headers.get("Upload-Length"), `${bytes.length}`);
        assert.deepEqual(await tus.bytes(headers.get("Location")!), bytes);
        const { body } = await app.json("GET", headers.get("Content-Location")!);
        assert.equal(body.size, bytes.length);
      }
      for (
        const more of [{ "Upload-Length": "2200" }, { "Upload-Defer-Length": "1" }] as Record<
          string,
          string
        >[]
      ) {
        assert.equal(
          (await tus.send("POST", "/files", { headers: { ...finalOf([a]), ...more } })).status,
          400,
        );
      }
      const withBytes = await tus.send("POST", "/files", {
        headers: { ...finalOf([a]), "Content-Type": OFFSET_BYTES },
        body: PARTS[0]!,
      });
      assert.equal(withBytes.status, 403);
      await assertConsistent(app);
    },
  );

  await t.step(
    "fact 37: metadata come from the final request; HEAD tells its list and, when done, its offset",
    async () => {
      const paths = [whole[0]!, whole[2]!];
      const given = metadata({ filename: "final.bin", own: "kept" });
      const path = await tus.create({ ...finalOf(paths), "Upload-Metadata": given });
      const { headers } = await tus.head(path);
      assert.equal(headers.get("Upload-Concat"), `final;${paths.join(" ")}`);
      assert.deepEqual([headers.get("Upload-Offset"), headers.get("Upload-Length")], ["1700", "1700"]);
      assert.equal(headers.get("Upload-Metadata"), given);
      assert.equal((await app.json("GET", headers.get("Content-Location")!)).body.fileName, "final.bin");
    },
  );

  await t.step(
    "fact 38: a final upload takes no bytes; its parts are the caller's own, and parts",
    async () => {
      const path = await tus.create(finalOf([whole[0]!]));
      const patched = await tus.patch(path, 1000, PARTS[1]!);
      assert.deepEqual([patched.status, patched.code], [403, "forbidden"]);
      assert.deepEqual(await tus.bytes(path), PARTS[0]!);

      const plain = await tus.create({ "Upload-Length": "10" });
      const before = (await listed()).length;
      await using bob = tusClient(app, { user: BOB });
      const theirs = await partial(bob, PARTS[0]!);
      for (
        const [wrong, expected] of [
          [[theirs], 404],
          [["/files/AAAAAAAAAAAAAAAAAAAAAA"], 404],
          [["/files/no-id"], 404],
          [[plain], 400],
          [[path], 400],
          [[whole[0]!, plain], 400],
          [[], 400],
          [["https://example.com" + whole[0]!], 400],
          [["//example.com" + whole[0]!], 400],
          [["/api/v1/uploads/x"], 400],
          [["file:///etc/passwd"], 400],
          [[`${whole[0]}/..`], 400],
          [Array.from({ length: 101 }, () => whole[0]!), 400],
          [[`${whole[0]}?${"x".repeat(16_384)}`], 400],
          [[...Array(50).fill(whole[0]!), " ".repeat(50_000), ...Array(50).fill(whole[0]!)], 400],
        ] as [string[], number][]
      ) {
        const { status } = await tus.send("POST", "/files", { headers: finalOf(wrong) });
        assert.equal(status, expected, wrong.slice(0, 3).join(" "));
      }
      for (const wrong of ["final", "Partial", "final:/files/a", "x"]) {
        const headers = { "Upload-Concat": wrong, "Upload-Length": "10" };
        assert.equal((await tus.send("POST", "/files", { headers })).status, 400, wrong);
      }
      assert.equal((await listed()).length, before);
      await assertConsistent(app);
    },
  );

  await t.step(
    "fact 38: parts may still be unfinished; the last byte of the last one finishes the upload",
    async () => {
      const open = await tus.create({ "Upload-Length": "500", "Upload-Concat": "partial" });
      const deferred = await tus.create({ "Upload-Defer-Length": "1", "Upload-Concat": "partial" });
      const path = await tus.create(finalOf([whole[0]!, open, deferred]));
      const look = async () => {
        const { headers } = await tus.head(path);
        return [headers.get("Upload-Offset"), headers.get("Upload-Length"), headers.has("Content-Location")];
      };
      assert.deepEqual(await look(), [null, null, false]);
      assert.equal((await tus.patch(path, 0, PARTS[1]!)).status, 403);
      assert.equal((await tus.send("GET", path)).status, 404);
      await tus.patch(deferred, 0, PARTS[2]!, { headers: { "Upload-Length": "700" } });
      assert.deepEqual(await look(), [null, "2200", false]);
      await tus.patch(open, 0, PARTS[1]!.slice(0, 100));
      assert.deepEqual(await look(), [null, "2200", false]);
      await tus.patch(open, 100, PARTS[1]!.slice(100));
      await until(async () =>
        (await app.json("GET", "/api/v1/uploads/" + path.split("/").at(-1))).body.status === "completed"
      );
      assert.deepEqual(await look(), ["2200", "2200", true]);
      assert.deepEqual(await tus.bytes(path), await joined(...PARTS));
    },
  );

  await t.step("fact 39: parts stay usable, and may go without harm to what is made of them", async () => {
    const path = await tus.create(finalOf(whole));
    for (const part of whole) assert.equal((await tus.head(part)).headers.get("Upload-Concat"), "partial");
    assert.equal((await tus.send("DELETE", whole[1]!)).status, 204);
    assert.deepEqual(await tus.bytes(path), await joined(...PARTS));
    assert.equal((await tus.send("POST", "/files", { headers: finalOf(whole) })).status, 410);
    assert.equal(
      (await tus.send("POST", "/files", { headers: finalOf([whole[0]!, whole[2]!]) })).status,
      201,
    );
    await assertConsistent(app);
  });

  await t.step("a part that is given up before it is whole fails what was to be made of it", async () => {
    const open = await tus.create({ "Upload-Length": "500", "Upload-Concat": "partial" });
    const path = await tus.create(finalOf([whole[0]!, open]));
    assert.equal((await tus.send("DELETE", open)).status, 204);
    await until(async () => (await tus.head(path)).status === 422);
    assert.equal(
      (await tus.send("POST", "/files", { headers: { ...finalOf([whole[0]!]) }, user: ALICE })).status,
      201,
    );
    await assertConsistent(app);
  });

  await t.step("a final upload obeys the rules of its type", async () => {
    const typed = { "Upload-Metadata": metadata({ businessType: "Avatar", filename: "a.png" }) };
    const large = await partial(tus, randomBytes(1_500_000, { seed: 9 }));
    const { status, code } = await tus.send("POST", "/files", {
      headers: { ...finalOf([large, large]), ...typed },
    });
    assert.deepEqual([status, code], [413, "file-too-large"]);
    await assertConsistent(app);
  });
});
