/** Who sees and does what with files in each stage of the recycle bin. */
import assert from "node:assert/strict";
import { binDeleted, purgeBinned } from "../../services/attachments/retention.ts";
import { ADMIN, ALICE, type Answer, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { makeLink, visit } from "../support/links.ts";
import { assertConsistent } from "../support/store_check.ts";
import { type NewFile, putFile } from "../support/stored_files.ts";

const DAY = 86_400_000;

async function binned(app: TestApp, file: NewFile = {}): Promise<string> {
  const { id } = await putFile(app, file);
  await app.json("DELETE", `/api/v1/attachments/${id}`, file.user && { user: file.user });
  app.clock += 30 * DAY;
  await binDeleted(app.services.core);
  return id;
}

const listed = async (app: TestApp, query: string, user: TestUser = ALICE): Promise<string[]> => {
  const { status, body } = await app.json("GET", `/api/v1/attachments?${query}`, { user });
  assert.equal(status, 200, JSON.stringify(body));
  return body.items.map(({ id }: { id: string }) => id);
};

Deno.test("What is hidden is there for administrators alone, in every way that leads to it", async () => {
  await using app = await startApp();
  const id = await binned(app, { visibility: "public" });
  const at = `/api/v1/attachments/${id}`;
  const ways: [string, string, unknown, number, number][] = [
    ["GET", at, undefined, 404, 200],
    ["GET", `${at}/content`, undefined, 404, 200],
    ["GET", `${at}/tokens`, undefined, 404, 200],
    ["POST", `${at}/tokens`, {}, 404, 409],
    ["PATCH", at, { fileName: "b.bin" }, 404, 409],
    ["DELETE", at, undefined, 404, 204],
    ["POST", `${at}/restore`, undefined, 404, 200],
  ];
  const ask = async (user: TestUser | null, [method, path, body]: (typeof ways)[number]) => {
    const response = await app.request(path, {
      method,
      user,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
      }),
    });
    await response.body?.cancel();
    return response.status;
  };
  for (const way of ways) {
    assert.equal(await ask(null, way), 401, `nobody: ${way}`);
    for (const user of [ALICE, BOB]) assert.equal(await ask(user, way), way[3], `${user.sub}: ${way}`);
  }
  for (const way of ways) assert.equal(await ask(ADMIN, way), way[4], `${way}`);
  assert.equal((await app.json("GET", at)).status, 200, "restored, it is its owner's again");
  assert.equal((await app.json("GET", at)).body.visibility, "public");

  const other = await binned(app);
  assert.equal((await app.json("DELETE", `/api/v1/attachments/${other}?permanent=true`)).status, 404);
  assert.equal(
    (await app.json("DELETE", `/api/v1/attachments/${other}?permanent=true`, { user: ADMIN })).status,
    204,
  );
});

Deno.test("Each stage is in its own list: the owner's bin, then that of administrators, then none", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const lists = async () => [
    await listed(app, "state=live"),
    await listed(app, "state=deleted"),
    await listed(app, "state=deleted", ADMIN),
    await listed(app, "state=binned", ADMIN),
  ];
  assert.deepEqual(await lists(), [[id], [], [], []]);
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  assert.deepEqual(await lists(), [[], [id], [], []]);
  app.clock += 30 * DAY;
  await binDeleted(app.services.core);
  assert.deepEqual(await lists(), [[], [], [], [id]]);
  app.clock += 90 * DAY;
  await purgeBinned(app.services.core);
  assert.deepEqual(await lists(), [[], [], [], []]);
  for (const user of [ALICE, BOB]) {
    const { status, body } = await app.json("GET", "/api/v1/attachments?state=binned", { user });
    assert.deepEqual([status, body.code], [403, "forbidden"]);
  }
});

Deno.test("Administrators find hidden files of all owners, the last hidden first, in pages, by name and by what they belonged to", async () => {
  await using app = await startApp();
  const ids = [
    await binned(app, { fileName: "c.bin", body: "1", businessId: "one" }),
    await binned(app, { fileName: "a.bin", body: "333", user: BOB }),
    await binned(app, { fileName: "b.bin", body: "22", user: BOB, businessId: "one" }),
  ];
  const [first, second, third] = ids as [string, string, string];
  const find = (query: string) => listed(app, `state=binned&${query}`, ADMIN);
  assert.deepEqual(await find(""), [third, second, first]);
  assert.deepEqual(await find("sort=name"), [second, third, first]);
  assert.deepEqual(await find("sort=size"), [second, third, first]);
  assert.deepEqual(await find("q=A.B"), [second]);
  assert.deepEqual(await find("businessType=General"), [third, second, first]);
  assert.deepEqual(await find("businessType=General&businessId=one"), [third, first]);
  assert.deepEqual(await find("businessType=Image"), []);

  for (const sort of ["created", "name", "size"]) {
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const { body }: Answer = await app.json(
        "GET",
        `/api/v1/attachments?state=binned&sort=${sort}&limit=2${cursor && `&cursor=${cursor}`}`,
        { user: ADMIN },
      );
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.cursor;
    }
    assert.deepEqual(seen.toSorted(), ids.toSorted(), sort);
  }
  const { body: { cursor } } = await app.json("GET", "/api/v1/attachments?limit=1&state=binned", {
    user: ADMIN,
  });
  const elsewhere = await app.json("GET", `/api/v1/attachments?cursor=${cursor}`, { user: ADMIN });
  assert.equal(elsewhere.body.code, "invalid-cursor");
});

