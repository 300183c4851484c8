import assert from "node:assert/strict";
import type { InTurn } from "../../services/in_turn.ts";
import type { Records } from "../../services/records/records.ts";
import { expireTokens } from "../../services/tokens/expiry.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { barrier } from "../support/barrier.ts";
import { jitter } from "../support/jitter.ts";
import { makeLink, shown, usesOf, visit } from "../support/links.ts";
import { putFile } from "../support/stored_files.ts";
import { assertTokens } from "../support/token_check.ts";

const ROUNDS = 300;
const CLIENTS = 4;
const HOUR = 3_600_000;

/** As when the rivals are in different processes: only the commits keep them apart. */
function withoutQueue({ services }: TestApp): void {
  (services.core as { inTurn: InTurn }).inTurn = (_key, run) => run();
}

for (const queued of [true, false]) {
  Deno.test(`the last use goes to exactly one client, however many ask at once${queued ? "" : ", by its commit alone"}`, async () => {
    await using app = await startApp();
    if (!queued) withoutQueue(app);
    const file = await putFile(app, { body: "0123456789" });
    const ready = barrier(CLIENTS * 2);
    const wait = jitter(queued ? 1 : 2);
    for (let round = 0; round < ROUNDS / 2; round++) {
      const maxUses = 1 + round % 2;
      const link = await makeLink(app, file.id, { maxUses });
      const ask = async (as: string, range?: string) => {
        await ready();
        await wait();
        return await visit(app, link, { as, ...(range !== undefined && { range }) });
      };
      // Each client comes twice, as one that downloads by several connections.
      const answers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, n) => Promise.all([ask(`${n}`), ask(`${n}`, "bytes=5-")])),
      );
      const served = answers.filter(([whole, part]) => whole === 200 && part === 206).length;
      const refused = answers.flat().filter((answer) => answer === "link-used-up").length;
      assert.deepEqual([served, refused], [maxUses, 2 * (CLIENTS - maxUses)], `${answers}`);
      assert.equal(await usesOf(app, file.id, link), maxUses);
      if (round % 50 === 49) app.clock += 24 * HOUR;
      if (round % 50 === 49) { while ((await expireTokens(app.services.core)).more); }
    }
    await assertTokens(app);
  });
}

Deno.test("a hundred clients behind a trusted proxy want one use: one gets it", async () => {
  await using app = await startApp({ env: { PAWL_TRUSTED_PROXIES: "10.0.0.0/8" } });
  const file = await putFile(app, { body: "0123456789" });
  for (let round = 0; round < 3; round++) {
    const link = await makeLink(app, file.id);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) =>
      visit(app, link, {
        peer: "10.0.0.1",
        as: "the same browser",
        headers: { "X-Forwarded-For": `203.0.113.77, 198.51.100.${n}` },
      })));
    assert.deepEqual(
      answers.toSorted(),
      [200, ...Array<string>(99).fill("link-used-up")],
    );
    assert.equal(await usesOf(app, file.id, link), 1);
  }
});

Deno.test("a hundred clients may share a link for as many, at once", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: "0123456789" });
  const link = await makeLink(app, file.id, { maxUses: 100 });
  const answers = await Promise.all(
    Array.from({ length: 120 }, (_, n) => visit(app, link, { as: `${n}` })),
  );
  assert.equal(answers.filter((answer) => answer === 200).length, 100, "none is told to come back later");
  assert.equal(await usesOf(app, file.id, link), 100);
});

Deno.test("a use whose commit was applied though its answer was lost counts once", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: "0123456789" });
  const link = await makeLink(app, file.id, { maxUses: 2 });
  const records = app.services.core.records as { transact: Records["transact"] };
  const real = records.transact;
  records.transact = async (attempt) => {
    await real(attempt);
    return await real(attempt);
  };
  assert.equal(await visit(app, link), 200);
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${link.id}`)).status, 204);
  const again = await makeLink(app, file.id);
  records.transact = real;
  const { body } = await app.json("GET", `/api/v1/attachments/${file.id}`);
  assert.deepEqual([await usesOf(app, file.id, link), body.downloadCount], [1, 1]);
  assert.equal(await visit(app, again), 200);
  assert.equal((await assertTokens(app)).tokens.length, 2);
});

Deno.test("once a link is taken back nobody gets a byte more by it", async () => {
  await using app = await startApp();
  const file = await putFile(app, { body: "0123456789" });
  const ready = barrier(4);
  const wait = jitter(3);
  const seen = new Set<number | string>();
  for (let round = 0; round < 100; round++) {
    const link = await makeLink(app, file.id, { maxUses: 0 });
    if (round % 2 === 0) await visit(app, link, { as: "0" });
    const ask = async (as: string) => {
      await ready();
      await wait();
      try {
        return await visit(app, link, { as });
      } catch {
        return "broken off";
      }
    };
    const [, ...answers] = await Promise.all([
      ready().then(wait).then(() => app.json("DELETE", `/api/v1/tokens/${link.id}`)),
      ...["0", "1", "2"].map(ask),
    ]);
    for (const answer of answers) seen.add(answer);
    assert.equal(await visit(app, link, { as: "0" }), "link-revoked");
  }
  assert.deepEqual([...seen].filter((answer) => ![200, "link-revoked", "broken off"].includes(answer)), []);
  assert.ok(seen.has(200) && seen.has("link-revoked"), `${[...seen]}`);
  await assertTokens(app);
});

Deno.test("a file that is deleted, restored or gone while its link is used: refused or whole, and nothing is left over", async () => {
  await using app = await startApp({ pawlJson: { limits: { uploadsPerMinute: 0 } } });
  const ready = barrier(3);
  const wait = jitter(4);
  const seen = new Set<number | string>();
  for (let round = 0; round < 60; round++) {
    const file = await putFile(app, { body: `content ${round}` });
    const link = await makeLink(app, file.id);
    const remove = round % 2 === 0 ? "" : "?permanent=true";
    const [answer] = await Promise.all([
      ready().then(wait).then(() => visit(app, link)),
      ready().then(wait).then(() => app.json("DELETE", `/api/v1/attachments/${file.id}${remove}`)),
      ready().then(wait).then(() => makeLink(app, file.id)).catch(() => null),
    ]);
    seen.add(answer);
    if (round % 2 === 1) continue;
    const { uses } = await shown(app, file.id, link);
    assert.equal(uses, answer === 200 ? 1 : 0, `${answer}`);
  }
  assert.ok(
    [...seen].every((answer) => [200, "link-file-deleted", "not-found", "blob-missing"].includes(answer)),
    `${[...seen]}`,
  );
  while ((await expireTokens(app.services.core)).more);
  const { tokens } = await assertTokens(app);
  for (const { attachmentId } of tokens) {
    assert.equal(
      (await app.json("GET", `/api/v1/attachments/${attachmentId}`)).status,
      200,
      "of files that exist",
    );
  }
});
