/** What old clients send: names in any case, perhaps with the prefix of a later release; numbers and flags as text too. */
import { z } from "@hono/zod-openapi";
import { Problem } from "../../services/problem.ts";
import { invalidRequest, type RequestPart } from "../invalid_request.ts";

/** `voChunkIndex`, `ChunkIndex` and `chunkIndex` are one name. */
export function foldName(name: string): string {
  const lower = name.toLowerCase();
  return lower.startsWith("vo") ? lower.slice(2) : lower;
}

/** The members that `schema` names, checked; others are ignored, as their servers do. Throws `invalid-request`. */
export function readValues<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  given: { part: RequestPart; values: unknown },
): z.infer<z.ZodObject<Shape>> {
  const names = new Map(Object.keys(schema.shape).map((name) => [foldName(name), name]));
  let values = given.values;
  if (typeof values === "object" && values !== null && !Array.isArray(values)) {
    const known = Object.entries(values).flatMap(([name, value]) => {
      const known = names.get(foldName(name));
      return known === undefined ? [] : [[known, value] as const];
    });
    values = Object.fromEntries(known);
  }
  const result = schema.safeParse(values);
  if (!result.success) throw invalidRequest(given.part, result.error.issues);
  return result.data;
}

/**
 * JSON whose whole numbers beyond 2^53 become their digits as text: ids of 63 bits come as numbers. Throws
 * `malformed-body`; an empty text is null.
 */
export function parseJson(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text, exactIds as (name: string, value: unknown) => unknown);
  } catch (cause) {
    throw new Problem(
      "malformed-body",
      "The request body is not valid JSON. Check its syntax and send it again.",
      { cause },
    );
  }
}

function exactIds(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return /^-?\d{1,20}$/.test(context?.source ?? "") ? context!.source : value;
}

/** A whole number from 0, or its digits. */
export const count = () =>
  z.union([z.int().min(0), z.string().regex(/^\d{1,15}$/, "must be a whole number from 0").transform(Number)])
    .openapi({ type: "integer", minimum: 0 });

export const flag = () =>
  z.union([z.boolean(), z.string().regex(/^(true|false|1|0)$/i, "must be true or false").transform(isTrue)])
    .openapi({ type: "boolean" });

const isTrue = (text: string) => text === "1" || text.toLowerCase() === "true";

/** An id as a number or as text; as text from here on. */
export const id = () =>
  z.union([z.int().min(0).transform(String), z.string().max(256)]).openapi({ type: "string" });

/** Ids in answers: numbers where every client reads them exactly, else text. */
export function oldId(text: string | null): string | number | null {
  return text !== null && /^(0|[1-9]\d{0,15})$/.test(text) && Number.isSafeInteger(Number(text))
    ? Number(text)
    : text;
}
