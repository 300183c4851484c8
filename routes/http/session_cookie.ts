/** The browser session's cookie: its name and attributes, and reading it. */
import type { Context } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";

const NAME = "pawl_session";

/**
 * With https the name gets the prefix `__Host-`, so that no other host and no plain http page can set it. Whether
 * it is https follows from the public address first: behind a proxy the request itself is plain http.
 */
function attributes(c: Context, publicUrl: URL | null): CookieOptions {
  const secure = publicUrl?.protocol === "https:" || URL.parse(c.req.url)?.protocol === "https:";
  const common = { httpOnly: true, sameSite: "Strict", path: "/" } as const;
  return secure ? { ...common, secure, prefix: "host" } : common;
}

export function readSessionCookie(c: Context, publicUrl: URL | null): string | undefined {
  return getCookie(c, NAME, attributes(c, publicUrl).prefix);
}

/** `lifeMs`: milliseconds until the browser forgets it. */
export function writeSessionCookie(
  c: Context,
  cookie: string,
  options: { publicUrl: URL | null; lifeMs: number },
): void {
  const maxAge = Math.max(0, Math.floor(options.lifeMs / 1000));
  setCookie(c, NAME, cookie, { ...attributes(c, options.publicUrl), maxAge });
}

export function clearSessionCookie(c: Context, publicUrl: URL | null): void {
  deleteCookie(c, NAME, attributes(c, publicUrl));
}
