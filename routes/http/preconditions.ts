/** Conditional requests (RFC 9110 §13): whether to perform, and whether `Range` still counts. Pure. */
import { parseHttpDate } from "./http_date.ts";

/** What the current representation is compared by. */
export interface Validator {
  /** As sent in `ETag`, with its quotes, and with `W/` when it is weak. */
  etag: string;
  /** Milliseconds since 1970; compared in whole seconds. */
  lastModified: number;
}

export interface ConditionalRequest {
  method: string;
  headers: { get(name: string): string | null };
}

/**
 * `perform`: answer normally, and look at `Range` only when `rangeApplies`. `not-modified`: answer 304.
 * `failed`: answer 412; `header` is the condition that did not hold.
 */
export type Precondition =
  | { kind: "perform"; rangeApplies: boolean }
  | { kind: "not-modified" }
  | { kind: "failed"; header: string };

/**
 * Evaluates the conditions in the order of RFC 9110 §13.2.2; `now` is in ms since 1970. Dates that cannot be
 * read are ignored; the unreadable part of a list of entity tags matches nothing.
 *
 * `Unless-Modified-Since` of old download managers is `If-Unmodified-Since`, but failed together with `Range`
 * it asks for the whole new file. `Range` and `If-Range` count for GET alone (RFC 9110 §14.2).
 */
export function evaluatePreconditions(
  { method, headers }: ConditionalRequest,
  validator: Validator,
  options: { now: number },
): Precondition {
  const date = (name: string): number | null => {
    const value = headers.get(name);
    return value === null ? null : parseHttpDate(value, options);
  };
  const modifiedSince = (name: string): boolean | null => {
    const since = date(name);
    return since === null ? null : wholeSeconds(validator.lastModified) > wholeSeconds(since);
  };
  let rangeApplies = method === "GET" && headers.get("range") !== null;

  const ifMatch = headers.get("if-match");
  if (ifMatch !== null) {
    if (!matches(ifMatch, validator.etag, isStrongMatch)) return { kind: "failed", header: "If-Match" };
  } else {
    if (modifiedSince("if-unmodified-since")) return { kind: "failed", header: "If-Unmodified-Since" };
    if (modifiedSince("unless-modified-since")) {
      if (headers.get("range") === null) return { kind: "failed", header: "Unless-Modified-Since" };
      rangeApplies = false;
    }
  }

  const reads = method === "GET" || method === "HEAD";
  const ifNoneMatch = headers.get("if-none-match");
  if (ifNoneMatch !== null) {
    if (matches(ifNoneMatch, validator.etag, isWeakMatch)) {
      return reads ? { kind: "not-modified" } : { kind: "failed", header: "If-None-Match" };
    }
  } else if (reads && modifiedSince("if-modified-since") === false) {
    return { kind: "not-modified" };
  }

  const ifRange = headers.get("if-range");
  if (rangeApplies && ifRange !== null) rangeApplies = rangeIsCurrent(ifRange, validator, options);
  return { kind: "perform", rangeApplies };
}

/**
 * RFC 9110 §13.1.5: one entity tag by strong comparison; a date only when it is exactly `Last-Modified` and that
 * is a strong validator, i.e. at least one second old (§8.8.2.2).
 */
function rangeIsCurrent(ifRange: string, validator: Validator, options: { now: number }): boolean {
  if (isStrongMatch(ifRange, validator.etag)) return true;
  const date = parseHttpDate(ifRange, options);
  const modified = wholeSeconds(validator.lastModified);
  return date !== null && wholeSeconds(date) === modified && wholeSeconds(options.now) > modified;
}

function matches(field: string, etag: string, compare: (a: string, b: string) => boolean): boolean {
  return field === "*" || readTags(field).some((tag) => compare(tag, etag));
}

function isStrongMatch(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

function isWeakMatch(a: string, b: string): boolean {
  return a.replace(/^W\//, "") === b.replace(/^W\//, "");
}

/** The entity tags of a list (RFC 9110 §8.8.3) up to the first thing that is none. A tag may hold commas. */
function readTags(field: string): string[] {
  // Sticky, and no two parts can match the same character, so hostile lists take linear time.
  const member = /[ \t,]*((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)/y;
  const tags: string[] = [];
  for (let match = member.exec(field); match; match = member.exec(field)) tags.push(match[1]!);
  return tags;
}

function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
