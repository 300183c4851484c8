/** Reads single values out of request headers. Pure; a refusal is a `Problem` `invalid-header`. */
import { Problem } from "../../services/problem.ts";

/**
 * The value of a header that may appear once.
 * `Headers` joins repeated lines with a comma (RFC 9110, 5.3), so a comma means two values or a wrong one; use
 * it only for headers whose grammar has no comma.
 * Returns null when the header is absent. Throws when it is given twice or is empty.
 */
export function singleHeader(headers: Headers, name: string): string | null {
  const value = headers.get(name)?.trim();
  if (value === undefined) return null;
  if (value === "") {
    throw new Problem("invalid-header", `The header ${name} is empty. Give it a value or leave it out.`);
  }
  if (value.includes(",")) {
    throw new Problem("invalid-header", `The header ${name} has more than one value. Send it once.`);
  }
  return value;
}

/**
 * A non-negative safe integer in plain decimal: no sign, blank, fraction, exponent or leading zero.
 * Returns null for anything else.
 */
export function parseInteger(text: string): number | null {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** A header that holds one non-negative safe integer; null when it is absent. Throws on anything else. */
export function integerHeader(headers: Headers, name: string): number | null {
  const text = singleHeader(headers, name);
  if (text === null) return null;
  const value = parseInteger(text);
  if (value !== null) return value;
  throw new Problem(
    "invalid-header",
    `The header ${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, in decimal digits only.`,
  );
}

/** The body's declared length in bytes (RFC 9110, 8.6); null when the request does not say. */
export function contentLength(headers: Headers): number | null {
  return integerHeader(headers, "Content-Length");
}
