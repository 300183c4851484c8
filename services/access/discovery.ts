/** What an OIDC issuer says of itself (OpenID Connect Discovery 1.0): asked for when first needed, kept, renewed. */
import { getLogger } from "@logtape/logtape";
import * as z from "zod";
import { Problem } from "../problem.ts";

export interface Discovery {
  authorizationEndpoint: string;
  tokenEndpoint: string;
  jwksUri: string;
  /** Where a browser goes to sign out (RP-Initiated Logout 1.0); null: the issuer offers none. */
  endSessionEndpoint: string | null;
  /** Whether its answers to browsers always carry `iss` (RFC 9207 section 3). */
  namesItself: boolean;
  /** Algorithms of its ID tokens. */
  idTokenAlgorithms: string[];
}

export interface DiscoveryOptions {
  now: () => number;
  fetch: typeof fetch;
  /** Milliseconds after which the issuer counts as unreachable; 5,000 unless set. */
  timeoutMs?: number;
}

/** How long what was learnt counts, and for how long when the issuer cannot be asked again. */
const FRESH_MS = 3_600_000;
const STALE_MS = 24 * FRESH_MS;
/** After a failure, callers are told so for this long without asking the issuer again. */
export const FAILURE_PAUSE_MS = 5_000;
/** The one that public clients need (RFC 7636 section 4.2). */
const PKCE_METHOD = "S256";

/**
 * Gives a function that throws `Problem` `issuer-unavailable` when the issuer cannot be asked or does not say what it
 * must. Callers at the same time share one request.
 */
export function newDiscovery(issuer: string, options: DiscoveryOptions): () => Promise<Discovery> {
  const { now } = options;
  let known: { discovery: Discovery; at: number } | null = null;
  let failedAt = -Infinity;
  let asking: Promise<Discovery> | null = null;

  async function ask(): Promise<Discovery> {
    try {
      const discovery = await fetchDiscovery(issuer, options);
      known = { discovery, at: now() };
      return discovery;
    } catch (error) {
      failedAt = now();
      getLogger(["pawl", "access"]).warning("The issuer {issuer} cannot be used: {reason}", {
        issuer,
        reason: error instanceof Error ? error.message : String(error),
      });
      return stale(error);
    }
  }

  function stale(cause?: unknown): Discovery {
    if (known !== null && now() - known.at < STALE_MS) return known.discovery;
    throw new Problem(
      "issuer-unavailable",
      "The sign-in service cannot be reached right now. Try again in a moment; if it stays so, tell whoever runs this server.",
      { retryAfter: FAILURE_PAUSE_MS / 1000, cause },
    );
  }

  return async () => {
    if (known !== null && now() - known.at < FRESH_MS) return known.discovery;
    if (now() - failedAt < FAILURE_PAUSE_MS) return stale();
    asking ??= ask().finally(() => asking = null);
    return await asking;
  };
}

async function fetchDiscovery(
  issuer: string,
  { fetch, timeoutMs = 5_000 }: DiscoveryOptions,
): Promise<Discovery> {
  const response = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
    headers: { Accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${response.url} answered with status ${response.status}`);
  }
  return readDiscovery(await response.json(), issuer);
}

/** Pure. Throws an `Error` that tells whoever runs the server what is wrong. */
export function readDiscovery(document: unknown, issuer: string): Discovery {
  const address = z.string().refine((text) => isAddress(text, issuer), { error: "is not an https address" });
  const schema = z.object({
    issuer: z.string(),
    authorization_endpoint: address,
    token_endpoint: address,
    jwks_uri: address,
    end_session_endpoint: address.optional(),
    authorization_response_iss_parameter_supported: z.boolean().optional(),
    id_token_signing_alg_values_supported: z.array(z.string()).optional(),
    code_challenge_methods_supported: z.array(z.string()).optional(),
  });
  const read = schema.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`its discovery document: ${issue!.path.join(".")} ${issue!.message}`);
  }
  const says = read.data;
  // Section 4.3: otherwise one issuer could speak for another.
  if (says.issuer !== issuer) {
    throw new Error(`it calls itself "${says.issuer}"; PAWL_JWT_ISSUER must be exactly that`);
  }
  if (says.code_challenge_methods_supported?.includes(PKCE_METHOD) === false) {
    throw new Error(`it does not offer PKCE with ${PKCE_METHOD}`);
  }
  return {
    authorizationEndpoint: says.authorization_endpoint,
    tokenEndpoint: says.token_endpoint,
    jwksUri: says.jwks_uri,
    endSessionEndpoint: says.end_session_endpoint ?? null,
    namesItself: says.authorization_response_iss_parameter_supported ?? false,
    // Section 3: RS256 must be among them.
    idTokenAlgorithms: says.id_token_signing_alg_values_supported ?? ["RS256"],
  };
}

/** Plain http only where the issuer itself is on plain http, which the configuration allows on loopback alone. */
function isAddress(text: string, issuer: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && issuer.startsWith("http:"));
}
