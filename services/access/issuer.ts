/** The OIDC issuer whose people may come in besides those with tokens of our own. */
import type { JWTVerifyGetKey } from "jose";
import type { Config } from "../../config/config.ts";
import { type Discovery, newDiscovery } from "./discovery.ts";
import { announcedKeySet, issuerKeys } from "./issuer_keys.ts";

export interface Issuer {
  /** The `iss` claim of its tokens, exactly. */
  readonly id: string;
  /** The `aud` claim of its access tokens; null: none is accepted. */
  readonly audience: string | null;
  /** Our public client there, for which its ID tokens are made; null: nobody signs in on the page. */
  readonly clientId: string | null;
  readonly scopes: readonly string[];
  readonly adminClaim: string;
  readonly adminValues: readonly string[];
  /** Key for a token's header; throws `Problem` `issuer-unavailable`, or a `jose` error when none fits. */
  readonly keys: JWTVerifyGetKey;
  /** Throws `Problem` `issuer-unavailable`. */
  discover(): Promise<Discovery>;
  /** Asks it for what will be needed, so that the log tells of a mistake before anybody signs in. Never rejects. */
  prepare(): Promise<void>;
}

export interface IssuerOptions {
  /** Milliseconds since 1970. */
  now: () => number;
  fetch: typeof fetch;
  /** See `issuerKeys`. */
  cooldownMs?: number;
  /** Milliseconds after which the issuer counts as unreachable; 5,000 unless set. */
  timeoutMs?: number;
}

/** The issuer that is configured; null when there is none. Asks nothing before it must. */
export function issuerOf({ jwt, oidc }: Pick<Config, "jwt" | "oidc">, options: IssuerOptions): Issuer | null {
  const { issuer: id, jwksUrl, audience } = jwt;
  if (id === null) return null;
  const discover = newDiscovery(id, options);
  const keySet = jwksUrl === null
    ? async () => announcedKeySet((await discover()).jwksUri, id)
    : () => Promise.resolve(jwksUrl);
  async function prepare() {
    if (jwksUrl !== null && oidc.clientId === null) return;
    await discover().then(keySet).catch(() => {});
  }
  return { id, audience, ...oidc, keys: issuerKeys(keySet, options), discover, prepare };
}
