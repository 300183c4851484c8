/** Paths as they may be written down. Pure. */

const MAX_PATH = 300;

/**
 * A path as it may stand in a log: access tokens masked, control, format and line-breaking characters
 * percent-encoded again, and cut to a length.
 */
export function loggedPath(path: string): string {
  const masked = path.replace(/^(\/+d\/+)[^/]+/, "$1***");
  const cut = masked.length > MAX_PATH ? masked.slice(0, MAX_PATH) + "…" : masked;
  return cut.toWellFormed().replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, encodeURIComponent);
}
