import assert from "node:assert/strict";
import type { BlobStore } from "../../services/blobs/blob_store.ts";
import type { Records } from "../../services/records/records.ts";
import { cleaned, drawing } from "../services/images/pictures.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";

async function photograph(): Promise<Uint8Array<ArrayBuffer>> {
  const image = drawing({ width: 60, height: 40 }).withExif({ IFD0: { Artist: "Anna" } });
  return new Uint8Array(await image.jpeg().toBuffer());
}

/**
 * From the `last`-th step on that changes something, nothing is done any more, as if the process had died: of that
 * step itself either nothing, or all but its answer. Gives how many steps were tried.
 */
function dieAt(app: TestApp, last: number, { applied }: { applied: boolean }): { steps: number } {
  const { blobs, records } = app.services.core as { blobs: BlobStore; records: Records };
  const state = { steps: 0 };
  const dying =
    <Args extends unknown[], T>(step: (...args: Args) => Promise<T>, lose: (result: T) => void = () => {}) =>
    async (...args: Args) => {
      const now = ++state.steps;
      if (now > last || (now === last && !applied)) throw new Error("dead");
      const result = await step(...args);
      if (now < last) return result;
      lose(result);
      throw new Error("dead");
    };
  const { openWriter } = blobs;
  blobs.openWriter = dying(async (...args: Parameters<BlobStore["openWriter"]>) => {
    const writer = await openWriter(...args);
    return { ...writer, write: dying(writer.write), sync: dying(writer.sync) };
  }, (writer) => writer.close());
  blobs.remove = dying(blobs.remove);
  blobs.settle = dying(blobs.settle);
  records.transact = dying(records.transact) as Records["transact"];
  return state;
}

for (const applied of [false, true]) {
  const when = applied ? "after" : "before";
  Deno.test(`a crash ${when} any step of cleaning a picture and making its thumbnail leaves no lie and no rubbish`, async () => {
    const photo = await photograph();
    const clean = await cleaned(photo);
    let outcomes = "";
    for (let last = 1;; last++) {
      await using app = await startApp({ pawlJson: { images: { engine: "imagescript" } } });
      const state = dieAt(app, last, { applied });
      const path = "/api/v1/files/photo.jpg?businessType=Image";
      const { status } = await app.request(path, { method: "PUT", body: photo });
      await app.services.core.background.settled();
      const survived = state.steps < last;
      await app.restart();
      const { items } = (await app.json("GET", "/api/v1/attachments")).body;
      assert(items.length === 1 || status !== 201, "an acknowledged picture is lost");
      outcomes += items.length;
      for (const { url, variants } of items) {
        assert.deepEqual(await (await app.request(url)).bytes(), clean);
        const thumbnail = await app.request(variants.thumbnail.url);
        assert.equal(thumbnail.status, 200);
        await thumbnail.body?.cancel();
      }
      await cleanUp(app, { hours: 1 });
      const { blobs } = await assertConsistent(app);
      assert.equal(blobs.length, items.length * 2);
      if (survived) break;
    }
    assert.match(outcomes, /^0+1+$/);
  });
}
