/** What the administrators' page decides without a browser: addresses, lists that stay, filters, words. */
import assert from "node:assert/strict";
import { Cron } from "croner";
import fc from "fast-check";
import { auditQuery, localField, momentOf } from "../../static/admin/audit/audit_query.ts";
import { parseSchedule } from "../../static/admin/jobs/schedule.ts";
import { merged } from "../../static/admin/state/merge.ts";
import { formatRoute, parseRoute, SECTIONS } from "../../static/admin/state/route.ts";
import { createAdminFormat } from "../../static/admin/words/admin_format.ts";
import { englishSchedule } from "../../static/admin/words/schedule_en.ts";
import { chineseSchedule } from "../../static/admin/words/schedule_zh.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const english = createAdminFormat("en-GB", () => NOW);
const chinese = createAdminFormat("zh-CN", () => NOW);

Deno.test("a place of the page has one address, and every address of a place leads there", () => {
  const text = fc.string({ minLength: 1, maxLength: 20, unit: "binary" }).map((text) => text.toWellFormed());
  fc.assert(fc.property(
    fc.constantFrom(...SECTIONS),
    fc.option(text),
    fc.dictionary(text, text, { maxKeys: 4 }),
    (section, item, query) => {
      const route = parseRoute(formatRoute({ section, item, query }));
      assert.deepEqual(route, { section, item, query: { ...query } });
    },
  ));
  assert.equal(parseRoute("")?.section, SECTIONS[0]);
  for (const hash of ["#token=abc", "#content", "#nowhere", "#JOBS"]) {
    assert.equal(parseRoute(hash), null, hash);
  }
  assert.deepEqual(parseRoute("#jobs/%ZZ?by=&since=1"), {
    section: "jobs",
    item: "%ZZ",
    query: { since: "1" },
  });
});

Deno.test("schedules are told in words, in each language", () => {
  const cases: [schedule: string, inEnglish: string, inChinese: string][] = [
    ["0 3 * * *", "Every day at 03:00", "每天 03:00"],
    ["7 * * * *", "Every hour, at minute 7", "每小时第 7 分钟"],
    ["5,35 * * * *", "Every hour, at minutes 5 and 35", "每小时第 5、35 分钟"],
    ["* * * * *", "Every minute", "每分钟"],
    ["*/15 * * * MON-FRI", "Every 15 minutes, Monday to Friday", "每星期一至星期五，每 15 分钟"],
    ["0 */6 * * *", "Every day at 00:00, 06:00, 12:00 and 18:00", "每天 00:00、06:00、12:00、18:00"],
    ["20 */2 * * *", "Every 2 hours, at minute 20", "每 2 小时第 20 分钟"],
    ["30 2 * * SUN", "Sunday at 02:30", "每星期日 02:30"],
    ["0 4 1 * *", "On the 1st of each month at 04:00", "每月 1 日 04:00"],
    [
      "0 4 2,3,11 1,7 *",
      "On the 2nd, 3rd and 11th in January and July at 04:00",
      "一月、七月 2 日、3 日、11 日 04:00",
    ],
    ["* 3 * * *", "Every minute from 03:00 to 03:59", "03:00–03:59 每分钟"],
    [
      "0 3 * JAN-MAR SAT,SUN",
      "Saturday and Sunday in January to March at 03:00",
      "每星期六、星期日一月至三月 03:00",
    ],
  ];
  for (const [schedule, inEnglish, inChinese] of cases) {
    assert.equal(englishSchedule(parseSchedule(schedule)!, english), inEnglish);
    assert.equal(chineseSchedule(parseSchedule(schedule)!, chinese), inChinese);
  }
  for (const wrong of ["", "* * * *", "60 * * * *", "0 3 0 * *", "0 3 * * MON-", "@daily", "0 0 * * 0"]) {
    assert.equal(parseSchedule(wrong), null, wrong);
  }
});

