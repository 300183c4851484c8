/** Turns validation failures into the refusal `invalid-request`, naming every field that is wrong. */
import type { z } from "zod";
import { Problem } from "../services/problem.ts";

/** Where a validated value came from, in the words of `@hono/zod-openapi`. */
export type RequestPart = "json" | "form" | "query" | "param" | "header" | "cookie";

/** One wrong field. Body fields are told by JSON Pointer (RFC 6901), all others by the parameter's name. */
export interface FieldError {
  detail: string;
  pointer?: string;
  parameter?: string;
}

/** More are counted but not listed: a hostile body must not blow up its answer. */
const MAX_LISTED = 20;
const MAX_NAME = 100;

/** Says what is wrong with each field; `issues` are those of one failed parse. */
export function invalidRequest(part: RequestPart, issues: readonly z.core.$ZodIssue[]): Problem {
  const errors = issues.slice(0, MAX_LISTED).flatMap((issue) => fieldErrors(part, issue));
  const listed = errors.slice(0, MAX_LISTED);
  const sentence = listed.map((error) => `${nameOf(error)}: ${error.detail}`).join("; ");
  const more = issues.length > MAX_LISTED ? `; and ${issues.length - MAX_LISTED} more` : "";
  return new Problem("invalid-request", `${WHERE[part]} is not valid. ${sentence}${more}.`, {
    extra: { errors: listed },
  });
}

const WHERE: Record<RequestPart, string> = {
  json: "The request body",
  form: "The form",
  query: "The query",
  param: "The address",
  header: "A request header",
  cookie: "A cookie",
};

function fieldErrors(part: RequestPart, issue: z.core.$ZodIssue): FieldError[] {
  const paths = issue.code === "unrecognized_keys"
    ? issue.keys.map((key) => [...issue.path, key])
    : [issue.path];
  const detail = issue.code === "unrecognized_keys" ? "is not a known field" : shorten(issue.message, 200);
  return paths.map((path) =>
    part === "json" || part === "form"
      ? { detail, pointer: "#" + path.map((key) => `/${pointerToken(key)}`).join("") }
      : { detail, parameter: shorten(path.map(String).join("."), MAX_NAME) }
  );
}

function pointerToken(key: PropertyKey): string {
  const escaped = shorten(String(key), MAX_NAME).replaceAll("~", "~0").replaceAll("/", "~1");
  return encodeURIComponent(escaped.toWellFormed());
}

function nameOf(error: FieldError): string {
  const pointer = error.pointer === "#" ? "the body" : error.pointer?.slice(2).replaceAll("/", ".");
  return pointer ?? error.parameter ?? "";
}

function shorten(text: string, limit: number): string {
  return text.length > limit ? text.slice(0, limit) + "…" : text;
}
