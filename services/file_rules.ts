/** What a file must be to be taken: the one policy for every upload route, and for renaming. */
import type { BusinessTypeRules, Config } from "../config/config.ts";
import { checkFileName, extensionOf } from "./file_name.ts";
import { mediaType } from "./media_type.ts";
import type { FileFacts, ImageRequest, Origin, Visibility } from "./model.ts";
import { Problem } from "./problem.ts";

/** What a request says of a file; nothing of it is checked yet but its types. */
export interface FileRequest {
  fileName: string;
  contentType?: string | null | undefined;
  businessType?: string | undefined;
  businessId?: string | null | undefined;
  visibility?: Visibility | undefined;
  image?: ImageRequest | undefined;
  /** A further business type whose rules of size, type and pictures hold too. */
  alsoType?: string | undefined;
  origin?: Origin | undefined;
}

const DEFAULT_TYPE = "General";

/** A configured type of this name has the rules of all that are not configured. */
export const OTHERS = "default";
const TYPE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Throws `unknown-business-type`. */
export function rulesOf(config: Config, businessType: string): BusinessTypeRules {
  if (Object.hasOwn(config.businessTypes, businessType)) return config.businessTypes[businessType]!;
  const others = config.businessTypes[OTHERS];
  if (others && TYPE_NAME.test(businessType)) return others;
  throw new Problem(
    "unknown-business-type",
    `There is no business type ${JSON.stringify(businessType)}. Known: ${
      Object.keys(config.businessTypes).join(", ")
    }.`,
  );
}

/** The facts of a file whose name, type and extension are right. Throws what is wrong with them. */
export function fileFacts(config: Config, request: FileRequest): FileFacts {
  const businessType = request.businessType ?? DEFAULT_TYPE;
  const rules = rulesOf(config, businessType);
  const fileName = checkFileName(request.fileName);
  for (const type of typesOf({ businessType, alsoType: request.alsoType })) {
    requireExtension(config, { type, fileName });
  }
  return {
    fileName,
    contentType: mediaType(request.contentType, fileName),
    businessType,
    businessId: request.businessId || null,
    visibility: request.visibility ?? rules.visibility,
    ...(request.image && { imageRequest: request.image }),
    ...(request.alsoType && { alsoType: request.alsoType }),
    ...(request.origin && { origin: request.origin }),
  };
}

/** All business types whose rules a file must keep. */
export function typesOf(
  { businessType, alsoType }: { businessType: string; alsoType?: string | undefined },
): string[] {
  return alsoType === undefined || alsoType === businessType ? [businessType] : [businessType, alsoType];
}

function requireExtension(config: Config, { type, fileName }: { type: string; fileName: string }): void {
  const { extensions } = rulesOf(config, type);
  const extension = extensionOf(fileName);
  if (!extensions || extensions.includes(extension)) return;
  throw new Problem(
    "type-not-allowed",
    `${type} takes ${extensions.join(" ")}, not ${extension || "a file without an extension"}.`,
    { extra: { businessType: type, allowedExtensions: extensions } },
  );
}

/** Throws `file-too-large` when `size` bytes are more than the business type takes. */
export function requireSize(
  config: Config,
  { size, ...types }: { businessType: string; alsoType?: string | undefined; size: number },
): void {
  for (const businessType of typesOf(types)) {
    const { maxBytes } = rulesOf(config, businessType);
    if (size > maxBytes) throw tooLarge({ businessType, maxBytes });
  }
}

export function tooLarge({ businessType, maxBytes }: { businessType: string; maxBytes: number }): Problem {
  return new Problem("file-too-large", `${businessType} takes files of up to ${maxBytes} bytes.`, {
    extra: { businessType, maxBytes },
  });
}