Deno.test("a schedule is read as the engine that fires it reads it", () => {
  const field = (from: number, to: number, names: readonly string[] = []) => {
    const value = fc.oneof(
      fc.integer({ min: from, max: to }).map(String),
      ...(names.length > 0 ? [fc.constantFrom(...names)] : []),
    );
    const ends = fc.tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to })).map(
      ([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`,
    );
    const item = fc.oneof(
      value,
      ends,
      fc.constant("*"),
      fc.integer({ min: 1, max: 9 }).map((step) => `*/${step}`),
    );
    return fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));
  };
  const weekday = fc.oneof(
    fc.constant("*"),
    fc.constantFrom("MON", "SUN", "TUE-FRI", "SUN-WED", "FRI-SUN", "SAT,MON"),
  );
  fc.assert(
    fc.property(
      field(0, 59),
      field(0, 23),
      field(1, 12, ["JAN", "DEC"]),
      weekday,
      (minute, hour, month, day) => {
        const text = `${minute} ${hour} * ${month} ${day}`;
        const read = parseSchedule(text);
        assert.ok(read, text);
        const cron = new Cron(text, { timezone: "UTC" });
        let at = new Date(NOW);
        for (let runs = 0; runs < 5; runs++) {
          const next = cron.nextRun(at);
          if (next === null) return;
          at = next;
          const is = (values: readonly number[] | null, value: number) =>
            values === null || values.includes(value);
          assert.ok(
            is(read.minutes, at.getUTCMinutes()) && is(read.hours, at.getUTCHours()),
            `${text}: ${at}`,
          );
          assert.ok(
            is(read.months, at.getUTCMonth() + 1) && is(read.weekdays, at.getUTCDay() || 7),
            `${text}: ${at}`,
          );
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("rows that say the same stay the same, and stay where they are while somebody looks", () => {
  const keyOf = ({ id }: { id: string; n: number }) => id;
  const before = [{ id: "a", n: 1 }, { id: "b", n: 1 }, { id: "c", n: 1 }];
  assert.equal(merged(before, structuredClone(before), { keyOf, settled: false }), before);
  const next = [{ id: "d", n: 1 }, { id: "c", n: 2 }, { id: "a", n: 1 }];
  const settled = merged(before, next, { keyOf, settled: true });
  assert.deepEqual(settled.map(keyOf), ["d", "a", "c"]);
  assert.equal(settled[1], before[0]);
  assert.equal(settled[2]!.n, 2);
  assert.deepEqual(merged(before, next, { keyOf, settled: false }).map(keyOf), ["d", "c", "a"]);
});

Deno.test("the audit is asked for what its filters say, and not for halves", () => {
  assert.deepEqual(auditQuery({ actor: " alice ", action: "", nonsense: "1" }), { actor: "alice" });
  assert.deepEqual(auditQuery({ targetKind: "upload" }), {});
  assert.deepEqual(auditQuery({ targetKind: "upload", targetId: "x" }), {
    targetKind: "upload",
    targetId: "x",
  });
  assert.deepEqual(auditQuery({ from: "yesterday", until: "2026-11-22T12:00:00.000Z" }), {
    until: "2026-11-22T12:00:00.000Z",
  });
});

Deno.test("a moment is the same after it was in a field", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: Date.UTC(2100, 0) / 60_000 }), (minutes) => {
    const iso = new Date(minutes * 60_000).toISOString();
    // The hour that a change of clocks repeats is told once.
    assert.ok([0, 3_600_000].includes(Math.abs(Date.parse(momentOf(localField(iso))) - Date.parse(iso))));
  }));
  assert.deepEqual([localField(undefined), localField("x"), momentOf("")], ["", "", ""]);
});

Deno.test("how far away and how long is told in one unit or two", () => {
  const away = (ms: number) => english.away(new Date(NOW + ms).toISOString());
  assert.deepEqual([away(0), away(-5000), away(-59_000), away(-60_000)], [
    "1 second ago",
    "5 seconds ago",
    "59 seconds ago",
    "1 minute ago",
  ]);
  assert.deepEqual([away(89 * 60_000), away(91 * 60_000), away(-40 * 3_600_000)], [
    "in 89 minutes",
    "in 1 hour",
    "1 day ago",
  ]);
  assert.match(away(-90 * 86_400_000), /2026/);
  assert.equal(chinese.away(new Date(NOW + 7 * 3_600_000).toISOString()), "7小时后");
  const took: [ms: number, text: string][] = [
    [0, "1 ms"],
    [340, "340 ms"],
    [2440, "2.4 secs"],
    [61_000, "61 secs"],
    [250_000, "4 mins"],
    [3_900_000, "1 hr 5 mins"],
  ];
  for (const [ms, text] of took) assert.equal(english.took(ms), text);
});
