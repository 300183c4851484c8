import assert from "node:assert/strict";
import { Problem } from "../../../services/problem.ts";
import { Change } from "../../../services/records/change.ts";
import { groupCommits } from "../../../services/records/group_commit.ts";
import { openRecords } from "../../../services/records/records.ts";

/** Commits that are answered by hand; what each was asked for, as the names its changes set. */
function scripted(maxChecks: number) {
  const asked: { names: string[]; answer: PromiseWithResolvers<boolean> }[] = [];
  const commit = groupCommits((changes) => {
    const names = changes.flatMap(({ mutations }) => mutations.map(({ key }) => String(key.at(-1))));
    const answer = Promise.withResolvers<boolean>();
    asked.push({ names, answer });
    return answer.promise;
  }, { maxChecks });
  return {
    commit,
    groups: () => asked.map(({ names }) => names),
    /** Answers the commit at `index` and lets what follows from it happen. */
    async answer(index: number, how: boolean | Error) {
      if (typeof how === "boolean") asked[index]!.answer.resolve(how);
      else asked[index]!.answer.reject(how);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    },
  };
}

const absent = (...key: Deno.KvKey) => ({ key, versionstamp: null });
const setting = (name: string) => new Change().set(["set", name], 1);

/** A commit is on its way, so that everything else waits. */
function busy({ maxChecks = 10 } = {}) {
  const script = scripted(maxChecks);
  void script.commit(setting("first"));
  return script;
}

Deno.test("changes that wait go together, one that need not wait goes at once", async () => {
  const { commit, groups, answer } = busy();
  assert.deepEqual(groups(), [["first"]]);
  const waiting = ["a", "b", "c"].map((name) => commit(setting(name)));
  assert.equal(groups().length, 1);
  await answer(0, true);
  assert.deepEqual(groups()[1], ["a", "b", "c"]);
  const later = commit(setting("d"));
  await answer(1, true);
  await answer(2, true);
  assert.deepEqual(await Promise.all([...waiting, later]), [true, true, true, true]);
});

Deno.test("a group has no more checks than the engine takes, however many one change has", async () => {
  const change = (name: string, checks: number) =>
    setting(name).check(...Array.from({ length: checks }, (_, n) => absent("check", name, n)));
  const expected = { 10: [["a", "b"], ["c"], ["d"], ["e"]], 20: [["a", "b", "c"], ["d", "e"]] };
  for (const [maxChecks, wanted] of Object.entries(expected)) {
    const { commit, groups, answer } = busy({ maxChecks: Number(maxChecks) });
    for (const [name, checks] of [["a", 3], ["b", 7], ["c", 1], ["d", 12], ["e", 1]] as const) {
      void commit(change(name, checks));
    }
    for (let index = 0; index <= wanted.length; index++) await answer(index, true);
    assert.deepEqual(groups().slice(1), wanted);
  }
});

Deno.test("large changes go by themselves", async () => {
  const { commit, groups, answer } = busy();
  const large = new Change();
  for (let n = 0; n < 350; n++) large.set(["large", n], n);
  for (const change of [setting("a"), large, setting("b")]) void commit(change);
  for (let index = 0; index < 4; index++) await answer(index, true);
  assert.deepEqual(groups().slice(1).map(({ length }) => length), [1, 350, 1]);
});

Deno.test("a change that checks what one before it changes waits for that one's commit", async () => {
  const keys: Deno.KvKey[] = [["k", "1"], ["k", 1], ["k", 1n], ["k", Uint8Array.of(1)], ["k", true], ["k,1"]];
  for (const key of keys) {
    const { commit, groups, answer } = busy();
    for (const other of keys) if (other !== key) void commit(new Change().set(other, 1));
    void commit(new Change().set(key, 1));
    void commit(new Change().check({ key, versionstamp: null }).set(["later"], 1));
    for (let index = 0; index < 3; index++) await answer(index, true);
    assert.deepEqual(groups().slice(1).map(({ length }) => length), [6, 1], String(key));
  }
});

Deno.test("a group that conflicts is taken apart, so that each gets its own answer", async () => {
  const { commit, groups, answer } = busy();
  const answers = ["a", "b", "c"].map((name) => commit(setting(name)));
  for (const [index, applied] of [true, false, true, false, true].entries()) await answer(index, applied);
  assert.deepEqual(groups().slice(1), [["a", "b", "c"], ["a"], ["b"], ["c"]]);
  assert.deepEqual(await Promise.all(answers), [true, false, true]);
});

Deno.test("a group that is refused is taken apart, so that only the one to blame fails", async () => {
  const { commit, answer } = busy();
  const answers = ["a", "b"].map((name) => commit(setting(name)));
  await answer(0, true);
  await answer(1, new TypeError("Value too large"));
  await answer(2, true);
  assert.equal(await answers[0], true);
  const refused = assert.rejects(answers[1]!, /too large/);
  await answer(3, new TypeError("Value too large"));
  await refused;
});

Deno.test("when the database fails, nothing of a group is tried again, and the next goes on", async () => {
  const { commit, groups, answer } = busy();
  const problem = new Problem("storage-unavailable", "No.");
  const failed = ["a", "b"].map((name) =>
    assert.rejects(commit(setting(name)), (error) => error === problem)
  );
  await answer(0, true);
  await answer(1, problem);
  await Promise.all(failed);
  assert.equal(groups().length, 2);
  const next = commit(setting("c"));
  await answer(2, true);
  assert.equal(await next, true);
});

Deno.test("many at once that change the same few records lose no change", async () => {
  const records = openRecords(await Deno.openKv(":memory:"), {
    deadlineMs: 10_000,
    delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  });
  try {
    await Promise.all(Array.from({ length: 60 }, (_, index) =>
      records.transact(async (commit) => {
        const key = ["count", index % 5];
        const count = await records.get<number>(key);
        commit.check(count).set(key, (count.value ?? 0) + 1).set(["seen", index], true);
      })));
    const counts = await records.getMany<number>([0, 1, 2, 3, 4].map((n) => ["count", n]));
    assert.deepEqual(counts.map(({ value }) => value), [12, 12, 12, 12, 12]);
    assert.equal((await records.page(["seen"], { limit: 100 })).length, 60);
  } finally {
    records.close();
  }
});
