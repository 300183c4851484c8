/** What a row of the table of settings consists of. */
import type * as z from "zod";
import type * as kind from "./values.ts";

/** In the order in which they are shown. */
export const GROUPS = [
  "Address",
  "Storage",
  "Access",
  "Uploads",
  "Images",
  "Limits",
  "Downloads folder",
  "Old clients",
  "Operation",
  "Jobs",
] as const;

export interface Setting<S extends z.ZodType = z.ZodType, D = unknown> extends kind.ValueType<S> {
  group: (typeof GROUPS)[number];
  /** Dotted path in `pawl.json`; absent: the environment only. */
  key?: string;
  /** Environment variable, which wins over `pawl.json`; absent: `pawl.json` only. */
  env?: string;
  unit?: string;
  /** As `pawl.json` would hold it; null: none. */
  default: D;
  /** Said instead of `default` where that alone would not be understood. */
  defaultText?: string;
  description: string;
  /** Never shown, and may be given as a file through `<env>_FILE`. */
  secret?: true;
}

export function setting<S extends z.ZodType>(row: Setting<S, z.input<S>>): Setting<S, z.input<S>> {
  return row;
}

export function optional<S extends z.ZodType>(row: Omit<Setting<S>, "default">): Setting<S, null> {
  return { ...row, default: null };
}
