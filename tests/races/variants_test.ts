import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sweepBlobs } from "../../services/cleanup.ts";
import { drawing } from "../services/images/pictures.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { purge } from "../support/uploads.ts";

const ROUNDS = 60;
const MINUTE = 60_000;

/** Another one for each round, quickly decoded. */
async function picture(round: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await drawing({ width: 20 + round, height: 12 }).png().toBuffer());
}

async function upload(app: TestApp, bytes: Uint8Array<ArrayBuffer>, query = ""): Promise<string> {
  const response = await app.request(`/api/v1/files/a.png?${query}`, { method: "PUT", body: bytes });
  assert.equal(response.status, 201);
  return (await response.json()).id;
}

async function variant(app: TestApp, id: string): Promise<{ status: number; sha256: string }> {
  const response = await app.request(`/api/v1/attachments/${id}/content?variant=small`);
  const sha256 = createHash("sha256").update(await response.bytes()).digest("hex");
  return { status: response.status, sha256 };
}

Deno.test("a variant is asked for while the last file of its content goes: nothing is left of either", async () => {
  await using app = await startApp({ pawlJson: { images: { engine: "imagescript" } } });
  const ready = barrier(3);
  const wait = jitter(1);
  const seen = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const id = await upload(app, await picture(round), `generateThumbnail=${round % 2}`);
    const sweeper = async () => {
      await ready();
      for (let sweep = 0; sweep < 4; sweep++) {
        await wait();
        app.clock += 11 * MINUTE;
        await sweepBlobs(app.services.core);
      }
    };
    const [{ status }] = await Promise.all([
      ready().then(wait).then(() => variant(app, id)),
      ready().then(wait).then(() => purge(app, id)),
      sweeper(),
    ]);
    seen.set(status, (seen.get(status) ?? 0) + 1);
  }
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs, files } = await assertConsistent(app);
  assert.deepEqual([attachments, blobs, [...files]], [[], [], []]);
  assert.deepEqual([...seen.keys()].filter((status) => status !== 200 && status !== 404), []);
});

Deno.test("a variant is asked for as one of two files of its content goes and another comes: it is always given", async () => {
  await using app = await startApp({ pawlJson: { images: { engine: "imagescript" } } });
  const ready = barrier(4);
  const wait = jitter(2);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = await picture(round);
    const [kept, gone] = [await upload(app, bytes), await upload(app, bytes)];
    const answers = await Promise.all([
      ready().then(wait).then(() => variant(app, kept)),
      ready().then(wait).then(() => variant(app, kept)),
      ready().then(wait).then(() => purge(app, gone)).then(() => null),
      ready().then(wait).then(() => upload(app, bytes)).then(() => null),
    ]);
    const given = answers.filter((answer) => answer !== null);
    assert.deepEqual(given.map(({ status }) => status), [200, 200]);
    assert.equal(new Set(given.map(({ sha256 }) => sha256)).size, 1);
  }
  await cleanUp(app, { hours: 1 });
  const { attachments, blobs } = await assertConsistent(app);
  assert.deepEqual(
    [attachments.length, blobs.length],
    [2 * ROUNDS, 3 * ROUNDS],
    "each with thumbnail and small",
  );
});
