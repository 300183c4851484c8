import assert from "node:assert/strict";
import { Problem, type ProblemCode } from "../../../services/problem.ts";
import { openRecords, type Records, type RecordsObserver } from "../../../services/records/records.ts";
import { tempDir } from "../../support/temp_dir.ts";

const isProblem = (code: ProblemCode) => (error: unknown) => error instanceof Problem && error.code === code;

const OPTIONS = { deadlineMs: 10_000, delay: () => Promise.resolve(), random: () => 0.5 };

/** A real database in memory. */
async function memory(): Promise<Records & Disposable> {
  const records = openRecords(await Deno.openKv(":memory:"), OPTIONS);
  return { ...records, [Symbol.dispose]: () => records.close() };
}

/** A database of which only `commit` answers, as `answers` say one after the other. */
function scripted(
  answers: (() => Promise<unknown>)[],
  options: Partial<typeof OPTIONS & { observer: RecordsObserver }> = {},
) {
  let commits = 0;
  const waits: number[] = [];
  const kv = {
    atomic: () => ({ mutate() {}, commit: () => answers[Math.min(commits++, answers.length - 1)]!() }),
  };
  const records = openRecords(kv as unknown as Deno.Kv, {
    ...OPTIONS,
    delay: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    ...options,
  });
  return { records, waits, commits: () => commits };
}

const ok = () => Promise.resolve({ ok: true });
const conflict = () => Promise.resolve({ ok: false });
const locked = () => Promise.reject(new TypeError("database is locked"));

Deno.test("a commit is tried again after each conflict, with the attempt made anew", async () => {
  const { records, waits, commits } = scripted([conflict, conflict, ok]);
  let attempts = 0;
  assert.equal(await records.transact(() => Promise.resolve(++attempts)), 3);
  assert.equal(commits(), 3);
  assert.equal(waits.length, 2);
});

Deno.test("an observer is told how each commit ended, what was applied, and of each new try", async () => {
  const told: unknown[] = [];
  const observer: RecordsObserver = {
    read: () => told.push("read"),
    commit: (_, result) => told.push(result),
    committed: (mutations) => told.push(mutations.map(({ key }) => key)),
    retry: () => told.push("retry"),
  };
  const failing = () => Promise.reject(new TypeError("disk I/O error"));
  const { records } = scripted([conflict, locked, ok, failing], { observer });
  const change = () => records.transact((commit) => Promise.resolve(void commit.set(["a"], 1)));
  await change();
  await assert.rejects(change());
  assert.deepEqual(told, ["conflict", "retry", "conflict", "retry", "committed", [["a"]], "failed"]);
});

Deno.test("a locked database is waited for like a conflict", async () => {
  const { records, commits } = scripted([locked, conflict, locked, ok]);
  assert.equal(await records.transact(() => Promise.resolve("done")), "done");
  assert.equal(commits(), 4);
});

Deno.test("conflicts without end become busy, after waits that grow, are spread and have a bound", async () => {
  const spread = [0, 0.999];
  for (const chance of spread) {
    const { records, waits, commits } = scripted([conflict], { random: () => chance });
    await assert.rejects(
      records.transact(() => Promise.resolve()),
      (error) => isProblem("busy")(error) && (error as Problem).retryAfter! > 0,
    );
    assert.ok(commits() > 10 && commits() < 100, `${commits()} tries`);
    assert.ok(waits.every((ms) => chance === 0 ? ms === 0 : ms > 0 && ms < 100), String(waits));
    assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  }
});

Deno.test("what an attempt throws ends it, and nothing is committed", async () => {
  const { records, commits } = scripted([ok]);
  const problem = new Problem("not-found", "Gone.");
  await assert.rejects(records.transact(() => Promise.reject(problem)), (error) => error === problem);
  assert.equal(commits(), 0);
});

Deno.test("a full disk under the database is told as disk-full, and not tried again", async () => {
  const { records, commits } = scripted([() => Promise.reject(new TypeError("database or disk is full"))]);
  await assert.rejects(records.transact(() => Promise.resolve()), isProblem("disk-full"));
  assert.equal(commits(), 1);
});

Deno.test("an error that nobody knows is passed on", async () => {
  const { records } = scripted([() => Promise.reject(new TypeError("value too large"))]);
  await assert.rejects(records.transact(() => Promise.resolve()), /value too large/);
});

Deno.test("every call ends at its deadline, whatever the database does", async () => {
  const never = new Promise<never>(() => {});
  const kv = {
    get: () => never,
    getMany: () => never,
    list: () => ({ next: () => never }),
    atomic: () => ({ commit: () => never }),
  };
  const records = openRecords(kv as unknown as Deno.Kv, { ...OPTIONS, deadlineMs: 1 });
  for (
    const call of [
      () => records.get(["a"]),
      () => records.getMany([["a"], ["b"]]),
      () => records.page(["a"], { limit: 1 }),
      () => records.transact(() => Promise.resolve()),
    ]
  ) {
    await assert.rejects(call(), isProblem("storage-unavailable"), String(call));
  }
});

