/** Whether the page was opened by the issuer's answer; small, so that the page need not load all else to know. */

/** An answer of the issuer has a `state` and a `code` or an `error` in its query (RFC 6749 section 4.1.2). */
export function isIssuerAnswer(address: string): boolean {
  const { searchParams } = new URL(address);
  return searchParams.has("state") && (searchParams.has("code") || searchParams.has("error"));
}
