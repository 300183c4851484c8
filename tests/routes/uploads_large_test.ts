import assert from "node:assert/strict";
import { statfs } from "node:fs/promises";
import { ALICE, startApp } from "../support/app.ts";
import { listen } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import {
  completeUpload,
  digestField,
  newSession,
  outcome,
  putChunk,
  received,
  sha256,
  showUpload,
  storedSizes,
} from "../support/upload_calls.ts";

const curl = tool("curl", import.meta.url);
const MIB = 2 ** 20;
const GIB = 2 ** 30;

Deno.test("a session of 5 GiB keeps, compares and counts bytes on both sides of 2 and 4 GiB", async () => {
  await using app = await startApp();
  const size = 5 * GIB + 1;
  const id = await newSession(app, { size });
  const content = (offset: number, length: number) => randomBytes(length, { seed: 1, offset });
  const spans = [
    { offset: 2 * GIB - MIB, size: 2 * MIB },
    { offset: 4 * GIB - MIB, size: 2 * MIB },
    { offset: size - 1, size: 1 },
  ];
  for (const span of spans) {
    const body = content(span.offset, span.size);
    const headers = { "Content-Digest": digestField("sha-256", body) };
    assert.equal((await putChunk(app, id, { offset: span.offset, body, headers })).status, 200);
  }
  await app.restart();
  assert.deepEqual(await received(app, id), spans);
  assert.deepEqual(await storedSizes(app), [size]);
  const session = (await showUpload(app, id)).body;
  assert.deepEqual([session.receivedBytes, session.totalChunks], [4 * MIB + 1, 2561]);
  const { body: { items } } = await app.json("GET", `/api/v1/uploads/${id}/chunks`);
  assert.deepEqual(
    items,
    spans.map((span) => ({ ...span, sha256: sha256(content(span.offset, span.size)) })),
  );

  // The same bytes are found to be the same, others to be others, across the border.
  const again = { offset: 4 * GIB - MIB, body: content(4 * GIB - MIB, 2 * MIB) };
  assert.equal((await putChunk(app, id, again)).status, 200);
  for (const wrong of [MIB - 1, MIB]) {
    const body = again.body.slice();
    body[wrong]! ^= 1;
    const refused = await putChunk(app, id, { ...again, body });
    assert.deepEqual(outcome(refused), [409, "chunk-conflict"]);
  }
  const refused = await completeUpload(app, id);
  assert.deepEqual(refused.body.missing, [
    { offset: 0, size: 2 * GIB - MIB },
    { offset: 2 * GIB + MIB, size: 2 * GIB - 2 * MIB },
    { offset: 4 * GIB + MIB, size: GIB - MIB },
  ]);
});

/** SHA-256 of 4 GiB and 64 KiB of zeros with `MARK` across the border at 4 GiB. */
const DIGEST = "9e2f0e30aac90361a103737397185ab44323ba778b26e7a9caa83fa6924f9313";
const MARK = new TextEncoder().encode("before4GiBbehind");

/** Where 4 GiB are written without keeping the disk from other tests, if there is room. */
async function memoryDir(): Promise<(AsyncDisposable & { path: string }) | null> {
  const shared = "/dev/shm";
  try {
    const { bavail, bsize } = await statfs(shared);
    if (Math.min(bavail * bsize, Deno.systemMemoryInfo().available) < 10 * GIB) return null;
  } catch {
    return null;
  }
  const path = await Deno.makeTempDir({ dir: shared, prefix: "pawl_test_" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test({
  name: "a whole file over 4 GiB is stored with its right digest, and read by ranges around 4 GiB",
  ignore: curl === null,
  async fn() {
    await using dir = await tempDir();
    await using memory = await memoryDir();
    await using app = await startApp(memory ? { dataDir: memory.path } : {});
    await using server = listen(app);
    const size = 4 * GIB + 65_536;
    {
      using file = await Deno.open(dir.join("large.bin"), { create: true, write: true });
      await file.seek(4 * GIB - 8, Deno.SeekMode.Start);
      await file.write(MARK);
      await file.truncate(size);
    }
    const { stdout, stderr } = await new Deno.Command(curl!, {
      args: [
        ...["-sS", "-T", "large.bin", "-H", `Authorization: Bearer ${await app.token(ALICE)}`],
        `${server.url}api/v1/files/`,
      ],
      cwd: dir.path,
    }).output();
    const text = new TextDecoder();
    assert.equal(text.decode(stderr), "");
    const attachment = JSON.parse(text.decode(stdout));
    assert.deepEqual([attachment.size, attachment.sha256], [size, DIGEST]);
    const ranged = await app.request(attachment.url, {
      headers: { Range: `bytes=${4 * GIB - 8}-${4 * GIB + 7}` },
    });
    assert.equal(ranged.headers.get("Content-Range"), `bytes ${4 * GIB - 8}-${4 * GIB + 7}/${size}`);
    assert.deepEqual(await ranged.bytes(), MARK);
  },
});
