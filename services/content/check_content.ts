/** Is a file what its name says? For business types that allow certain extensions only: a disguised file is refused. */
import { fileTypeFromBuffer } from "file-type";
import type { Core } from "../core.ts";
import { extensionOf } from "../file_name.ts";
import { rulesOf, typesOf } from "../file_rules.ts";
import type { FileFacts, Segment } from "../model.ts";
import { Problem } from "../problem.ts";
import { compoundNames } from "./compound_names.ts";
import { type Format, FORMATS } from "./formats.ts";
import { type Sample, takeSample } from "./sample.ts";
import { isText, xmlRoot } from "./text.ts";
import { zipNames } from "./zip_names.ts";

export interface Stored {
  segments: Segment[];
  size: number;
}

/**
 * Throws `content-mismatch` when the stored bytes are not of the format of the name's extension. Looks at the file's
 * beginning and end, never at all of it. A business type that takes any extension takes any content.
 */
export async function checkContent(
  core: Core,
  { facts, stored }: { facts: Pick<FileFacts, "fileName" | "businessType" | "alsoType">; stored: Stored },
): Promise<void> {
  const type = typesOf(facts).find((name) => rulesOf(core.config, name).extensions !== null);
  if (type === undefined) return;
  const extension = extensionOf(facts.fileName);
  const { fits, found } = await judge(core, { extension, stored });
  if (fits) return;
  const is = found === null ? "something else" : `.${found}`;
  throw new Problem(
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

async function judge(
  { blobs }: Core,
  { extension, stored }: { extension: string; stored: Stored },
): Promise<Judgement> {
  const reader = await blobs.openReader(stored.segments);
  try {
    const sample = await takeSample(reader, stored.size);
    const found = (await fileTypeFromBuffer(sample.head))?.ext ?? null;
    const format = FORMATS[extension];
    return { found, fits: format ? await isOf(format, { sample, found }) : !contradicts(extension, found) };
  } finally {
    reader.close();
  }
}

async function isOf(
  format: Format,
  { sample, found }: { sample: Sample; found: string | null },
): Promise<boolean> {
  switch (format.kind) {
    case "magic":
      return found !== null && format.names.includes(found);
    case "zip":
      return (await zipNames(sample)).includes(format.holds);
    case "compound": {
      const names = await compoundNames(sample);
      return format.holds.some((name) => names.includes(name));
    }
    case "text":
      return (found === null || MARKUP.has(found)) && isText(sample.head) && isText(sample.tail);
    case "xml":
      return isText(sample.head) && xmlRoot(sample.head) === format.root;
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
