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

Deno.test("a new server counts once by itself what is stored, and not again when it starts anew", async () => {
  await using server = await startServer();
  const runs = async (): Promise<{ state: string; by: string | null }[]> =>
    (await ask(server, "jobs/storageReport/runs")).items;
  while ((await runs())[0]?.state !== "done");
  const first = await ask(server, "storage");
  assert.deepEqual([first.complete, first.files], [true, 0]);
  const put = await server.fetch("/api/v1/files/a.bin", { method: "PUT", body: "data" });
  await put.body?.cancel();
  assert.equal(put.status, 201);
  await server.restart();
  const later = await ask(server, "storage");
  assert.deepEqual([later.asOf, later.files], [first.asOf, 0]);
  assert.deepEqual((await runs()).map(({ by }) => by), [null]);
  assert.equal((await server.stop()).success, true);
});

// deno-lint-ignore no-explicit-any -- the answer
async function ask(server: TestServer, path: string): Promise<any> {
  return await (await server.fetch(`/api/v1/admin/${path}`, { user: { sub: "root", role: "admin" } })).json();
}
