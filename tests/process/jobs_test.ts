/** The real clock of the real server. */
import assert from "node:assert/strict";
import { startServer } from "../support/server.ts";

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
