import assert from "node:assert/strict";
import { Problem } from "../../../services/problem.ts";
import { Change } from "../../../services/records/change.ts";
import { groupCommits } from "../../../services/records/group_commit.ts";
import { openRecords } from "../../../services/records/records.ts";

/** Commits that are answered by hand; what each was asked for, as the names its changes set. */
function scripted() {
  const asked: { names: string[]; answer: PromiseWithResolvers<boolean> }[] = [];
  const commit = groupCommits((changes) => {
    const names = changes.flatMap(({ mutations }) => mutations.map(({ key }) => String(key.at(-1))));
    const answer = Promise.withResolvers<boolean>();
    asked.push({ names, answer });
    return answer.promise;
  });
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

/** Two commits on their way, so that everything else waits. */
function busy() {
  const script = scripted();
  void script.commit(setting("first"));
  void script.commit(setting("second"));
  return script;
}

Deno.test("changes that wait go together, those that need not wait go at once", async () => {
  const { commit, groups, answer } = busy();
  assert.deepEqual(groups(), [["first"], ["second"]]);
  const waiting = ["a", "b", "c"].map((name) => commit(setting(name)));
  assert.equal(groups().length, 2);
  await answer(1, true);
  assert.deepEqual(groups()[2], ["a", "b", "c"]);
  await answer(2, true);
  assert.deepEqual(await Promise.all(waiting), [true, true, true]);
});

Deno.test("a group has ten checks at most, and one change may have more", async () => {
  const { commit, groups, answer } = busy();
  const change = (name: string, checks: number) =>
    setting(name).check(...Array.from({ length: checks }, (_, n) => absent("check", name, n)));
  for (const [name, checks] of [["a", 3], ["b", 7], ["c", 1], ["d", 12], ["e", 1]] as const) {
    void commit(change(name, checks));
  }
  for (let index = 0; index < 5; index++) await answer(index, true);
  assert.deepEqual(groups().slice(2), [["a", "b"], ["c"], ["d"], ["e"]]);
});

Deno.test("large changes go by themselves", async () => {
  const { commit, groups, answer } = busy();
  const large = new Change();
  for (let n = 0; n < 120; n++) large.set(["large", n], n);
  for (const change of [setting("a"), large, setting("b")]) void commit(change);
  for (let index = 0; index < 4; index++) await answer(index, true);
  assert.deepEqual(groups().slice(2).map(({ length }) => length), [1, 120, 1]);
});

Deno.test("a change that checks what one before it changes waits for that one's commit", async () => {
  const keys: Deno.KvKey[] = [["k", "1"], ["k", 1], ["k", 1n], ["k", Uint8Array.of(1)], ["k", true], ["k,1"]];
  for (const key of keys) {
    const { commit, groups, answer } = busy();
    for (const other of keys) if (other !== key) void commit(new Change().set(other, 1));
    void commit(new Change().set(key, 1));
    void commit(new Change().check({ key, versionstamp: null }).set(["later"], 1));
    for (let index = 0; index < 4; index++) await answer(index, true);
    assert.deepEqual(groups().slice(2).map(({ length }) => length), [6, 1], String(key));
  }
});

Deno.test("a group that conflicts is taken apart, so that each gets its own answer", async () => {
  const { commit, groups, answer } = busy();
  const answers = ["a", "b", "c"].map((name) => commit(setting(name)));
  await answer(0, true);
  await answer(2, false);
  await answer(3, true);
  await answer(4, false);
  await answer(5, true);
  assert.deepEqual(groups().slice(2), [["a", "b", "c"], ["a"], ["b"], ["c"]]);
  assert.deepEqual(await Promise.all(answers), [true, false, true]);
});

Deno.test("a group that is refused is taken apart, so that only the one to blame fails", async () => {
  const { commit, answer } = busy();
  const answers = ["a", "b"].map((name) => commit(setting(name)));
  await answer(0, true);
  await answer(2, new TypeError("Value too large"));
  await answer(3, true);
  assert.equal(await answers[0], true);
  const refused = assert.rejects(answers[1]!, /too large/);
  await answer(4, new TypeError("Value too large"));
  await refused;
});

Deno.test("when the database fails, nothing of a group is tried again", async () => {
  const { commit, groups, answer } = busy();
  const problem = new Problem("storage-unavailable", "No.");
  const failed = ["a", "b"].map((name) =>
    assert.rejects(commit(setting(name)), (error) => error === problem)
  );
  await answer(0, true);
  await answer(2, problem);
  await Promise.all(failed);
  assert.equal(groups().length, 3);
  const next = commit(setting("c"));
  await answer(3, true);
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
