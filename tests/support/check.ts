/** Checks of records against bytes, as an administrator asks for them. */
import assert from "node:assert/strict";
import type { CheckEvent, CheckReport } from "../../services/maintenance/check.ts";
import { ADMIN, type TestApp } from "./app.ts";

export type FoundThing = Extract<CheckEvent, { type: "finding" }>;

export interface Checked {
  findings: FoundThing[];
  report: CheckReport;
}

export async function check(
  app: TestApp,
  options: { mend?: boolean; bytes?: boolean } = {},
): Promise<Checked> {
  const response = await app.request("/api/v1/admin/maintenance/check", {
    method: "POST",
    user: ADMIN,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(options),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  const events = text.trimEnd().split("\n").map((line): CheckEvent => JSON.parse(line));
  const report = events.at(-1);
  assert.equal(report?.type, "report", JSON.stringify(report));
  return {
    findings: events.filter((event) => event.type === "finding"),
    report: report as Extract<CheckEvent, { type: "report" }>,
  };
}

/** What was found, as `kind state`, sorted. */
export const outline = ({ findings }: Checked) =>
  findings.map(({ kind, state }) => `${kind} ${state}`).sort();
