import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { expireArchives } from "../../services/archives/archives.ts";
import { keys } from "../../services/records/keys.ts";
import { ADMIN, BOB, startApp } from "../support/app.ts";
import { archive, put } from "../support/archives.ts";
import { assertSameBytes, runProgram } from "../support/client_program.ts";
import { listen } from "../support/listening_app.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { blobPaths } from "../support/stored_files.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const unzip = tool("unzip", import.meta.url);
const python3 = tool("python3", import.meta.url);
const sevenZip = tool("7z", import.meta.url);
const curl = tool("curl", import.meta.url);
const aria2c = tool("aria2c", import.meta.url);
const HOUR = 3_600_000;
const MIB = 2 ** 20;
const NO_LIMITS = { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } };

Deno.test({
  name:
    "a ZIP of many files is opened by unzip, Python's zipfile and 7z, with names that are safe and unique",
  ignore: unzip === null || python3 === null || sevenZip === null,
  async fn() {
    await using app = await startApp({ pawlJson: NO_LIMITS });
    await using dir = await tempDir();
    const files: [string, Uint8Array<ArrayBuffer>][] = [
      ["report.txt", randomBytes(100_000, { seed: 1 })],
      ["report.txt", randomBytes(10, { seed: 2 })],
      ["照片 🎈.jpg", randomBytes(3 * MIB + 1, { seed: 3 })],
      ["empty.bin", new Uint8Array()],
      ['a"b*c?.txt', randomBytes(7, { seed: 4 })],
    ];
    const ids: string[] = [];
    for (const [name, bytes] of files) ids.push(await put(app, name, bytes));
    const { url, size, fileName, files: count } = await archive(app, [...ids, ids[0]!], "everything");
    assert.deepEqual([fileName, count], ["everything.zip", 5]);

    const answer = await app.request(url);
    const bytes = await answer.bytes();
    assert.deepEqual(
      [answer.status, answer.headers.get("Content-Length"), bytes.length, answer.headers.get("Content-Type")],
      [200, String(size), size, "application/zip"],
    );
    assert.match(answer.headers.get("Content-Disposition")!, /^attachment; filename="?everything\.zip/);
    await Deno.writeFile(dir.join("a.zip"), bytes);
    const tested = await runProgram(unzip!, { args: ["-tq", "a.zip"], cwd: dir.path });
    assert.equal(tested.code, 0, tested.text + tested.stderr);
    const seven = await runProgram(sevenZip!, { args: ["t", "a.zip"], cwd: dir.path });
    assert.equal(seven.code, 0, seven.text);
    const script =
      `import zipfile, json; z = zipfile.ZipFile("a.zip"); print(json.dumps(z.namelist())); z.extractall("out")`;
    const python = await runProgram(python3!, { args: ["-X", "utf8", "-c", script], cwd: dir.path });
    assert.equal(python.code, 0, python.stderr);
    const names = ["report.txt", "report (2).txt", "照片 🎈.jpg", "empty.bin", "a_b_c_.txt"];
    assert.deepEqual(JSON.parse(python.text), names);
    for (const [index, name] of names.entries()) {
      assertSameBytes(await Deno.readFile(dir.join(`out/${name}`)), files[index]![1]);
    }
  },
});

Deno.test("any range of a ZIP is that of the whole; its ETag is strong and changes with what is in it", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const ids = [await put(app, "a.txt", "aaaa"), await put(app, "b.bin", randomBytes(300_000, { seed: 9 }))];
  const { url, size } = await archive(app, ids);
  const whole = await (await app.request(url)).bytes();
  const etag = (await app.request(url, { method: "HEAD" })).headers.get("ETag")!;
  assert.match(etag, /^"[0-9a-f]{64}"$/);
  for (
    const [from, to] of [[0, 0], [3, 40], [30, 39], [size - 5, size - 1], [200_000, size - 30], [
      10,
      size - 1,
    ]]
  ) {
    const answer = await app.request(url, { headers: { Range: `bytes=${from}-${to}`, "If-Range": etag } });
    assert.equal(answer.status, 206);
    assertSameBytes(await answer.bytes(), whole.subarray(from, to! + 1));
  }
  assert.equal((await app.request(url, { headers: { "If-None-Match": etag } })).status, 304);
  assert.equal((await archive(app, ids)).size, size);
  assert.equal(
    (await app.request((await archive(app, ids)).url, { method: "HEAD" })).headers.get("ETag"),
    etag,
  );
  const other = await app.request((await archive(app, ids.toReversed())).url, { method: "HEAD" });
  assert.notEqual(other.headers.get("ETag"), etag);
  const direct = await app.request(`/api/v1/archives?id=${ids[0]}&id=${ids[1]}`);
  assert.equal(direct.headers.get("ETag"), etag);
  assertSameBytes(await direct.bytes(), whole);
});

