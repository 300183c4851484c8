import assert from "node:assert/strict";
import { judge, parseJunit, type TestResult, totals } from "../../../tools/testing/report.ts";

// As deno 2.9.6 writes it, shortened.
const JUNIT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="9" failures="3" errors="1" time="0.004">
    <testsuite name="./tests/a_test.ts" tests="8" disabled="2" errors="0" failures="3">
        <testcase name="good" classname="./tests/a_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="bad &amp; &lt;one&gt;" classname="./tests/a_test.ts" time="0.000" line="2" col="6">
            <failure message="Uncaught Error: x">Error: x
&lt;testcase name=&quot;no test&quot;&gt;</failure>
        </testcase>
        <testcase name="off" classname="./tests/a_test.ts" time="0.000" line="3" col="6">
            <skipped/>
        </testcase>
        <testcase name="steps" classname="./tests/a_test.ts" time="0.001" line="4" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="steps &gt; one" classname="./tests/a_test.ts" time="0.000" line="4" col="43">
            <skipped/>
        </testcase>
        <testcase name="steps &gt; two" classname="./tests/a_test.ts" time="0.001" line="4" col="124">
            <failure message="Uncaught Error: y">Error: y</failure>
        </testcase>
        <testcase name="3 &gt; 2" classname="./tests/a_test.ts" time="0.001" line="5" col="6">
        </testcase>
    </testsuite>
    <testsuite name="./tests/b_test.ts" tests="1" disabled="0" errors="1" failures="0">
        <testcase name="steps &gt; one" classname="./tests/b_test.ts" time="0.000" line="1" col="6">
            <error message="Cancelled"/>
        </testcase>
    </testsuite>
</testsuites>`;

const good: TestResult = { file: "./a_test.ts", name: "good", outcome: "passed" };
const bad: TestResult = { file: "./a_test.ts", name: "bad", outcome: "failed" };
const off: TestResult = { file: "./a_test.ts", name: "off", outcome: "skipped" };
const none = new Map<string, string>();

Deno.test("a report gives each test once, its steps not counted, cancelled ones failed", () => {
  assert.deepEqual(parseJunit(JUNIT).map(({ file, name, outcome }) => `${file} ${name}: ${outcome}`), [
    "./tests/a_test.ts good: passed",
    "./tests/a_test.ts bad & <one>: failed",
    "./tests/a_test.ts off: skipped",
    "./tests/a_test.ts steps: failed",
    "./tests/a_test.ts 3 > 2: passed",
    "./tests/b_test.ts steps > one: failed",
  ]);
});

Deno.test("the totals count what passed and failed", () => {
  const verdict = judge([good, good, bad], { exitCode: 1, reasons: none, strict: false });
  assert.equal(totals(verdict), "2 passed, 1 failed");
  assert.deepEqual(verdict.remarks, []);
});

Deno.test("a run that fails outside of its tests counts as one failure", () => {
  assert.equal(totals(judge([good], { exitCode: 1, reasons: none, strict: false })), "1 passed, 1 failed");
  assert.equal(totals(judge([], { exitCode: 1, reasons: none, strict: false })), "0 passed, 1 failed");
});

Deno.test("a run without tests fails", () => {
  assert.equal(totals(judge([], { exitCode: 0, reasons: none, strict: false })), "0 passed, 1 failed");
});

Deno.test("a skipped test is excused by a recorded reason only, and in CI by none", () => {
  const reasons = new Map([["./a_test.ts", "wget is not installed"]]);
  const excused = judge([good, off], { exitCode: 0, reasons, strict: false });
  assert.equal(totals(excused), "1 passed, 0 failed, 1 skipped");
  assert.deepEqual(excused.remarks, ["skipped: off (./a_test.ts): wget is not installed"]);
  assert.equal(
    totals(judge([good, off], { exitCode: 0, reasons: none, strict: false })),
    "1 passed, 1 failed",
  );
  assert.equal(totals(judge([good, off], { exitCode: 0, reasons, strict: true })), "1 passed, 1 failed");
});
