/** Opaque marks of where a list goes on: the end of the last key, base64url. They grant nothing. */
import { Buffer } from "node:buffer";
import { Problem } from "./problem.ts";

type Part = string | number | bigint;

/** Of strings, finite numbers and bigints. */
export function encodeCursor(parts: readonly Deno.KvKeyPart[]): string {
  const plain = parts.map((part) => typeof part === "bigint" ? { id: part.toString() } : part);
  return Buffer.from(JSON.stringify(plain)).toString("base64url");
}

/** Throws `invalid-cursor` unless the parts have these types. */
export function decodeCursor(cursor: string, types: ("string" | "number" | "bigint")[]): Part[] {
  try {
    const plain: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (!Array.isArray(plain) || plain.length !== types.length) throw new TypeError("wrong shape");
    return plain.map((part, index) => partOf(part, types[index]!));
  } catch (cause) {
    throw new Problem("invalid-cursor", "The cursor is not one of this list. Start again without it.", {
      cause,
    });
  }
}

function partOf(part: unknown, type: "string" | "number" | "bigint"): Part {
  if (type === "bigint" && typeof part === "object" && part !== null && "id" in part) {
    const { id } = part;
    if (typeof id === "string" && /^\d{1,19}$/.test(id)) return BigInt(id);
  }
  if (type === "string" && typeof part === "string" && part.length <= 1024) return part;
  if (type === "number" && typeof part === "number") return part;
  throw new TypeError(`not a ${type}`);
}
