import assert from "node:assert/strict";
import { SYSTEM } from "../../services/audit/entry.ts";
import { ADMIN, ALICE, startApp, type TestApp } from "../support/app.ts";

// deno-lint-ignore no-explicit-any -- entries of every shape
async function entries(app: TestApp, query = ""): Promise<any[]> {
  const { status, body } = await app.json("GET", `/api/v1/admin/audit?${query}`, { user: ADMIN });
  assert.equal(status, 200, JSON.stringify(body));
  return body.items;
}

Deno.test("a refusal is audited once at first, then counted each minute", async () => {
  await using app = await startApp();
  for (let times = 0; times < 5; times++) {
    assert.equal((await app.json("GET", "/api/v1/admin/audit", { user: ALICE })).status, 403);
  }
  await app.services.core.background.settled();
  const [first, ...others] = await entries(app, "outcome=refused");
  assert.deepEqual(others, []);
  assert.deepEqual([first.action, first.result, first.count], ["request.refused", "forbidden", 1]);
  assert.deepEqual([first.actor.id, first.target.id], ["alice", "GET /api/v1/admin/audit"]);
  await app.services.refusals.flush();
  assert.deepEqual((await entries(app, "outcome=refused")).map(({ count }) => count), [4, 1]);
  await app.services.refusals.flush();
  assert.equal((await entries(app, "outcome=refused")).length, 2);
});

Deno.test("entries are found by actor, action, target, address and time, in pages", async () => {
  await using app = await startApp();
  const { records, audit } = app.services.core;
  const started = app.clock;
  for (let index = 0; index < 30; index++) {
    app.clock = started + index * 1000;
    await records.transact((commit) => {
      audit.add(commit, {
        actor: { ...SYSTEM, id: index % 2 ? "odd" : "even", role: "user", address: `192.0.2.${index % 3}` },
        action: index % 5 ? "attachment.change" : "attachment.delete",
        target: { kind: "attachment", id: String(index % 4) },
        detail: { index },
      });
      return Promise.resolve();
    });
  }
  const found = async (query: string) => (await entries(app, query)).map(({ detail }) => detail.index);
  assert.deepEqual(await found("actor=odd&action=attachment.delete"), [25, 15, 5]);
  assert.deepEqual(await found("targetKind=attachment&targetId=3"), [27, 23, 19, 15, 11, 7, 3]);
  assert.deepEqual(await found("address=192.0.2.1&limit=3"), [28, 25, 22]);
  const [from, until] = [started + 10_000, started + 13_000].map((ms) => new Date(ms).toISOString());
  assert.deepEqual(await found(`from=${from}&until=${until}`), [12, 11, 10]);

  const seen: number[] = [];
  for (let cursor = ""; cursor !== null;) {
    const { body } = await app.json(
      "GET",
      `/api/v1/admin/audit?limit=7&cursor=${cursor}`.replace(/&cursor=$/, ""),
      {
        user: ADMIN,
      },
    );
    // deno-lint-ignore no-explicit-any -- as above
    seen.push(...body.items.map((entry: any) => entry.detail.index));
    cursor = body.cursor;
  }
  assert.deepEqual(seen, Array.from({ length: 30 }, (_, index) => 29 - index));
});

Deno.test("half a target is refused with a sentence", async () => {
  await using app = await startApp();
  const { status, body } = await app.json("GET", "/api/v1/admin/audit?targetKind=upload", { user: ADMIN });
  assert.deepEqual([status, body.code], [400, "invalid-request"]);
});

Deno.test("an administrator has the chain checked", async () => {
  await using app = await startApp();
  const { status, body } = await app.json("POST", "/api/v1/admin/audit/verify", { user: ADMIN, body: {} });
  assert.deepEqual([status, body.intact, body.findings], [200, true, []]);
});
