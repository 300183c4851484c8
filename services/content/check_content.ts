/** Is a file what its name says? For business types that allow certain extensions only: a disguised file is refused. */
import { fileTypeFromBuffer } from "file-type";
import type { Config } from "../../config/config.ts";
import type { Core } from "../core.ts";
import { extensionOf } from "../file_name.ts";
import { rulesOf, typesOf } from "../file_rules.ts";
import type { FileFacts, Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import { compoundNames, isCompound } from "./compound_names.ts";
import { type Format, FORMATS } from "./formats.ts";
import { type Sample, takeSample } from "./sample.ts";
import { encodingOf, isText, xmlRoot } from "./text.ts";
import { isZip, zipNames } from "./zip_names.ts";

export interface Stored {
  segments: Segment[];
  size: number;
}

/** Which of the file's types looks at its content; undefined: none, as those that take any extension. */
export function typeThatLooks(config: Config, facts: CheckedFacts): string | undefined {
  return typesOf(facts).find((name) => rulesOf(config, name).extensions !== null);
}

export type CheckedFacts = Pick<FileFacts, "fileName" | "businessType" | "alsoType">;

/**
 * Throws `content-mismatch` when the stored bytes are not of the format of the name's extension. Looks at the file's
 * beginning and end, never at all of it. A business type that takes any extension takes any content.
 */
export async function checkContent(
  core: Core,
  { facts, stored }: { facts: CheckedFacts; stored: Stored },
): Promise<void> {
  const type = typeThatLooks(core.config, facts);
  if (type === undefined) return;
  const reader = await core.blobs.openReader(stored.segments);
  try {
    const sample = await takeSample(reader, stored.size);
    const extension = extensionOf(facts.fileName);
    const head = await judgeHead(extension, sample.head);
    if (!head.fits || !await restFits(extension, sample)) throw mismatch(head, { extension, type });
  } finally {
    reader.close();
  }
}

/** The same by the file's first `HEAD_BYTES` alone: what they may be the beginning of is let through. */
export async function checkHead(
  config: Config,
  { facts, head }: { facts: CheckedFacts; head: Uint8Array },
): Promise<void> {
  const type = typeThatLooks(config, facts);
  if (type === undefined) return;
  const extension = extensionOf(facts.fileName);
  const judgement = await judgeHead(extension, head);
  if (!judgement.fits) throw mismatch(judgement, { extension, type });
}

function mismatch({ found }: Judgement, { extension, type }: { extension: string; type: string }): Problem {
  const is = found === null ? "something else" : `.${found}`;
  return new Problem(
    "content-mismatch",
    `The file is called ${extension}, but its content is ${is}. ${type} takes files under their true names only.`,
    { extra: { extension, detected: found === null ? null : `.${found}` } },
  );
}

interface Judgement {
  fits: boolean;
  /** What `file-type` takes it for; null: nothing that it knows. */
  found: string | null;
}

async function judgeHead(extension: string, head: Uint8Array): Promise<Judgement> {
  const found = (await fileTypeFromBuffer(head))?.ext ?? null;
  const format = FORMATS[extension];
  return { found, fits: format ? headFits(format, { head, found }) : !contradicts(extension, found) };
}

function headFits(format: Format, { head, found }: { head: Uint8Array; found: string | null }): boolean {
  switch (format.kind) {
    case "magic":
      return found !== null && format.names.includes(found);
    case "zip":
      // What stands before an archive may be a program, which Office would pass over.
      return isZip(head);
    case "compound":
      return isCompound(head);
    case "text":
      return (found === null || MARKUP.has(found)) && isText(head, encodingOf(head));
    case "xml":
      return isText(head, encodingOf(head)) && xmlRoot(head) === format.root;
  }
}

/** What only the file's other parts tell. */
async function restFits(extension: string, sample: Sample): Promise<boolean> {
  const format = FORMATS[extension];
  switch (format?.kind) {
    case "zip":
      return (await zipNames(sample)).includes(format.holds);
    case "compound": {
      const names = await compoundNames(sample);
      return format.holds.some((name) => names.includes(name));
    }
    case "text":
      return isText(sample.tail, encodingOf(sample.head));
    default:
      return true;
  }
}

/** What `file-type` recognises in text. */
const MARKUP = new Set(["xml", "rtf", "ics", "vcf", "vtt", "srt", "eps", "ps"]);
/** Containers of many formats: to be one of them contradicts no extension. */
const CONTAINERS = new Set(["zip", "cfb", "xml", "gz", "asf", "ogg", "mp4"]);

/** For extensions whose content is not known here. */
function contradicts(extension: string, found: string | null): boolean {
  return found !== null && `.${found}` !== extension && !CONTAINERS.has(found);
}
