/** The first version of system A's client, whose chunks have numbers. */
import assert from "node:assert/strict";
import { startApp, type TestAppOptions } from "../../support/app.ts";
import { anonymous, chunkForm, numberedForm, say, sha256 } from "../../support/dotnet_client.ts";
import { randomBytes } from "../../support/random_bytes.ts";

const MIB = 2 ** 20;
const OFF: TestAppOptions = { env: { PAWL_AUTH: "off" } };

Deno.test("The first version's numbered chunks merge with the one that makes them whole, in any order, and survive a restart", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(3 * MIB + 5, { seed: 7 });
  const fileId = "0b8a4c1e-guid";
  const status = async () => await (await send(`/api/Upload/GetUploadStatus?fileId=${fileId}`)).json();
  const put = async (number: number) => {
    const body = numberedForm({ name: "a.zip", bytes, fileId, number, total: 4 });
    const response = await send("/api/Upload/UploadChunk", { method: "POST", body });
    assert.equal(response.status, 200);
    return await response.json();
  };
  assert.deepEqual(await status(), { uploadedChunks: [] }, "unknown");
  assert.deepEqual(await put(3), { message: "Chunk uploaded", chunkNumber: 3 });
  assert.deepEqual(await status(), [3]);
  assert.deepEqual(await put(0), { message: "Chunk uploaded", chunkNumber: 0 });
  await app.restart();
  assert.deepEqual(await status(), [0, 3]);
  const last = await Promise.all([put(1), put(2)]);
  assert.deepEqual(last.filter(({ message }) => message === "Upload complete").length > 0, true);
  assert.deepEqual(
    last.find(({ message }) => message === "Upload complete"),
    { message: "Upload complete", fileName: "a.zip" },
  );
  assert.equal(sha256(await (await send("/uploads/completed/a.zip")).bytes()), sha256(bytes));
});

Deno.test("Numbered chunks of wrong number or size are refused", async () => {
  await using app = await startApp(OFF);
  const send = anonymous(app);
  const bytes = randomBytes(2 * MIB, { seed: 8 });
  for (
    const [fields, size] of [
      [{ chunkNumber: 2, totalChunks: 2 }, MIB],
      [{ chunkNumber: 0, totalChunks: 2 }, MIB - 1],
      [{ chunkNumber: 1, totalChunks: 2 }, 0],
      [{ chunkNumber: 0, totalChunks: 0 }, 5],
      [{ chunkNumber: -1, totalChunks: 2 }, MIB],
      [{ chunkNumber: 0, totalChunks: 10_000_000 }, MIB],
    ] as const
  ) {
    const body = chunkForm({ fileId: "x", ...fields, fileName: "a" }, bytes.slice(0, size));
    assert.equal((await say(await send("/api/Upload/UploadChunk", { method: "POST", body }))).status, 400);
  }
  const body = chunkForm({ fileId: "x", chunkNumber: 0, totalChunks: 2, fileName: "a" }, bytes);
  assert.equal((await say(await send("/api/Upload/UploadChunk", { method: "POST", body }))).status, 413);
});
