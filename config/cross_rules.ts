/** Rules that hold between settings. */
import { isAbsolute, join, relative, sep } from "node:path";
import { showBytes } from "./values.ts";
import type { Values } from "./settings.ts";

/** A value that was given wrongly is absent: rules about it are silent, its own mistake says enough. */
export function crossRules(values: Partial<Values>): string[] {
  return [chunkSizes, takeover, authOff, keySet, tempDir].flatMap((rule) => rule(values));
}

/** An address that only programs of the same machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function chunkSizes(values: Partial<Values>): string[] {
  const { "chunks.min": min, "chunks.default": size, "chunks.max": max } = values;
  if (min === undefined || size === undefined || max === undefined) return [];
  if (min <= size && size <= max) return [];
  const given = `chunks.min is ${showBytes(min)}, chunks.default ${showBytes(size)}, chunks.max ${
    showBytes(max)
  }`;
  return [`${given}: they must not fall in this order.`];
}

function takeover(values: Partial<Values>): string[] {
  const { "uploads.takeoverSeconds": silence, "uploads.idleSeconds": idle } = values;
  if (silence === undefined || idle === undefined || silence <= idle) return [];
  return [
    `uploads.takeoverSeconds is ${silence}: it must not be more than uploads.idleSeconds, which is ${idle}.`,
  ];
}

function authOff({ auth, authOffAnywhere, host }: Partial<Values>): string[] {
  if (auth !== "off" || authOffAnywhere !== false || host === undefined || isLoopback(host)) return [];
  return [
    `PAWL_AUTH is off and PAWL_HOST is "${host}": without sign-in, PAWL_HOST must be a loopback address such as ` +
    `127.0.0.1. If everybody who reaches this server may read and delete everything, set PAWL_AUTH_OFF_ANYWHERE=1.`,
  ];
}

function keySet(values: Partial<Values>): string[] {
  const parts = [
    ["PAWL_JWKS_URL", values["jwt.jwksUrl"]],
    ["PAWL_JWT_ISSUER", values["jwt.issuer"]],
    ["PAWL_JWT_AUDIENCE", values["jwt.audience"]],
  ] as const;
  const missing = parts.filter(([, value]) => value === null).map(([name]) => name);
  if (missing.length === 0 || missing.length === parts.length) return [];
  return missing.map((name) =>
    `${name} is not set: PAWL_JWKS_URL, PAWL_JWT_ISSUER and PAWL_JWT_AUDIENCE are used only together.`
  );
}

/** Old files are removed from the temporary folder, so it must hold nothing else. Paths are absolute here. */
function tempDir({ dataDir, tempDir }: Partial<Values>): string[] {
  if (dataDir === undefined || tempDir === undefined || tempDir === null) return [];
  if (tempDir === join(dataDir, "tmp") || !(isWithin(dataDir, tempDir) || isWithin(tempDir, dataDir))) {
    return [];
  }
  return [
    `PAWL_TEMP_DIR is "${tempDir}": it must not hold, or lie in, PAWL_DATA_DIR ("${dataDir}"), but for its tmp.`,
  ];
}

/** Also when both are the same folder. */
function isWithin(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
