import assert from "node:assert/strict";
import fc from "fast-check";
import { binDeleted, deleteOrphans, purgeBinned } from "../../services/attachments/retention.ts";
import { ADMIN, ALICE, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { putFile } from "../support/stored_files.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OWNERS = [ALICE, BOB];
/** Every file of it must belong to something; of General none. */
const STRICT_TYPE = "Scan";

interface FileModel {
  id: string;
  owner: TestUser;
  content: string;
  stage: "live" | "deleted" | "binned" | "gone";
  businessType: string;
  businessId: string | null;
  deletedAt: number;
  binnedAt: number;
  orphanSince: number | null;
}

interface Model {
  now: number;
  files: FileModel[];
}

type Command = fc.AsyncCommand<Model, TestApp>;

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

function command(name: string, run: (model: Model, app: TestApp) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, app) {
      await run(model, app);
      await compare(model, app);
    },
    toString: () => name,
  };
}

/** Owner and administrator see exactly what they may, in lists as one by one. */
async function compare(model: Model, app: TestApp): Promise<void> {
  const listed = async (user: TestUser, query: string) => {
    const { body } = await app.json("GET", `/api/v1/attachments?limit=100&${query}`, { user });
    return body.items.map(({ id }: { id: string }) => id).toSorted();
  };
  const expected = (of: (file: FileModel) => boolean) =>
    model.files.filter(of).map(({ id }) => id).toSorted();
  for (const owner of OWNERS) {
    for (const stage of ["live", "deleted"]) {
      assert.deepEqual(
        await listed(owner, `state=${stage}`),
        expected((file) => file.owner === owner && file.stage === stage),
        `${owner.sub} ${stage}`,
      );
    }
    assert.deepEqual(
      await listed(owner, `businessType=${STRICT_TYPE}&businessId=order`),
      expected((file) =>
        file.owner === owner && file.stage === "live" && file.businessType === STRICT_TYPE &&
        file.businessId === "order"
      ),
    );
  }
  assert.deepEqual(await listed(ADMIN, "state=binned"), expected(({ stage }) => stage === "binned"));
  for (const { id, owner, stage } of model.files) {
    const statusFor = async (user: TestUser) =>
      (await app.json("GET", `/api/v1/attachments/${id}`, { user })).status;
    assert.equal(await statusFor(owner), stage === "live" || stage === "deleted" ? 200 : 404);
    assert.equal(await statusFor(ADMIN), stage === "gone" ? 404 : 200);
  }
}

const index = fc.nat(31);
const byAdmin = fc.constantFrom(false, false, true);

const upload = fc.record({
  owner: fc.constantFrom(...OWNERS),
  content: fc.constantFrom("one", "two"),
  businessType: fc.constantFrom("General", STRICT_TYPE),
  businessId: fc.constantFrom(null, "order"),
}).map((of) =>
  command(`upload ${JSON.stringify(of)}`, async (model, app) => {
    if (model.files.length >= 8) return;
    const { owner, content, businessType, businessId } = of;
    const { id } = await putFile(app, {
      user: owner,
      body: content,
      businessType,
      ...(businessId !== null && { businessId }),
    });
    const orphanSince = businessId === null ? model.now : null;
    model.files.push({ ...of, id, stage: "live", deletedAt: 0, binnedAt: 0, orphanSince });
  })
);

/** What the API is asked, by whom, and what becomes of the file when it may. */
const change = fc.record({
  index,
  byAdmin,
  what: fc.constantFrom(
    "delete",
    "delete",
    "restore",
    "restore",
    "purge",
    "associate",
    "dissociate",
    "rename",
  ),
}).map((of) =>
  command(JSON.stringify(of), async (model, app) => {
    const file = pick(model.files, of.index);
    if (!file) return;
    const at = `/api/v1/attachments/${file.id}`;
    const user = of.byAdmin ? ADMIN : file.owner;
    const isThere = file.stage === "live" || file.stage === "deleted" ||
      (file.stage === "binned" && of.byAdmin);
    const ask = async (method: string, path: string, body?: unknown) =>
      (await app.json(method, path, { user, ...(body !== undefined && { body }) })).status;
    const patch = {
      associate: { businessId: "order" },
      dissociate: { businessId: null },
      rename: { fileName: "b" },
    };
    if (of.what === "delete") {
      assert.equal(await ask("DELETE", at), isThere ? 204 : 404);
      if (file.stage === "live") Object.assign(file, { stage: "deleted", deletedAt: model.now });
    } else if (of.what === "purge") {
      assert.equal(await ask("DELETE", `${at}?permanent=true`), isThere ? 204 : 404);
      if (isThere) file.stage = "gone";
    } else if (of.what === "restore") {
      assert.equal(await ask("POST", `${at}/restore`), isThere ? 200 : 404);
      if (isThere && file.stage !== "live") Object.assign(file, { stage: "live", orphanSince: null });
    } else {
      const expected = !isThere ? 404 : file.stage === "live" ? 200 : 409;
      const body = patch[of.what as keyof typeof patch];
      assert.equal(await ask("PATCH", at, body), expected);
      if (expected !== 200 || of.what === "rename") return;
      const businessId = of.what === "associate" ? "order" : null;
      if (file.businessId === businessId) return;
      Object.assign(file, { businessId, orphanSince: businessId === null ? model.now : null });
    }
  })
);

const wait = fc.constantFrom(HOUR, 12 * HOUR, DAY, 15 * DAY, 30 * DAY, 45 * DAY).map((ms) =>
  command(`wait ${ms / DAY} days`, (model, app) => {
    app.clock = model.now += ms;
    return Promise.resolve();
  })
);

const job = fc.constantFrom("bin", "purge", "orphans").map((name) =>
  command(name, async (model, app) => {
    const { core } = app.services;
    const run = { bin: binDeleted, purge: purgeBinned, orphans: deleteOrphans }[name]!;
    const { done } = await run(core);
    const due = model.files.filter((file) => {
      if (name === "bin") return file.stage === "deleted" && model.now >= file.deletedAt + 30 * DAY;
      if (name === "purge") return file.stage === "binned" && model.now >= file.binnedAt + 90 * DAY;
      return file.stage === "live" && file.businessType === STRICT_TYPE && file.orphanSince !== null &&
        model.now >= file.orphanSince + DAY;
    });
    assert.equal(done, due.length);
    for (const file of due) {
      if (name === "bin") Object.assign(file, { stage: "binned", binnedAt: model.now });
      else if (name === "purge") file.stage = "gone";
      else Object.assign(file, { stage: "deleted", deletedAt: model.now });
    }
  })
);

const restart = fc.constant(command("restart", (_model, app) => app.restart()));

Deno.test("the recycle bin does what its model does, and bytes are there for as long as something refers to them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([upload, upload, change, change, change, wait, wait, job, job, job, restart], {
        maxCommands: 45,
        size: "max",
      }),
      async (commands) => {
        await using app = await startApp({
          pawlJson: {
            businessTypes: { [STRICT_TYPE]: { orphanHours: 24 } },
            limits: { uploadsPerMinute: 0 },
          },
        });
        const model: Model = { now: app.clock, files: [] };
        await fc.asyncModelRun(() => ({ model, real: app }), commands);
        await cleanUp(app, { hours: 1 });
        const { attachments, blobs } = await assertConsistent(app);
        const there = model.files.filter(({ stage }) => stage !== "gone");
        assert.deepEqual(attachments.map(({ id }) => id).toSorted(), there.map(({ id }) => id).toSorted());
        assert.equal(blobs.length, new Set(there.map(({ content }) => content)).size);
      },
    ),
    { numRuns: 15 },
  );
});
