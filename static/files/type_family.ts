/** Which family a file belongs to, by its media type and the end of its name. Pure. */
export type Family = "picture" | "video" | "audio" | "document" | "sheet" | "archive" | "code" | "other";

const BY_EXTENSION: readonly (readonly [Family, RegExp])[] = [
  ["sheet", /^(?:xlsx?|ods|csv|tsv|numbers)$/],
  ["document", /^(?:pdf|docx?|odt|rtf|txt|md|pages|pptx?|odp|key|epub)$/],
  ["archive", /^(?:zip|7z|rar|tar|t?gz|bz2|xz|zst|iso|dmg|jar|apk|deb|rpm)$/],
  [
    "code",
    /^(?:js|mjs|tsx?|jsx|json|ya?ml|toml|xml|html?|css|py|rb|rs|go|java|kt|c|h|cpp|hpp|cs|sh|sql|swift|php)$/,
  ],
  ["picture", /^(?:jpe?g|png|gif|webp|avif|bmp|svg|heic|tiff?|ico|psd)$/],
  ["video", /^(?:mp4|avi|mov|wmv|flv|mkv|webm|m4v|mpe?g)$/],
  ["audio", /^(?:mp3|wav|flac|aac|ogg|wma|m4a|opus)$/],
];

const BY_TYPE: readonly (readonly [Family, RegExp])[] = [
  ["picture", /^image\//],
  ["video", /^video\//],
  ["audio", /^audio\//],
  ["sheet", /spreadsheet|excel|csv/],
  ["document", /pdf|word|document|presentation|powerpoint|^text\/(?:plain|markdown)/],
  ["archive", /zip|compressed|x-tar|x-7z|rar/],
  ["code", /json|xml|javascript|html|css/],
];

/** `.ts` is code to those who upload it, and no transport stream: the name decides first. */
export function familyOf({ name, contentType }: { name: string; contentType: string }): Family {
  const extension = extensionOf(name).toLowerCase();
  const type = contentType.toLowerCase();
  return BY_EXTENSION.find(([, pattern]) => pattern.test(extension))?.[0] ??
    BY_TYPE.find(([, pattern]) => pattern.test(type))?.[0] ?? "other";
}

/** Without its dot; "" when the name has none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot + 1) : "";
}
