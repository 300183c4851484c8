/** The real clock of the real server. */
import assert from "node:assert/strict";
import { startServer, type TestServer } from "../support/server.ts";

Deno.test("the schedule runs the jobs that are switched on, and a stop ends them", async () => {
  // Deno's own switch for tests: every cron fires each 200 ms, whatever its schedule.
  await using server = await startServer({
    wrapper: ["env", "DENO_CRON_TEST_SCHEDULE_OFFSET=200"],
    config: { jobs: { orphans: { enabled: false } } },
  });
  const user = { sub: "root", role: "admin" as const };
  interface Listed {
    name: string;
    last: { state: string; by: string | null } | null;
  }
  const list = async (): Promise<Listed[]> =>
    (await (await server.fetch("/api/v1/admin/jobs", { user })).json()).items;
  let jobs = await list();
  while (jobs.some(({ name, last }) => name !== "orphans" && last?.state !== "done")) jobs = await list();
  assert.ok(jobs.every(({ last }) => last === null || last.by === null));
  assert.equal(jobs.find(({ name }) => name === "orphans")!.last, null, "it is switched off");
  assert.equal((await server.stop()).success, true);
});

Deno.test("a new server counts by itself what is stored, once more when there is a first file, and not at each start", async () => {
  await using server = await startServer();
  const runs = async (): Promise<{ state: string; by: string | null }[]> =>
    (await ask(server, "jobs/storageReport/runs")).items;
  while ((await runs())[0]?.state !== "done");
  const first = await ask(server, "storage");
  assert.deepEqual([first.complete, first.files], [true, 0]);
  const put = async (name: string) => {
    const answer = await server.fetch(`/api/v1/files/${name}`, { method: "PUT", body: "data" });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
  };
  await put("a.bin");
  await server.restart();
  while ((await runs()).length < 2 || (await runs())[0]!.state !== "done");
  const second = await ask(server, "storage");
  assert.equal(second.files, 1);
  await put("b.bin");
  await server.restart();
  const later = await ask(server, "storage");
  assert.deepEqual([later.asOf, later.files], [second.asOf, 1]);
  assert.deepEqual((await runs()).map(({ by }) => by), [null, null]);
  assert.equal((await server.stop()).success, true);
});

// deno-lint-ignore no-explicit-any -- the answer
async function ask(server: TestServer, path: string): Promise<any> {
  return await (await server.fetch(`/api/v1/admin/${path}`, { user: { sub: "root", role: "admin" } })).json();
}
