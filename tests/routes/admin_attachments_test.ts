/** Files of all owners, as administrators see them. */
import assert from "node:assert/strict";
import type { AttachmentRecord } from "../../services/model.ts";
import { putAttachment } from "../../services/records/attachments.ts";
import { keys } from "../../services/records/keys.ts";
import { adminGet, adminPages, runJob } from "../support/admin.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp } from "../support/app.ts";
import { putFile } from "../support/stored_files.ts";

const DAY = 86_400_000;
const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);
const list = async (app: TestApp, query = "") =>
  idsOf((await adminPages(app, `attachments?${query}`, { limit: 2 })).items);
const remove = (app: TestApp, id: string) => app.json("DELETE", `/api/v1/attachments/${id}`, { user: ADMIN });

Deno.test("files of all owners are listed newest first, by stage, owner, type and a part of the name", async () => {
  await using app = await startApp();
  const put = async (fileName: string, of: { user?: typeof BOB; businessType?: string } = {}) => {
    app.clock += 1000;
    return (await putFile(app, { fileName, body: fileName, ...of })).id;
  };
  const a = await put("Straße 1.txt");
  const b = await put("b.txt", { user: BOB });
  const c = await put("c.txt", { businessType: "Document", user: BOB });
  const d = await put("d.txt", { businessType: "Document" });
  const e = await put("STRASSE 2.txt", { user: BOB });
  assert.deepEqual(await list(app), [e, d, c, b, a]);
  assert.deepEqual(await list(app, "owner=bob"), [e, c, b]);
  assert.deepEqual(await list(app, "businessType=Document"), [d, c]);
  assert.deepEqual(await list(app, "businessType=Document&owner=bob"), [c]);
  assert.deepEqual(await list(app, "q=strasse"), [e, a], "as in the list of one's own");
  assert.deepEqual(await list(app, "q=strasse&owner=bob"), [e]);

  for (const id of [d, a, c]) {
    app.clock += 1000;
    await remove(app, id);
  }
  assert.deepEqual(await list(app), [e, b]);
  assert.deepEqual(await list(app, "state=deleted"), [c, a, d], "the last deleted first");
  assert.deepEqual(await list(app, "state=deleted&owner=alice"), [d, a]);
  assert.deepEqual(await list(app, "state=deleted&q=straSSe"), [a]);
  app.clock += 30 * DAY;
  await runJob(app, "softDeleted");
  assert.deepEqual(await list(app, "state=deleted"), []);
  assert.deepEqual((await list(app, "state=binned")).toSorted(), [a, c, d].toSorted());
  assert.deepEqual(await list(app, "state=binned&owner=bob"), [c]);
  assert.deepEqual(await list(app, "state=binned&businessType=Document&owner=alice"), [d]);

  const [binned] = (await adminGet(app, "attachments?state=binned&owner=bob")).items;
  assert.equal(binned.binnedAt, new Date(app.clock).toISOString());
  assert.equal((await app.json("POST", `/api/v1/attachments/${c}/restore`, { user: ADMIN })).status, 200);
  const [restored] = (await adminGet(app, "attachments?businessType=Document")).items;
  assert.deepEqual(restored, (await app.json("GET", `/api/v1/attachments/${c}`, { user: BOB })).body);
});

Deno.test("a page looks at a bounded number of files, whatever is asked for, and the next one goes on", async () => {
  await using app = await startApp();
  const { records } = app.services.core;
  const oldest = await putFile(app, { fileName: "needle.txt" });
  const { value } = await records.get<AttachmentRecord>(keys.attachment(oldest.id));
  const first = BigInt(oldest.id);
  for (let n = 1; n <= 2500; n += 50) {
    await records.transact((commit) => {
      for (let more = n; more < n + 50; more++) {
        const id = String(first + BigInt(more));
        putAttachment(commit, { ...value!, id, ownerId: "carol", fileName: `hay ${more}.txt` });
      }
      return Promise.resolve();
    });
  }
  const { items, sizes } = await adminPages(app, "attachments?q=needle");
  assert.deepEqual(idsOf(items), [oldest.id]);
  assert.deepEqual(sizes, [0, 0, 1]);
  assert.deepEqual((await adminPages(app, "attachments?owner=alice")).sizes, [1], "owners have an index");
  assert.equal((await adminPages(app, "attachments?owner=carol&businessType=General")).items.length, 2500);
});

Deno.test("a cursor of another list is refused with a sentence", async () => {
  await using app = await startApp();
  for (const user of [ALICE, BOB]) {
    const { id } = await putFile(app, { user, body: user.sub });
    await putFile(app, { user, body: `${user.sub} too` });
    await remove(app, id);
  }
  const { cursor } = await adminGet(app, "attachments?state=deleted&limit=1");
  const { status, body } = await app.json("GET", `/api/v1/admin/attachments?cursor=${cursor}`, {
    user: ADMIN,
  });
  assert.deepEqual([status, body.code], [400, "invalid-cursor"]);
});
