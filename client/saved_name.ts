/** Under which name a downloaded file is saved: what the server says, made safe. Pure. */

/** The file name of `Content-Disposition` (RFC 6266); null without one. */
export function nameOfDisposition(header: string | null): string | null {
  if (header === null) return null;
  const extended = /;\s*filename\*\s*=\s*UTF-8'[^']*'([^;\s]+)/i.exec(header)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // The plain form is left.
    }
  }
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(header)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/g, "$1");
  return /;\s*filename\s*=\s*([^;\s"]+)/i.exec(header)?.[1] ?? null;
}

/** The two joiners (U+200C, U+200D) stay: emoji and Persian words are built with them. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}<>:"/\\|?*]|(?![\u200c\u200d])\p{Cf}/gu;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const LONGEST_BYTES = 200;

/** A name that is a file in its folder on every system, whatever the server says. */
export function safeName(name: string | null): string {
  let safe = (name ?? "").normalize("NFC").replace(UNSAFE, "_").replace(/^\.+|[. ]+$/g, "").trim();
  while (new TextEncoder().encode(safe).length > LONGEST_BYTES) safe = shorter(safe);
  if (/^[\u200c\u200d]*$/.test(safe)) return "download";
  return RESERVED.test(safe) ? `_${safe}` : safe;
}

/** One character less, from before the extension. */
function shorter(name: string): string {
  const dot = name.lastIndexOf(".");
  const stem = [...(dot > 0 && name.length - dot <= 16 ? name.slice(0, dot) : name)];
  const rest = name.slice(stem.join("").length);
  return stem.slice(0, -1).join("") + rest;
}
