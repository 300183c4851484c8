/** Rules that hold between settings. */
import { isAbsolute, join, relative, sep } from "node:path";
import { showBytes } from "./values.ts";
import type { Values } from "./settings.ts";

/** A value that was given wrongly is absent: rules about it are silent, its own mistake says enough. */
export function crossRules(values: Partial<Values>): string[] {
  return [chunkSizes, takeover, authOff, issuer, tempDir, tokenHours, watermarks].flatMap((rule) =>
    rule(values)
  );
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

function tokenHours(values: Partial<Values>): string[] {
  const { "tokens.validHours": hours, "tokens.maxValidHours": most } = values;
  if (hours === undefined || most === undefined || hours <= most) return [];
  return [`tokens.validHours is ${hours}: it must not be more than tokens.maxValidHours, which is ${most}.`];
}

/** Otherwise every picture of these types would be refused when it has been sent. */
function watermarks(values: Partial<Values>): string[] {
  const { businessTypes, "images.engine": engine } = values;
  if (engine !== "off" || businessTypes === undefined) return [];
  return Object.entries(businessTypes).filter(([, { addWatermark }]) => addWatermark).map(([name]) =>
    `businessTypes.${name}.addWatermark is true and images.engine "off": without an engine addWatermark must be false.`
  );
}

function authOff({ auth, authOffAnywhere, host }: Partial<Values>): string[] {
  if (auth !== "off" || authOffAnywhere !== false || host === undefined || isLoopback(host)) return [];
  return [
    `PAWL_AUTH is off and PAWL_HOST is "${host}": without sign-in, PAWL_HOST must be a loopback address such as ` +
    `127.0.0.1. If everybody who reaches this server may read and delete everything, set PAWL_AUTH_OFF_ANYWHERE=1.`,
  ];
}

function issuer(values: Partial<Values>): string[] {
  const {
    "jwt.issuer": issuer,
    "jwt.jwksUrl": jwksUrl,
    "jwt.audience": audience,
    "oidc.clientId": clientId,
  } = values;
  if (issuer === undefined) return [];
  if (issuer === null) {
    const idle = [["PAWL_JWKS_URL", jwksUrl], ["PAWL_JWT_AUDIENCE", audience], [
      "PAWL_OIDC_CLIENT_ID",
      clientId,
    ]].filter(([, value]) => value !== null && value !== undefined).map(([name]) => name);
    return idle.length === 0
      ? []
      : [`PAWL_JWT_ISSUER is not set: ${idle.join(", ")} must not be set without it.`];
  }
  const mistakes: string[] = [];
  if (audience === null && clientId === null) {
    mistakes.push(
      "PAWL_JWT_ISSUER is set: PAWL_JWT_AUDIENCE (for the API), PAWL_OIDC_CLIENT_ID (for the page) or both must be too.",
    );
  }
  // With a key set of its own and no sign-in on the page, the issuer's name is only compared.
  const isAsked = jwksUrl === null || typeof clientId === "string";
  if (isAsked && !isIssuerAddress(issuer)) {
    mistakes.push(
      `PAWL_JWT_ISSUER is "${issuer}": it must be an https address without query and fragment ` +
        "(http only on a loopback address), because Pawl asks there where people sign in and for the keys.",
    );
  }
  return mistakes;
}

/** OpenID Connect Discovery 1.0 section 3. Codes and tokens travel to it, so plain http only inside the machine. */
function isIssuerAddress(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    return false;
  }
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && isLoopback(url.hostname.replace(/^\[(.*)\]$/, "$1"));
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
