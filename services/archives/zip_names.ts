/** Names in an archive that every system can unpack, each once. Pure. */
import { Buffer } from "node:buffer";

// deno-lint-ignore no-control-regex -- control characters are among what is replaced
const UNSAFE = /[\u0000-\u001f\u007f<>:"/\\|?*]/g;
/** Devices of Windows, with any extension. */
const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
/** Bytes in UTF-8, inclusive: what file systems take. */
const MAX_BYTES = 255;

/** Gives each of `fileNames`, in their order, a name that is safe and differs from all others, whatever the case. */
export function uniqueNames(fileNames: readonly string[]): string[] {
  const taken = new Set<string>();
  /** Where counting goes on, so that ten thousand equal names stay quick. */
  const next = new Map<string, number>();
  return fileNames.map((fileName) => {
    const safe = safeName(fileName);
    let name = safe;
    for (let n = next.get(folded(safe)) ?? 2; taken.has(folded(name)); n++) {
      name = numbered(safe, n);
      next.set(folded(safe), n + 1);
    }
    taken.add(folded(name));
    return name;
  });
}

/** As file systems that ignore case compare. */
const folded = (name: string) => name.normalize("NFC").toUpperCase().toLowerCase();

function safeName(fileName: string): string {
  const replaced = fileName.toWellFormed().replace(UNSAFE, "_").replace(/[. ]+$/, "") || "_";
  const name = RESERVED.test(replaced) ? `_${replaced}` : replaced;
  return shortened(name, "");
}

/** `photo.jpg` -> `photo (2).jpg`. */
const numbered = (name: string, n: number) => shortened(name, ` (${n})`);

/** With `mark` before the extension, and as much of the name as there is room for. */
function shortened(name: string, mark: string): string {
  const dot = name.lastIndexOf(".");
  const hasExtension = dot > 0 && name.length - dot <= 20;
  const extension = hasExtension ? name.slice(dot) : "";
  let stem = hasExtension ? name.slice(0, dot) : name;
  while (Buffer.byteLength(stem + mark + extension) > MAX_BYTES) stem = [...stem].slice(0, -1).join("");
  return stem + mark + extension;
}