Deno.test("Links are refused in both stages and work again after a restore", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id, { validHours: 8760 });
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  assert.equal(await visit(app, link), "link-file-deleted");
  app.clock += 30 * DAY;
  await binDeleted(app.services.core);
  assert.equal(await visit(app, link), "link-file-deleted");
  await app.json("POST", `/api/v1/attachments/${id}/restore`, { user: ADMIN });
  assert.equal(await visit(app, link), 200);
});

Deno.test("Equal content that is in the bin is stored once, and is no instant upload", async () => {
  await using app = await startApp();
  await binned(app, { body: "same bytes" });
  const { sha256 } = await putFile(app, { body: "same bytes", user: BOB });
  const { blobs } = await assertConsistent(app);
  assert.deepEqual(blobs.map(({ refs }) => refs), [2]);
  const { status } = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "again.bin", size: 10, sha256 },
  });
  assert.equal(status, 201);
});

Deno.test("Many are restored at once, with a result for each", async () => {
  await using app = await startApp();
  const mine = (await putFile(app)).id;
  const live = (await putFile(app)).id;
  const others = (await putFile(app, { user: BOB })).id;
  await app.json("POST", "/api/v1/attachments/delete", { body: { ids: [mine] } });
  await app.json("POST", "/api/v1/attachments/delete", { body: { ids: [others] }, user: BOB });
  const hidden = (await putFile(app)).id;
  await app.json("DELETE", `/api/v1/attachments/${hidden}`);

  const ids = [mine, live, others, "x", mine];
  const { status, body } = await app.json("POST", "/api/v1/attachments/restore", { body: { ids } });
  assert.equal(status, 200);
  assert.deepEqual(
    body.results.map(({ id, restored, code }: Record<string, unknown>) => [id, restored, code]),
    [[mine, true, null], [live, true, null], [others, false, "not-found"], ["x", false, "not-found"], [
      mine,
      true,
      null,
    ]],
  );
  assert.match(body.results[2].detail, /nothing here for you/);
  assert.deepEqual(await listed(app, "state=deleted"), [hidden]);

  app.clock += 30 * DAY;
  await binDeleted(app.services.core);
  const byOwner = await app.json("POST", "/api/v1/attachments/restore", { body: { ids: [hidden] } });
  assert.equal(byOwner.body.results[0].code, "not-found");
  const byAdmin = await app.json("POST", "/api/v1/attachments/restore", {
    body: { ids: [hidden, others] },
    user: ADMIN,
  });
  assert.ok(byAdmin.body.results.every(({ restored }: { restored: boolean }) => restored));
  assert.deepEqual((await listed(app, "")).toSorted(), [mine, live, hidden].toSorted());
  for (const body of [{}, { ids: [] }, { ids: ["1"], x: 1 }, { ids: Array(1001).fill("1") }]) {
    assert.equal((await app.json("POST", "/api/v1/attachments/restore", { body })).status, 400);
  }
});

Deno.test("Many are removed for good at once, with a result for each", async () => {
  await using app = await startApp();
  const [one, two] = [(await putFile(app)).id, (await putFile(app)).id];
  const others = (await putFile(app, { user: BOB })).id;
  await app.json("DELETE", `/api/v1/attachments/${one}`);
  const { body } = await app.json("POST", "/api/v1/attachments/delete", {
    body: { ids: [one, two, others], permanent: true },
  });
  assert.deepEqual(
    body.results.map(({ deleted, code }: Record<string, unknown>) => [deleted, code]),
    [[true, null], [true, null], [false, "not-found"]],
  );
  assert.deepEqual([await listed(app, "state=live"), await listed(app, "state=deleted")], [[], []]);
  assert.deepEqual(await listed(app, "", BOB), [others]);
});

Deno.test("The audit has who deleted, restored and removed what", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { fileName: "plan.bin" });
  const steps: [string, string, TestUser][] = [
    ["DELETE", `/api/v1/attachments/${id}`, ALICE],
    ["POST", `/api/v1/attachments/${id}/restore`, ADMIN],
    ["DELETE", `/api/v1/attachments/${id}?permanent=true`, ALICE],
  ];
  for (const [method, path, user] of steps) {
    app.clock += 1000;
    await app.json(method, path, { user });
    await app.json(method, path, { user });
  }
  const { body } = await app.json("GET", `/api/v1/admin/audit?targetKind=attachment&targetId=${id}`, {
    user: ADMIN,
  });
  // deno-lint-ignore no-explicit-any -- entries of every shape
  const told = body.items.filter(({ action }: any) => action !== "attachment.create")
    // deno-lint-ignore no-explicit-any -- entries of every shape
    .map(({ action, actor, detail }: any) => [action, actor.id, detail.fileName]).toReversed();
  assert.deepEqual(told, [
    ["attachment.delete", "alice", "plan.bin"],
    ["attachment.restore", "root", "plan.bin"],
    ["attachment.purge", "alice", "plan.bin"],
  ]);
});
