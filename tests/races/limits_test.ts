import assert from "node:assert/strict";
import { startApp, type TestApp, type TestUser } from "../support/app.ts";
import { WAYS } from "../support/upload_ways.ts";

const NONE = { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 };
const ways = Object.values(WAYS);
const LIMIT_CODES = new Set(["uploads-at-once", "uploads-per-minute", "bytes-per-day"]);

/** A hundred uploads at once by one person, in all ways mixed; gives how many began. */
async function hundred(app: TestApp, { user, size }: { user: TestUser; size: number }): Promise<number> {
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => ways[index % ways.length]!.begin(app, { user, size })),
  );
  for (const { status, body } of answers) {
    assert.ok(status === 201 || LIMIT_CODES.has(body?.code), `${status} ${JSON.stringify(body)}`);
  }
  return answers.filter(({ status }) => status === 201).length;
}

const usage = async (app: TestApp, user: TestUser) => (await app.json("GET", "/api/v1/usage", { user })).body;

Deno.test("of a hundred uploads at once, in all ways mixed, exactly as many begin as a minute allows", async () => {
  await using app = await startApp({ pawlJson: { limits: { ...NONE, uploadsPerMinute: 20 } } });
  const user = { sub: "anna" };
  assert.equal(await hundred(app, { user, size: 10 }), 20);
  await app.restart();
  assert.equal(await hundred(app, { user, size: 10 }), 0);
  assert.equal((await usage(app, user)).uploadsPerMinute.used, 20);
});

Deno.test("of a hundred uploads at once, in all ways mixed, exactly as many bytes come as the day allows", async () => {
  await using app = await startApp({ pawlJson: { limits: { ...NONE, bytesPerDay: 1050 } } });
  app.clock = Math.floor(app.clock / 86_400_000) * 86_400_000;
  const user = { sub: "anna" };
  const begun = await hundred(app, { user, size: 100 });
  // One of unknown length reserves more while it runs, so that fewer may begin beside it; never more.
  assert.ok(begun > 0 && begun <= 10, `${begun}`);
  assert.equal((await usage(app, user)).bytesPerDay.used, begun * 100);
  const { body } = await app.json("GET", "/api/v1/attachments?limit=100", { user });
  const sessions = await app.json("GET", "/api/v1/uploads?limit=100", { user });
  assert.equal(body.items.length + sessions.body.items.length, begun);
});

Deno.test("of a hundred sessions at once exactly as many are open as may be, and the freed slots go to as many", async () => {
  await using app = await startApp({ pawlJson: { limits: { ...NONE, uploadsAtOnce: 5 } } });
  const user = { sub: "anna" };
  const lasting = ways.filter(({ whole }) => !whole);
  const burst = async () => {
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        (_, index) => lasting[index % lasting.length]!.begin(app, { user, size: 10 }),
      ),
    );
    return answers.filter(({ status }) => status === 201).length;
  };
  assert.equal(await burst(), 5);
  const { body } = await app.json("GET", "/api/v1/uploads", { user });
  const ids = body.items.map(({ id }: { id: string }) => id).slice(0, 3);
  const cancelled = ids.map((id: string) => app.json("DELETE", `/api/v1/uploads/${id}`, { user }));
  const [begun] = await Promise.all([burst(), ...cancelled]);
  assert.equal(begun + await burst(), 3);
  assert.equal((await usage(app, user)).uploadsAtOnce.used, 5);
});

Deno.test("at the edge of the day's bytes exactly one of the rivals for the last ones begins, in 300 rounds", async () => {
  await using app = await startApp({ pawlJson: { limits: { ...NONE, bytesPerDay: 100 } } });
  app.clock = Math.floor(app.clock / 86_400_000) * 86_400_000;
  const sized = ways.filter((way) =>
    way !== WAYS["a whole file without its length"] && way !== WAYS["a form"]
  );
  for (let round = 0; round < 300; round++) {
    const user = { sub: `u${round}` };
    const answers = await Promise.all(
      [0, 1, 2].map((rival) => sized[(round + rival) % sized.length]!.begin(app, { user, size: 60 })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1, `round ${round}`);
    assert.equal((await usage(app, user)).bytesPerDay.used, 60);
  }
});
