/** From the JUnit report of `deno test` to the totals. Pure. */

export interface TestResult {
  /** As the report has it: `./tests/x_test.ts`. */
  file: string;
  name: string;
  outcome: "passed" | "failed" | "skipped";
}

export interface Verdict {
  passed: number;
  failed: number;
  skipped: number;
  /** What a person has to know beside the figures, one line each. */
  remarks: string[];
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescape(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|#(\d+)|#x([0-9a-f]+));/gi, (_, name, decimal, hex) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    return hex ? String.fromCodePoint(parseInt(hex, 16)) : ENTITIES[name]!;
  });
}

/** The tests of a report, without their steps: a failed step fails its test. */
export function parseJunit(xml: string): TestResult[] {
  const results: TestResult[] = [];
  const element = /<testsuite name="([^"]*)"|<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  let file = "";
  let names = new Set<string>();
  for (const [, suite, testCase, content = ""] of xml.matchAll(element)) {
    if (testCase === undefined) {
      file = unescape(suite!);
      names = new Set();
      continue;
    }
    const name = unescape(testCase);
    names.add(name);
    if (isStep(name, names)) continue;
    const outcome = /<(failure|error)\b/.test(content)
      ? "failed"
      : /<skipped\b/.test(content)
      ? "skipped"
      : "passed";
    results.push({ file, name, outcome });
  }
  return results;
}

/** A step is reported behind its test, as `<test> > <step>`. */
function isStep(name: string, names: Set<string>): boolean {
  for (let at = name.indexOf(" > "); at !== -1; at = name.indexOf(" > ", at + 1)) {
    if (names.has(name.slice(0, at))) return true;
  }
  return false;
}

/**
 * Judges a run. `exitCode` is that of `deno test`; `reasons` has, for each file of the report, why tests in it are
 * skipped; with `strict` (CI) no test may be.
 */
export function judge(
  results: TestResult[],
  { exitCode, reasons, strict }: { exitCode: number; reasons: Map<string, string>; strict: boolean },
): Verdict {
  const count = (outcome: TestResult["outcome"]) => results.filter((r) => r.outcome === outcome).length;
  const verdict: Verdict = { passed: count("passed"), failed: count("failed"), skipped: 0, remarks: [] };

  // Code outside of tests, a module that cannot be loaded and a type error are in no report.
  if (exitCode !== 0 && verdict.failed === 0) {
    verdict.failed = 1;
    verdict.remarks.push(`deno test ended with code ${exitCode} outside of any test; see its output above.`);
  }
  for (const { file, name } of results.filter((result) => result.outcome === "skipped")) {
    const reason = reasons.get(file);
    const fails = strict || reason === undefined;
    if (fails) verdict.failed++;
    else verdict.skipped++;
    const kind = fails ? "failed because skipped" : "skipped";
    verdict.remarks.push(`${kind}: ${name} (${file}): ${reason ?? "no reason is recorded"}`);
  }
  if (verdict.passed + verdict.failed === 0) {
    verdict.failed = 1;
    verdict.remarks.push("No test was executed.");
  }
  return verdict;
}

/** The line that ends a run and that CI reads. */
export function totals({ passed, failed, skipped }: Verdict): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : "");
}
