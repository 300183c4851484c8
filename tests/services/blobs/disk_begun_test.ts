import assert from "node:assert/strict";
import { openBegun } from "../../../services/blobs/disk_begun.ts";
import { Problem } from "../../../services/problem.ts";
import { tempDir } from "../../support/temp_dir.ts";

const START = Date.UTC(2026, 0, 1, 12);

/** Notes and blobs in folders of their own, a clock to be moved, and the next process on the same data. */
async function setUp() {
  const dir = await tempDir();
  const [folder, blobs] = [dir.join("begun"), dir.join("blobs")];
  for (const path of [folder, `${blobs}/20260101`]) await Deno.mkdir(path, { recursive: true });
  const clock = { now: START };
  const open = () => openBegun({ folder, blobs, now: () => clock.now });
  let begun = open();
  return {
    clock,
    folder,
    get begun() {
      return begun;
    },
    restart: () => begun = open(),
    notes: async () => (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name),
    /** As a writer makes it. */
    file: (id: string) => Deno.writeFile(`${blobs}/${id.slice(0, 8)}/${id.slice(9)}`, new Uint8Array()),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function announced(under: Awaited<ReturnType<typeof setUp>>): Promise<string> {
  const id = under.begun.newId();
  await under.begun.announce(id);
  await under.file(id);
  return id;
}

Deno.test("many announced blobs of a minute share one note", async () => {
  await using under = await setUp();
  const ids = await Promise.all(Array.from({ length: 500 }, () => announced(under)));
  assert.equal(new Set(ids).size, 500);
  assert.equal((await under.notes()).length, 1);
  for (const id of ids) assert.match(id, /^20260101-[0-9a-f]{32}$/);
});

Deno.test("the note of a group goes when its last blob is settled and another group is current", async () => {
  await using under = await setUp();
  const [first, second] = [await announced(under), await announced(under)];
  const [note] = await under.notes();
  under.clock.now += 60_000;
  const other = await announced(under);
  assert.equal((await under.notes()).length, 2);
  await under.begun.settle(first);
  await under.begun.settle(first);
  assert.equal((await under.notes()).length, 2);
  await under.begun.settle(second);
  assert.equal((await under.notes()).length, 1);
  assert.ok(!(await under.notes()).includes(note!));
  await under.begun.settle(other);
  assert.deepEqual(await under.begun.unsettled(), []);
});

Deno.test("a group ends after a thousand ids, and with its day", async () => {
  await using under = await setUp();
  const groupOf = (id: string) => id.slice(0, 25);
  const first = groupOf(under.begun.newId());
  for (let n = 1; n < 1000; n++) assert.equal(groupOf(under.begun.newId()), first);
  assert.notEqual(groupOf(under.begun.newId()), first);
  under.clock.now = Date.UTC(2026, 0, 2);
  assert.match(under.begun.newId(), /^20260102-/);
});

Deno.test("an id that is announced after its group has ended is noted all the same", async () => {
  await using under = await setUp();
  const late = under.begun.newId();
  await under.begun.settle(await announced(under));
  under.clock.now += 60_000;
  await announced(under);
  await under.begun.announce(late);
  await under.file(late);
  assert.equal((await under.notes()).length, 2);
  assert.ok((await under.restart().unsettled()).includes(late));
});

Deno.test("ids that are announced and settled all the time keep their note while one is open", async () => {
  await using under = await setUp();
  const ids = Array.from({ length: 200 }, () => under.begun.newId());
  under.clock.now += 60_000;
  under.begun.newId();
  // Each is the last of its group again and again, so that notes go and come.
  await Promise.all(ids.map(async (id, n) => {
    for (let turn = 0; turn < n % 5; turn++) await Promise.resolve();
    await under.begun.announce(id);
    assert.equal((await under.notes()).filter((name) => id.startsWith(name)).length, 1);
    await under.begun.settle(id);
  }));
  assert.deepEqual(await under.notes(), []);
});

Deno.test("the next process finds all that may be unsettled, and forgets it when it is settled", async () => {
  await using under = await setUp();
  const [open, settled] = [await announced(under), await announced(under)];
  await under.begun.settle(settled);
  await under.file(`20260101-${"0".repeat(32)}`); // Never announced.
  const next = under.restart();
  const found = await next.unsettled();
  assert.deepEqual(found.toSorted(), [open, settled].toSorted());
  assert.deepEqual((await next.unsettled()).toSorted(), found.toSorted());
  for (const id of found) await next.settle(id);
  assert.deepEqual(await next.unsettled(), []);
  assert.deepEqual(await under.notes(), []);
});

Deno.test("a note of which no file was made, or whose day's folder is missing, goes at the next start", async () => {
  await using under = await setUp();
  await under.begun.announce(under.begun.newId());
  under.clock.now = Date.UTC(2026, 0, 3);
  await under.begun.announce(under.begun.newId());
  assert.equal((await under.notes()).length, 2);
  assert.deepEqual(await under.restart().unsettled(), []);
  assert.deepEqual(await under.notes(), []);
});

Deno.test("notes for single blobs, as earlier versions made them, are found and go", async () => {
  await using under = await setUp();
  const id = `20260101-${"ab".repeat(16)}`;
  await Deno.writeFile(`${under.folder}/${id}`, new Uint8Array());
  assert.deepEqual(await under.begun.unsettled(), [id]);
  await under.begun.settle(id);
  assert.deepEqual(await under.notes(), []);
});

Deno.test("a note that cannot be made is an error each time, until it can", async () => {
  await using under = await setUp();
  await Deno.rename(under.folder, `${under.folder}-away`);
  const id = under.begun.newId();
  for (let time = 0; time < 2; time++) {
    await assert.rejects(
      under.begun.announce(id),
      (error: Problem) => error.code === "storage-unavailable",
    );
  }
  await Deno.rename(`${under.folder}-away`, under.folder);
  await under.begun.announce(id);
  assert.equal((await under.notes()).length, 1);
});

Deno.test("a store that is closed with everything settled leaves no note", async () => {
  await using under = await setUp();
  const [id, other] = [await announced(under), await announced(under)];
  await under.begun.settle(id);
  under.begun.close();
  assert.equal((await under.notes()).length, 1);
  await under.begun.settle(other);
  under.begun.close();
  assert.deepEqual(await under.notes(), []);
});
