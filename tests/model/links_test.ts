import assert from "node:assert/strict";
import fc from "fast-check";
import { expireTokens } from "../../services/tokens/expiry.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { makeLink, visit } from "../support/links.ts";
import { putFile } from "../support/stored_files.ts";
import { assertTokens } from "../support/token_check.ts";
import * as m from "./links_model.ts";

type Command = fc.AsyncCommand<m.Model, TestApp>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * No sum of them lies in the minute behind 15 minutes, in which a lease that only its record remembers (after a
 * restart) may still go on.
 */
const STEPS_MS = [1, 6 * MINUTE, 6 * MINUTE, 17 * MINUTE, HOUR, 13 * HOUR, DAY, 8 * DAY];
const CLIENTS = ["curl", "wget", "browser"];

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

function command(name: string, run: (model: m.Model, app: TestApp) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, app) {
      await run(model, app);
      await compare(model, app);
    },
    toString: () => name,
  };
}

/** The lists that the owner sees are what the model has. */
async function compare(model: m.Model, app: TestApp): Promise<void> {
  for (const file of model.files) {
    const { status, body } = await app.json("GET", `/api/v1/attachments/${file.id}/tokens?limit=100`);
    if (file.state === "gone") {
      assert.equal(status, 404);
      continue;
    }
    const expected = model.links.filter((link) => link.file === file && !link.forgotten).map((link) => ({
      id: link.id,
      uses: link.uses,
      remainingUses: link.maxUses === 0 ? null : link.maxUses - link.uses,
      status: m.status(model, link),
      lastUsedAt: link.lastUsedAt === null ? null : new Date(link.lastUsedAt).toISOString(),
    }));
    // deno-lint-ignore no-explicit-any -- of the API
    const found = body.items.map(({ id, uses, remainingUses, status, lastUsedAt }: any) => (
      { id, uses, remainingUses, status, lastUsedAt }
    ));
    const byId = (a: { id: string }, b: { id: string }) => a.id < b.id ? -1 : 1;
    assert.deepEqual(found.toSorted(byId), expected.toSorted(byId));
    const attachment = await app.json("GET", `/api/v1/attachments/${file.id}`);
    assert.equal(attachment.body.downloadCount, file.downloads);
  }
}

const index = fc.nat(31);

const upload = fc.constant(command("upload", async (model, app) => {
  if (model.files.length >= 3) return;
  const { id } = await putFile(app, { body: "0123456789" });
  model.files.push({ id, state: "live", downloads: 0 });
}));

const link = fc.record({
  index,
  maxUses: fc.constantFrom(0, 1, 1, 2),
  validHours: fc.constantFrom(1, 1, 25, 200),
})
  .map((of) =>
    command(`link ${JSON.stringify(of)}`, async (model, app) => {
      const file = pick(model.files.filter(({ state }) => state === "live"), of.index);
      if (!file || model.links.length >= 12) return;
      const { id, path } = await makeLink(app, file.id, { maxUses: of.maxUses, validHours: of.validHours });
      model.links.push({
        id,
        path,
        file,
        maxUses: of.maxUses,
        uses: 0,
        createdAt: model.now,
        expiresAt: model.now + of.validHours * HOUR,
        revokedAt: null,
        lastUsedAt: null,
        leases: new Map(),
        forgotten: false,
      });
    })
  );

const ASKED = {
  whole: {},
  part: { range: "bytes=3-5" },
  head: { method: "HEAD" },
  page: { accept: "text/html" },
  late: { range: "bytes=99-" },
} as const;

const get = fc.record({
  index,
  client: fc.constantFrom(...CLIENTS),
  how: fc.constantFrom("whole", "whole", "part", "part", "head", "page", "late"),
}).map((of) =>
  command(`get ${JSON.stringify(of)}`, async (model, app) => {
    const link = pick(model.links, of.index);
    if (!link) return;
    const how = of.how as keyof typeof ASKED;
    const answer = await visit(app, link, { as: of.client, ...ASKED[how] });
    const refused = m.refusal(model, link, of.client);
    if (refused !== null) {
      const asHtml = how === "head" || how === "page";
      assert.equal(answer, asHtml ? (refused === "not-found" ? 404 : 403) : refused);
    } else if (how === "whole" || how === "part") {
      assert.equal(answer, how === "whole" ? 200 : 206);
      m.send(model, link, of.client);
    } else {
      assert.equal(answer, how === "late" ? "range-not-satisfiable" : 200);
    }
  })
);

const revoke = index.map((at) =>
  command(`revoke ${at}`, async (model, app) => {
    const link = pick(model.links, at);
    if (!link) return;
    const { status } = await app.json("DELETE", `/api/v1/tokens/${link.id}`);
    assert.equal(status, link.forgotten ? 404 : 204);
    if (!link.forgotten) link.revokedAt ??= model.now;
  })
);

const file = fc.record({ index, to: fc.constantFrom("deleted", "deleted", "live", "live", "gone") }).map((
  of,
) =>
  command(`file ${JSON.stringify(of)}`, async (model, app) => {
    const file = pick(model.files.filter(({ state }) => state !== "gone"), of.index);
    if (!file) return;
    if (of.to === "live") await app.json("POST", `/api/v1/attachments/${file.id}/restore`);
    else await app.json("DELETE", `/api/v1/attachments/${file.id}?permanent=${of.to === "gone"}`);
    file.state = of.to as m.FileModel["state"];
  })
);

const wait = fc.constantFrom(...STEPS_MS).map((ms) =>
  command(`wait ${ms / MINUTE} min`, (model, app) => {
    model.now += ms;
    app.clock = model.now;
    return Promise.resolve();
  })
);

const job = fc.constant(command("job", async (model, app) => {
  while ((await expireTokens(app.services.core)).more);
  m.forget(model);
}));

const restart = fc.constant(command("restart", async (_model, app) => {
  await app.services.core.background.settled();
  await app.restart();
}));

Deno.test("links do what their model does, through restarts, jobs and any course of time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([upload, link, link, get, get, get, get, revoke, file, wait, wait, job, restart], {
        maxCommands: 60,
        size: "max",
      }),
      async (commands) => {
        await using app = await startApp();
        const model: m.Model = { now: app.clock, files: [], links: [] };
        await fc.asyncModelRun(() => ({ model, real: app }), commands);
        await assertTokens(app);
        model.now = app.clock += 400 * DAY;
        while ((await expireTokens(app.services.core)).more);
        const { tokens, leases } = await assertTokens(app);
        assert.deepEqual([tokens.length, leases.length], [0, 0], "everything is forgotten at last");
      },
    ),
    { numRuns: 40 },
  );
});
