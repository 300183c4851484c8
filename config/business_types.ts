/** The business types that exist without any configuration, and what `pawl.json` may change about them. */
import * as z from "zod";
import { VISIBILITIES } from "../services/model.ts";
import type { BusinessTypeRules } from "./config.ts";
import { bytes, choice, integer } from "./values.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

const IMAGES = [".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".svg"];
const DOCUMENTS = [".pdf", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".txt", ".md"];
const VIDEOS = [".mp4", ".avi", ".mov", ".wmv", ".flv", ".mkv", ".webm"];
const AUDIO = [".mp3", ".wav", ".flac", ".aac", ".ogg", ".wma"];

/** Time in which a file of these types must have been given what it belongs to. */
const ORPHAN_HOURS = 24;

const GENERAL: BusinessTypeRules = {
  maxBytes: 64 * GIB,
  extensions: null,
  visibility: "private",
  removeExif: false,
  generateThumbnail: true,
  generateMultipleSizes: false,
  addWatermark: false,
  orphanHours: null,
};

export const DEFAULT_BUSINESS_TYPES: Readonly<Record<string, BusinessTypeRules>> = {
  General: GENERAL,
  Avatar: { ...GENERAL, maxBytes: 2 * MIB, extensions: IMAGES, removeExif: true },
  Image: { ...GENERAL, maxBytes: 5 * MIB, extensions: IMAGES, removeExif: true, orphanHours: ORPHAN_HOURS },
  Document: { ...GENERAL, maxBytes: 10 * MIB, extensions: DOCUMENTS, orphanHours: ORPHAN_HOURS },
  Video: { ...GENERAL, maxBytes: 50 * MIB, extensions: VIDEOS, orphanHours: ORPHAN_HOURS },
  Audio: { ...GENERAL, maxBytes: 10 * MIB, extensions: AUDIO, orphanHours: ORPHAN_HOURS },
};

const nameRule = "a letter and then at most 63 letters, digits, _ or -";
const extensionRule = "a list of lower-case extensions with their dot, such as .pdf, or null for any";

const flag = z.boolean({ error: "true or false" });

const rules = z.strictObject({
  maxBytes: bytes(1, 2 ** 50).schema.optional(),
  extensions: z.array(
    z.string({ error: extensionRule }).regex(/^\.[a-z0-9_+-]{1,16}$/, { error: extensionRule }),
    {
      error: extensionRule,
    },
  ).min(1, { error: extensionRule }).nullable().optional(),
  visibility: choice(VISIBILITIES).schema.optional(),
  removeExif: flag.optional(),
  generateThumbnail: flag.optional(),
  generateMultipleSizes: flag.optional(),
  addWatermark: flag.optional(),
  orphanHours: integer(1, 87_600).schema.nullable().optional(),
}, {
  // Undefined leaves zod's own message, which names the unknown keys.
  error: (issue) =>
    issue.code === "invalid_type"
      ? `an object with ${MEMBERS.slice(0, -1).join(", ")} or ${MEMBERS.at(-1)}`
      : undefined,
});

export const MEMBERS: readonly string[] = Object.keys(rules.shape);

/** `businessTypes` of `pawl.json`. */
export function businessTypes() {
  const rule = `an object: name -> {${MEMBERS.join(", ")}}, each optional`;
  const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, { error: nameRule });
  return { type: "table", rule, schema: z.record(name, rules, { error: rule }) } as const;
}

/**
 * The built-in types changed and added to by `given`. A new type starts from the rules of `General`.
 * The result has no prototype, so that a request's `constructor` is no business type.
 */
export function mergeBusinessTypes(
  given: Record<string, Partial<BusinessTypeRules>>,
): Record<string, BusinessTypeRules> {
  const merged: Record<string, BusinessTypeRules> = Object.create(null);
  for (const [name, type] of Object.entries(DEFAULT_BUSINESS_TYPES)) merged[name] = { ...type };
  for (const [name, type] of Object.entries(given)) merged[name] = { ...(merged[name] ?? GENERAL), ...type };
  return merged;
}
