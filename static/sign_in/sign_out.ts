/** Signing out at the issuer too, so that the next one at this machine does not come in with one click. */
import { issuerSignIn } from "./server.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * For people with `signedInBy: "issuer"`, after the cookie has gone: leaves the page for the issuer, who asks whether
 * they want to sign out there and sends them back (OpenID Connect RP-Initiated Logout 1.0). Resolves to false, and
 * the page stays, when the issuer offers none or cannot be asked; the person is signed out of this server anyway.
 */
export async function signOutAtIssuer(here: Surroundings): Promise<boolean> {
  const issuer = await issuerSignIn(here).catch(() => null);
  if (issuer === null || issuer.endSessionEndpoint === null) return false;
  const address = new URL(issuer.endSessionEndpoint);
  // Without the ID token, which is not kept, the client's name says who asks.
  address.searchParams.set("client_id", issuer.clientId);
  address.searchParams.set("post_logout_redirect_uri", new URL("/", here.address).href);
  here.go(address.href);
  return true;
}
