/**
 * The one table of settings. Reading them, `--help`, docs/configuration.md and docs/pawl.schema.json are all
 * derived from it: to add a setting, add its row to the group's file in `settings/` and its field to `Config` (and
 * to `toConfig`, which then no longer compiles without it).
 */
import type * as z from "zod";
import type { Setting } from "./setting.ts";
import { ACCESS } from "./settings/access.ts";
import { ADDRESS } from "./settings/address.ts";
import { COMPAT } from "./settings/compat.ts";
import { DOWNLOADS } from "./settings/downloads.ts";
import { IMAGES } from "./settings/images.ts";
import { JOBS } from "./settings/jobs.ts";
import { LIMITS } from "./settings/limits.ts";
import { OPERATION } from "./settings/operation.ts";
import { SHARING } from "./settings/sharing.ts";
import { STORAGE } from "./settings/storage.ts";
import { UPLOADS } from "./settings/uploads.ts";

/** Keyed by the field of `Config` that it fills. */
export const SETTINGS = {
  ...ADDRESS,
  ...STORAGE,
  ...ACCESS,
  ...SHARING,
  ...UPLOADS,
  ...IMAGES,
  ...LIMITS,
  ...DOWNLOADS,
  ...COMPAT,
  ...OPERATION,
  ...JOBS,
};

export type SettingId = keyof typeof SETTINGS;

/** What reading a setting gives; null where it has no default. */
export type Values = {
  [Id in SettingId]: (typeof SETTINGS)[Id] extends Setting<infer S, infer D> ? z.output<S> | Extract<D, null>
    : never;
};

/** The rows in the order of the table, without their individual types. */
export const ROWS: readonly (Setting & { id: SettingId })[] = Object.entries(SETTINGS).map(
  ([id, row]) => ({ ...(row as Setting), id: id as SettingId }),
);
