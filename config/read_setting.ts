/** One given value through the schema of its setting. */
import { MEMBERS } from "./business_types.ts";
import { show, suggestion } from "./mistakes.ts";
import type { Setting } from "./setting.ts";
import type { SettingId } from "./settings.ts";

export interface Given {
  /** What its owner knows it by: a variable, or a key of `pawl.json`. */
  name: string;
  /** ` in pawl.json`, or nothing. */
  place: string;
  value: unknown;
}

/** What one source of settings gives. */
export interface Readings {
  values: Map<SettingId, unknown>;
  /** Settings that were given wrongly. */
  failed: Set<SettingId>;
  mistakes: string[];
}

type Issue = NonNullable<ReturnType<Setting["schema"]["safeParse"]>["error"]>["issues"][number];

export function noReadings(): Readings {
  return { values: new Map(), failed: new Set(), mistakes: [] };
}

/** Adds what `given` says to `readings`: its value, or in sentences what is wrong with it and what is allowed. */
export function readSetting(readings: Readings, row: Setting & { id: SettingId; given: Given }): void {
  const result = row.schema.safeParse(row.given.value);
  if (result.success) {
    readings.values.set(row.id, result.data);
    return;
  }
  readings.failed.add(row.id);
  const sentences = result.error.issues.flatMap((issue) =>
    row.secret
      ? [`${row.given.name} must be ${issue.message} (what was given is not shown).`]
      : describe(issue, row.given)
  );
  // One value may break several checks that share their rule.
  readings.mistakes.push(...new Set(sentences));
}

function describe(issue: Issue, given: Given): string[] {
  const steps = issue.path.filter((step) => typeof step === "string");
  const part = issue.path.reduce<unknown>(
    (at, step) => (at as Record<PropertyKey, unknown>)[step],
    given.value,
  );
  if (issue.code === "invalid_key") {
    return [
      `${given.name}${given.place} has a name ${show(steps.at(-1))}: it must be ${issue.issues[0]!.message}.`,
    ];
  }
  const subject = [given.name, ...steps].join(".") + given.place;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      `${subject} has an unknown member ${show(key)}${suggestion(key, MEMBERS)}`
    );
  }
  const verb = steps.length < issue.path.length ? "holds" : "is";
  return [`${subject} ${verb} ${show(part)}: it must be ${issue.message}.`];
}