Deno.test("what is not the caller's does not get into a ZIP, and a kept ZIP is its maker's", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const id = await put(app, "a.txt", "secret");
  const refused = await app.json("POST", "/api/v1/archives", { body: { ids: [id] }, user: BOB });
  assert.deepEqual([refused.status, refused.body.index], [404, 0]);
  assert.equal((await app.json("GET", `/api/v1/archives?id=${id}`, { user: BOB })).status, 404);
  const { url } = await archive(app, [id]);
  assert.equal((await app.json("GET", url, { user: BOB })).status, 404);
  const asAdmin = await app.request(url, { user: ADMIN });
  assert.equal(asAdmin.status, 200);
  await asAdmin.body?.cancel();
});

Deno.test("a ZIP whose file was deleted says so before it sends a byte, and never sends a short one", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const ids = [await put(app, "a.txt", "aaaa"), await put(app, "b.bin", randomBytes(2 * MIB, { seed: 3 }))];
  const { url } = await archive(app, ids);
  const whole = await (await app.request(url)).bytes();
  assert.equal((await app.request(`/api/v1/attachments/${ids[1]}`, { method: "DELETE" })).status, 204);
  // The first file is there, and is sent; the body then breaks.
  const broken = await app.request(url);
  const came: Uint8Array[] = [];
  await assert.rejects(async () => {
    for await (const piece of broken.body!) came.push(piece.slice());
  });
  const bytes = Buffer.concat(came);
  assert.equal(Buffer.compare(bytes, whole.subarray(0, bytes.length)), 0);
  assert.ok(bytes.includes("aaaa"), "what stands before the missing file is sent");
  const resumed = await app.request(url, { headers: { Range: `bytes=${bytes.length}-` } });
  assert.deepEqual([resumed.status, (await resumed.json()).code], [410, "archive-changed"]);
  const behind = await app.request(url, { headers: { Range: "bytes=100-" } });
  assert.deepEqual([behind.status, (await behind.json()).code], [410, "archive-changed"]);
  assert.equal((await app.request(`/api/v1/attachments/${ids[0]}`, { method: "DELETE" })).status, 204);
  assert.equal((await app.json("GET", url)).status, 410);
});

Deno.test("HEAD of a ZIP refuses what GET refuses before it sends a byte", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const deleted = await put(app, "a.txt", "aaaa");
  const lost = await put(app, "b.txt", "bbbb");
  const both = [(await archive(app, [deleted, lost])).url, (await archive(app, [lost, deleted])).url];
  const direct = `/api/v1/archives?id=${lost}&id=${lost}`;
  const statuses = async (method: string, url: string) => {
    const answer = await app.request(url, { method });
    await answer.body?.cancel();
    return answer.status;
  };
  const etag = (await app.request(both[1]!, { method: "HEAD" })).headers.get("ETag")!;
  assert.equal((await app.request(`/api/v1/attachments/${deleted}`, { method: "DELETE" })).status, 204);
  for (const path of await blobPaths(app)) await Deno.remove(path);
  for (const [url, status] of [[both[0], 410], [both[1], 500], [direct, 500]] as const) {
    assert.deepEqual([await statuses("GET", url!), await statuses("HEAD", url!)], [status, status], url);
  }
  const known = await app.request(both[1]!, { method: "HEAD", headers: { "If-None-Match": etag } });
  assert.equal(known.status, 304, "as GET says, which opens nothing for that");
});

