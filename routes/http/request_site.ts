/**
 * From which site a browser sends a request, by the headers that pages cannot forge: `Sec-Fetch-*` (Fetch
 * Metadata) and `Origin`. Browsers leave `Sec-Fetch-*` out towards plain http addresses other than loopback, and
 * other clients send neither. Pure.
 */

export interface SiteRequest {
  method: string;
  headers: Headers;
  /** Origins that are this server: as asked for, and the public address. */
  ownOrigins: readonly string[];
}

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** The origin of the address asked for (its host has been checked before), and of the public address. */
export function ownOrigins(requestUrl: string, publicUrl: URL | null): string[] {
  return [URL.parse(requestUrl)?.origin, publicUrl?.origin].filter((origin) => origin !== undefined);
}

/**
 * Whether a cookie speaks for the person: `counts`; `ignored`, the request goes on as anonymous; `refused`,
 * because it would change something for another site.
 */
export function cookieStanding(request: SiteRequest): "counts" | "ignored" | "refused" {
  const site = request.headers.get("Sec-Fetch-Site");
  const origin = request.headers.get("Origin");
  if (site === "same-origin") return "counts";
  const safe = SAFE_METHODS.has(request.method);
  const noOtherSite = site === null || site === "none";
  const ours = origin === null ? safe : request.ownOrigins.includes(origin);
  if (noOtherSite && ours) return "counts";
  return safe ? "ignored" : "refused";
}

/**
 * Whether another site's page makes the request. Following a link to here (a top-level navigation by GET) is not
 * that, and neither is a page whose exact origin is in `allowedOrigins`.
 */
export function isCrossSite(request: SiteRequest, allowedOrigins: readonly string[]): boolean {
  const { method, headers } = request;
  const site = headers.get("Sec-Fetch-Site");
  const origin = headers.get("Origin");
  if (site === "same-origin") return false;
  if (origin !== null && allowedOrigins.includes(origin)) return false;
  if ((method === "GET" || method === "HEAD") && isTopLevelNavigation(headers)) return false;
  if (origin !== null && !request.ownOrigins.includes(origin)) return true;
  return site !== null && site !== "none";
}

function isTopLevelNavigation(headers: Headers): boolean {
  return headers.get("Sec-Fetch-Mode") === "navigate" && headers.get("Sec-Fetch-Dest") === "document";
}
