/**
 * Signing in at the OIDC issuer: authorization code with PKCE as a public client (RFC 6749, RFC 7636, OpenID Connect
 * Core 1.0). The tab proves to this server, with the ID token and the secret behind its nonce, who has signed in; no
 * token is kept. Loaded only when it is needed, because of the library.
 */
import * as oauth from "oauth4webapi";
import type { BrowserSession } from "../../client/api_types.ts";
import { SignInFailed } from "./failure.ts";
import { keepPending, type PendingSignIn, takePending } from "./pending.ts";
import { type IssuerSignIn, issuerSignIn, openSession } from "./server.ts";
import type { Surroundings } from "./surroundings.ts";

/** Milliseconds that the issuer may take to exchange the code. */
const EXCHANGE_MS = 20_000;

/**
 * Sends the person to the issuer, who sends them back to `/`; then `finishSignIn` goes on. The page is left, so
 * nothing that it is doing survives. Throws `SignInFailed`.
 */
export async function beginSignIn(here: Surroundings): Promise<void> {
  requireCryptography();
  const issuer = await issuerSignIn(here);
  const { pathname, search, hash } = new URL(here.address);
  const pending: PendingSignIn = {
    state: oauth.generateRandomState(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
    nonceSecret: oauth.generateRandomNonce(),
    returnTo: pathname + search + hash,
  };
  keepPending(here, pending);
  const address = new URL(issuer.authorizationEndpoint);
  const parameters = {
    response_type: "code",
    client_id: issuer.clientId,
    redirect_uri: redirectUri(here),
    scope: issuer.scopes.join(" "),
    state: pending.state,
    nonce: await nonceOf(pending),
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.codeVerifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  here.go(address.href);
}

/**
 * Goes on where `isIssuerAnswer` says that the issuer has answered: exchanges the code, opens the session, and shows
 * the address where the person was, also when it fails. Throws `SignInFailed`.
 */
export async function finishSignIn(here: Surroundings): Promise<BrowserSession> {
  const pending = takePending(here);
  // The code leaves the address bar, and so the history, before anything else happens.
  here.showAddress(pending?.returnTo ?? "/");
  const { searchParams } = new URL(here.address);
  if (pending === null || searchParams.get("state") !== pending.state) {
    throw new SignInFailed("not-started-here");
  }
  requireCryptography();
  const idToken = await exchange(here, { issuer: await issuerSignIn(here), answer: searchParams, pending });
  return await openSession(here, { idToken, nonceSecret: pending.nonceSecret });
}

interface Exchange {
  issuer: IssuerSignIn;
  answer: URLSearchParams;
  pending: PendingSignIn;
}

/** The code becomes an ID token. This server checks its signature; the library all that it says. */
async function exchange(here: Surroundings, { issuer, answer, pending }: Exchange): Promise<string> {
  const server: oauth.AuthorizationServer = {
    issuer: issuer.issuer,
    token_endpoint: issuer.tokenEndpoint,
    authorization_response_iss_parameter_supported: issuer.namesItself,
    id_token_signing_alg_values_supported: issuer.idTokenAlgorithms,
  };
  const client = { client_id: issuer.clientId };
  try {
    const code = oauth.validateAuthResponse(server, client, answer, pending.state);
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      code,
      redirectUri(here),
      pending.codeVerifier,
      {
        [oauth.customFetch]: here.fetch,
        // The server gives plain http addresses only for an issuer on this very machine.
        [oauth.allowInsecureRequests]: issuer.tokenEndpoint.startsWith("http:"),
        signal: () => AbortSignal.timeout(EXCHANGE_MS),
      },
    );
    const { id_token } = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: await nonceOf(pending),
      requireIdToken: true,
    });
    return id_token!;
  } catch (error) {
    throw failureOf(error);
  }
}

function failureOf(error: unknown): SignInFailed {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return new SignInFailed(error.error === "access_denied" ? "denied" : "failed", error.error, error);
  }
  // What `fetch` throws: no connection, refused by the issuer's CORS rules, too slow.
  const unreachable = error instanceof TypeError && !("code" in error) || error instanceof DOMException;
  return new SignInFailed(unreachable ? "unreachable" : "failed", "", error);
}

function redirectUri({ address }: Surroundings): string {
  return new URL("/", address).href;
}

/** SHA-256 in base64url, as the challenge is made of the verifier. */
async function nonceOf({ nonceSecret }: PendingSignIn): Promise<string> {
  return await oauth.calculatePKCECodeChallenge(nonceSecret);
}

function requireCryptography(): void {
  if (globalThis.crypto?.subtle === undefined) throw new SignInFailed("insecure");
}