Deno.test("who waits behind a commit that hangs is told so at the deadline too", async () => {
  const answers = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
  let asked = 0;
  const kv = { atomic: () => ({ commit: () => answers[asked++]!.promise }) };
  const records = openRecords(kv as unknown as Deno.Kv, { ...OPTIONS, deadlineMs: 20 });
  const calls = [1, 2, 3].map(() => records.transact(() => Promise.resolve()));
  await Promise.all(calls.map((call) => assert.rejects(call, isProblem("storage-unavailable"))));
  answers[0]!.resolve({ ok: true });
  answers[1]!.resolve({ ok: true });
});

Deno.test("entries are read by the ten, in the order asked for, absent ones too", async () => {
  using records = await memory();
  await records.transact((commit) => {
    for (let n = 0; n < 35; n += 2) commit.set(["n", n], n);
    return Promise.resolve();
  });
  for (const count of [0, 1, 9, 10, 11, 20, 35]) {
    const order = Array.from({ length: count }, (_, index) => (index * 7) % 35);
    const entries = await records.getMany<number>(order.map((n) => ["n", n]));
    assert.deepEqual(entries.map(({ value }) => value), order.map((n) => n % 2 === 0 ? n : null));
    assert.deepEqual(entries.map(({ key }) => key), order.map((n) => ["n", n]));
  }
});

Deno.test("a page holds what lies between its exclusive bounds, in either direction", async () => {
  using records = await memory();
  await records.transact((commit) => {
    for (let n = 0; n < 10; n++) commit.set(["n", n], n).set(["n", n, "deeper"], `${n} deeper`);
    commit.set(["m", 1], "other").set(["o", 1], "other").set(["n"], "itself");
    return Promise.resolve();
  });
  const page = async (bounds: { after?: number; before?: number; reverse?: boolean; limit?: number }) => {
    const { after, before, reverse = false, limit = 100 } = bounds;
    const entries = await records.page<number | string>(["n"], {
      limit,
      reverse,
      ...(after !== undefined && { after: ["n", after] }),
      ...(before !== undefined && { before: ["n", before] }),
    });
    return entries.map(({ value }) => value).filter((value) => typeof value === "number");
  };
  assert.deepEqual(await page({}), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(await page({ reverse: true }), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  assert.deepEqual(await page({ after: 7 }), [8, 9]);
  assert.deepEqual(await page({ before: 2 }), [0, 1]);
  assert.deepEqual(await page({ after: 3, before: 6 }), [4, 5]);
  assert.deepEqual(await page({ after: 3, before: 6, reverse: true }), [5, 4]);
  assert.deepEqual(await page({ before: 5, reverse: true, limit: 5 }), [4, 3]);
  assert.deepEqual(await page({ after: 9 }), []);
  assert.deepEqual(await page({ before: 0 }), []);
  assert.deepEqual(await page({ after: 5, before: 6 }), []);
  assert.deepEqual(await page({ limit: 1 }), [0]);
});

Deno.test("pages that follow each other show each entry once, over more than one batch", async () => {
  using records = await memory();
  for (let from = 0; from < 1600; from += 400) {
    await records.transact((commit) => {
      for (let n = from; n < from + 400; n++) commit.set(["n", n], n);
      return Promise.resolve();
    });
  }
  for (const limit of [1600, 700, 501]) {
    for (const reverse of [false, true]) {
      const seen: number[] = [];
      let last: Deno.KvKey | undefined;
      for (;;) {
        const bound = last && (reverse ? { before: last } : { after: last });
        const page = await records.page<number>(["n"], { limit, reverse, ...bound });
        seen.push(...page.map(({ value }) => value));
        if (page.length < limit) break;
        last = page.at(-1)!.key;
      }
      const expected = Array.from({ length: 1600 }, (_, n) => reverse ? 1599 - n : n);
      assert.deepEqual(seen, expected, `limit ${limit}`);
    }
  }
});

Deno.test("two handles on one file that change the same record lose no change", async () => {
  await using dir = await tempDir();
  const options = {
    ...OPTIONS,
    delay: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };
  const handles: Records[] = [];
  for (let count = 0; count < 2; count++) {
    handles.push(openRecords(await Deno.openKv(dir.join("a.kv")), { ...options, random: Math.random }));
  }
  try {
    await Promise.all(Array.from({ length: 60 }, async (_, index) => {
      const records = handles[index % 2]!;
      await records.transact(async (commit) => {
        const count = await records.get<number>(["count"]);
        commit.check(count).set(["count"], (count.value ?? 0) + 1);
      });
    }));
    assert.equal((await handles[0]!.get<number>(["count"])).value, 60);
  } finally {
    for (const records of handles) records.close();
  }
});
