import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { blobPaths, putFile } from "../support/stored_files.ts";

Deno.test("Bytes that are missing or short on disk are found before any header, and nothing is counted", async (t) => {
  await using app = await startApp();
  const damages: [name: string, damage: (path: string) => Promise<void>][] = [
    ["removed", (path) => Deno.remove(path)],
    ["one byte short", (path) => Deno.truncate(path, 9)],
    ["empty", (path) => Deno.truncate(path, 0)],
    ["a folder in its place", async (path) => {
      await Deno.remove(path);
      await Deno.mkdir(path);
    }],
  ];
  for (const [index, [name, damage]] of damages.entries()) {
    await t.step(name, async () => {
      const before = await blobPaths(app);
      const { id, url } = await putFile(app, { body: `contents ${index}` });
      const [path] = (await blobPaths(app)).filter((other) => !before.includes(other));
      await damage(path!);
      for (
        const headers of [{}, { Range: "bytes=0-0" }, { Range: "bytes=0-0,2-3" }] as Record<string, string>[]
      ) {
        const response = await app.request(url, { headers });
        const problem = await response.json();
        assert.deepEqual([response.status, problem.code], [500, "blob-missing"]);
        assert.match(problem.detail, /operator/);
        assert.ok(!problem.detail.includes(app.config.dataDir));
        for (
          const header of ["ETag", "Content-Disposition", "Content-Range", "Repr-Digest", "Accept-Ranges"]
        ) {
          assert.equal(response.headers.get(header), null, header);
        }
        assert.equal(response.headers.get("Cache-Control"), "no-store");
      }
      assert.equal((await app.json("GET", `/api/v1/attachments/${id}`)).body.downloadCount, 0);
    });
  }
});

Deno.test("A file whose bytes are missing can still be deleted, and other files are not touched", async () => {
  await using app = await startApp();
  const { id, url } = await putFile(app, { body: "lost" });
  const [path] = await blobPaths(app);
  const other = await putFile(app, { body: "kept" });
  await Deno.remove(path!);
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`)).status, 204);
  assert.equal((await app.json("GET", url)).status, 404);
  assert.equal(await (await app.request(other.url)).text(), "kept");
});

Deno.test("An empty file needs no bytes on disk", async () => {
  await using app = await startApp();
  const { url } = await putFile(app, { body: "" });
  for (const path of await blobPaths(app)) await Deno.remove(path);
  const response = await app.request(url);
  assert.deepEqual([response.status, await response.text()], [200, ""]);
});

Deno.test("Who sends content again whose stored bytes are missing gets a file that is whole", async () => {
  await using app = await startApp();
  const { sha256, size, fileName } = await putFile(app, { body: "contents" });
  const [lost] = await blobPaths(app);
  await Deno.remove(lost!);

  const open = await app.json("POST", "/api/v1/uploads", { body: { fileName, size, sha256 } });
  assert.equal(open.status, 201, "an instant upload would have no bytes");
  const path = `/api/v1/uploads/${open.body.id}`;
  const put = await app.request(`${path}/chunks/0`, { method: "PUT", body: "contents" });
  assert.deepEqual([put.status, (await put.json()).receivedBytes], [200, size]);
  const { body: again } = await app.json("POST", `${path}/complete`);
  assert.equal(await (await app.request(again.url)).text(), "contents");

  const third = await putFile(app, { body: "contents" });
  assert.equal(await (await app.request(third.url)).text(), "contents");
  assert.equal((await blobPaths(app)).length, 1, "the bytes that are there are shared again");
});