Deno.test("a ZIP by a link begins anew when one of its files was renamed, by whatever it is resumed; a kept one stays as it is", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const ids = [await put(app, "a.txt", "aaaa"), await put(app, "b.txt", "bbbb")];
  const { url } = await archive(app, ids);
  const direct = `/api/v1/archives?id=${ids[0]}&id=${ids[1]}`;
  const before = await app.request(direct);
  const whole = await before.bytes();
  app.clock += 10_000;
  const renamed = await app.json("PATCH", `/api/v1/attachments/${ids[1]}`, { body: { fileName: "c.txt" } });
  assert.equal(renamed.status, 200);
  app.clock += 10_000;
  for (const validator of ["ETag", "Last-Modified"]) {
    const headers = { Range: "bytes=50-", "If-Range": before.headers.get(validator)! };
    const anew = await app.request(direct, { headers });
    assert.deepEqual([anew.status, (await anew.bytes()).length], [200, whole.length], validator);
    const kept = await app.request(url, { headers: { Range: "bytes=50-" } });
    assertSameBytes(await kept.bytes(), whole.subarray(50));
  }
});

Deno.test("a kept ZIP that is being removed as it is asked for is not handed out without what is gone", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const { id, url } = await archive(app, [await put(app, "a.txt", "aaaa")]);
  await app.services.core.records.transact((commit) => {
    commit.delete(keys.archivePart(id, 0));
    return Promise.resolve();
  });
  assert.equal((await app.json("GET", url)).status, 404);
});

Deno.test("a kept ZIP is there for 24 hours, and then all that was kept of it goes", async () => {
  await using app = await startApp({ pawlJson: NO_LIMITS });
  const { url } = await archive(app, [await put(app, "a.txt", "aaaa")]);
  const { records } = app.services.core;
  app.clock += 24 * HOUR - 1;
  assert.deepEqual(await expireArchives(app.services.core), { removed: 0, more: false });
  assert.equal((await app.request(url, { method: "HEAD", user: ADMIN })).status, 200);
  app.clock += 1;
  assert.equal((await app.request(url, { method: "HEAD" })).status, 404);
  assert.deepEqual(await expireArchives(app.services.core), { removed: 1, more: false });
  for (const prefix of [["archive"], ["archive_part"], ["archive_by_expiry"]]) {
    assert.deepEqual(await records.page(prefix, { limit: 1 }), []);
  }
});

Deno.test({
  name: "curl -C - goes on with a broken ZIP, and aria2c -x8 fetches it by eight connections",
  ignore: curl === null || aria2c === null,
  async fn() {
    await using app = await startApp({ pawlJson: NO_LIMITS });
    const ids: string[] = [];
    for (let n = 0; n < 6; n++) ids.push(await put(app, `part.bin`, randomBytes(3 * MIB + n, { seed: n })));
    const { url } = await archive(app, ids);
    const whole = await (await app.request(url)).bytes();
    await using server = listen(app);
    await using proxy = await startProxy(server.url);
    await using dir = await tempDir();
    const address = new URL(url, proxy.url).href;
    const header = `Authorization: Bearer ${await app.token({ sub: "alice" })}`;
    const fetchRest = () =>
      runProgram(curl!, { args: ["-sS", "-C", "-", "-o", "a.zip", "-H", header, address], cwd: dir.path });
    proxy.setFault({ kind: "cut", direction: "down", bytes: 7 * MIB });
    assert.notEqual((await fetchRest()).code, 0);
    proxy.setFault({ kind: "pass" });
    const resumed = await fetchRest();
    assert.equal(resumed.code, 0, resumed.stderr);
    assertSameBytes(await Deno.readFile(dir.join("a.zip")), whole);

    const args = ["--no-conf", "-x8", "-s8", "-k1M", "--file-allocation=none", "--console-log-level=warn"];
    const parallel = await runProgram(aria2c!, {
      args: [...args, `--header=${header}`, "-o", "b.zip", address],
      cwd: dir.path,
    });
    assert.equal(parallel.code, 0, parallel.text + parallel.stderr);
    assertSameBytes(await Deno.readFile(dir.join("b.zip")), whole);
  },
});
