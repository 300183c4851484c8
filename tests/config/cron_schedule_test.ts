/** Schedules: what is taken means the same to the engine that fires them and to what tells the next time. */
import assert from "node:assert/strict";
import { cronSchedule } from "../../config/cron_schedule.ts";
import { nextRun } from "../../services/jobs/overview.ts";

const { schema } = cronSchedule();

const TAKEN = [
  "* * * * *",
  "*/15 0-6 * * *",
  "0,30 8-18/2 * * MON-FRI",
  "5 4 1,15 * *",
  "0 0 29 FEB *",
  "59 23 31 12 *",
  "0 0 * JAN-MAR SUN",
];
const REFUSED = [
  "",
  "* * * *",
  "* * * * * *",
  "60 * * * *",
  "0 24 * * *",
  "0 0 0 * *",
  "0 0 31 2 *",
  "0 0 * 13 *",
  "0 0 * * 1",
  "0 0 1 * MON",
  "0 0 L * *",
  "0 0 * * MON#2",
  "5/10 * * * *",
  "30-10 * * * *",
  "*/0 * * * *",
  "@daily",
  "0  3 * * *",
  "0 3 * * *\n",
  "? * * * *",
];

Deno.test("schedules that every engine reads the same way are taken, and no others", () => {
  for (const text of TAKEN) assert.ok(schema.safeParse(text).success, text);
  for (const text of REFUSED) assert.ok(!schema.safeParse(text).success, text);
});

Deno.test("what is taken can be registered", async () => {
  const stop = new AbortController();
  const crons = TAKEN.map((text, at) => Deno.cron(`test ${at}`, text, { signal: stop.signal }, () => {}));
  stop.abort();
  await Promise.all(crons);
});

Deno.test("the next time is the first one after now, in UTC", () => {
  const next = (text: string, now: string) => new Date(nextRun(text, Date.parse(now))!).toISOString();
  assert.equal(next("0 3 * * *", "2030-03-31T02:59:59.999Z"), "2030-03-31T03:00:00.000Z");
  assert.equal(next("0 3 * * *", "2030-03-31T03:00:00Z"), "2030-04-01T03:00:00.000Z");
  assert.equal(next("0,30 8-18/2 * * MON-FRI", "2030-05-03T18:30:00Z"), "2030-05-06T08:00:00.000Z");
  assert.equal(next("0 0 29 FEB *", "2030-01-01T00:00:00Z"), "2032-02-29T00:00:00.000Z");
});
