/**
 * The kinds of values that settings have. Each kind says its rule once, in words that finish "it must be ...";
 * the same words are the error of its schema, the `Allowed` column of the documentation and of `--help`.
 */
import { isIP } from "node:net";
import * as z from "zod";

export type ValueTypeName =
  | "string"
  | "integer"
  | "boolean"
  | "enum"
  | "url"
  | "bytes"
  | "path"
  | "list"
  | "table";

export interface ValueType<S extends z.ZodType = z.ZodType> {
  type: ValueTypeName;
  rule: string;
  /** Reads the value as `pawl.json` may hold it. */
  schema: S;
}

const BYTES_IN: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const SIZE = /^(\d{1,16}(?:\.\d{1,9})?) ?(B|KiB|MiB|GiB|TiB)$/;

/** 2097152 -> "2 MiB"; the largest unit that leaves a whole number. */
export function showBytes(size: number): string {
  const unit = Object.keys(BYTES_IN).findLast((name) =>
    size >= BYTES_IN[name]! && size % BYTES_IN[name]! === 0
  );
  return unit === undefined ? `${size} B` : `${size / BYTES_IN[unit]!} ${unit}`;
}

function toBytes(value: number | string): number {
  if (typeof value === "number") return value;
  const [, amount, unit] = SIZE.exec(value)!;
  return Number(amount) * BYTES_IN[unit!]!;
}

/** A size; both limits inclusive, in bytes. */
export function bytes(min: number, max: number) {
  const error = `a size from ${showBytes(min)} to ${showBytes(max)}: bytes as a number, or text like "2 MiB"`;
  const schema = z.union([z.int({ error }), z.string().regex(SIZE, { error })], { error })
    .transform(toBytes)
    .pipe(z.int({ error }).min(min, { error }).max(max, { error }));
  return { type: "bytes", rule: error, schema } as const;
}

/** Both limits inclusive. */
export function integer(min: number, max: number) {
  const error = `a whole number from ${min} to ${max}`;
  return {
    type: "integer",
    rule: error,
    schema: z.int({ error }).min(min, { error }).max(max, { error }),
  } as const;
}

/** Sides, each from 1 to 16384. */
export function box() {
  const error = 'width and height in pixels, such as "150x150", each from 1 to 16384';
  const sides = (value: string) => value.split("x").map(Number) as [number, number];
  const schema = z.string({ error }).regex(/^\d{1,5}x\d{1,5}$/, { error })
    .refine((value) => sides(value).every((side) => side >= 1 && side <= 16384), { error })
    .transform((value) => ({ width: sides(value)[0], height: sides(value)[1] }));
  return { type: "string", rule: error, schema } as const;
}

/** In the environment `1` or `0`. */
export function boolean(rule: "true or false" | "1 or 0") {
  return { type: "boolean", rule, schema: z.boolean({ error: rule }) } as const;
}

export function choice<const T extends readonly [string, ...string[]]>(options: T) {
  const error = `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;
  return { type: "enum", rule: error, schema: z.enum(options, { error }) } as const;
}

/** Text without control characters; `max` in characters, inclusive. */
export function text(max: number) {
  const error = `text of 1 to ${max} characters without control characters`;
  const schema = z.string({ error }).min(1, { error }).max(max, { error }).regex(/^\P{Cc}*$/u, { error });
  return { type: "string", rule: error, schema } as const;
}

/** The id of a user, as tokens name it. */
export function subject() {
  const error = "the id of a user: 1 to 128 letters, digits or characters of . _ @ : + | -";
  const schema = z.string({ error }).regex(/^[A-Za-z0-9._@:+|-]{1,128}$/, { error });
  return { type: "string", rule: error, schema } as const;
}

/** Texts as of `text`. */
export function texts(max: number) {
  const { rule, schema } = text(max);
  const error = `a list of texts, each ${rule}`;
  return { type: "list", rule: error, schema: z.array(schema, { error }) } as const;
}

/** RFC 6749 section 3.3. */
export function scopes() {
  const error = "a list of scope names, without blanks, quotes and backslashes";
  const name = z.string({ error }).regex(/^[\x21\x23-\x5B\x5D-\x7E]{1,256}$/, { error });
  return { type: "list", rule: error, schema: z.array(name, { error }) } as const;
}

/** `min` in bytes of UTF-8, inclusive. */
export function secret(min: number) {
  const error = `at least ${min} bytes long`;
  const schema = z.string({ error }).refine((value) => new TextEncoder().encode(value).length >= min, {
    error,
  });
  return { type: "string", rule: error, schema } as const;
}

/** Commas are refused because no permission flag of Deno can name such a path. */
export function path() {
  const error = "a path without commas and control characters";
  const schema = z.string({ error }).regex(/^[^\p{Cc},]+$/u, { error });
  return { type: "path", rule: error, schema } as const;
}

const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

function isAddress(value: string): boolean {
  return isIP(value) !== 0 && !value.includes("%");
}

export function host() {
  const error = "an IP address or a host name, without a port";
  const schema = z.string({ error })
    .transform((value) => value.replace(/^\[(.*:.*)\]$/, "$1").toLowerCase())
    .refine((value) => isAddress(value) || HOST_NAME.test(value), { error });
  return { type: "string", rule: error, schema } as const;
}

function httpUrl(value: string): URL | null {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  return url.username === "" && url.password === "" && url.hash === "" ? url : null;
}

export function url() {
  const error = "an http or https address without user name, password and fragment";
  const schema = z.string({ error }).refine((value) => httpUrl(value) !== null, { error })
    .transform((value) => new URL(value));
  return { type: "url", rule: error, schema } as const;
}

/** The address of a whole site. */
export function siteUrl() {
  const error = "an http or https address without a path, such as https://files.example.org";
  const schema = z.string({ error })
    .refine((value) => {
      const url = httpUrl(value);
      return url !== null && url.pathname === "/" && url.search === "";
    }, { error })
    .transform((value) => new URL(value));
  return { type: "url", rule: error, schema } as const;
}

function isNetwork(value: string): boolean {
  const [, address, prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(value) ?? [];
  if (address === undefined || !isAddress(address)) return false;
  return prefix === undefined || Number(prefix) <= (isIP(address) === 4 ? 32 : 128);
}

export function networks() {
  const error = "IP addresses or CIDR blocks, such as 10.0.0.0/8";
  const schema = z.array(z.string({ error }).refine(isNetwork, { error }), { error });
  return { type: "list", rule: error, schema } as const;
}

export function origins() {
  const error = "origins exactly as browsers send them, such as https://app.example; * is not allowed";
  const exact = (value: string) => httpUrl(value)?.origin === value && !value.includes("*");
  const schema = z.array(z.string({ error }).refine(exact, { error }), { error });
  return { type: "list", rule: error, schema } as const;
}
