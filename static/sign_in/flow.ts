/** Signing in at the issuer as the page calls it. What only a few need is loaded when they need it. */
import type { BrowserSession } from "../../client/api_types.ts";
import { isIssuerAnswer } from "./answer.ts";
import { SignInFailed } from "./failure.ts";
import { thisWindow } from "./this_window.ts";

/** Leaves the page for the issuer. Throws `SignInFailed`. */
export async function beginSignIn(): Promise<void> {
  const { beginSignIn } = await loaded();
  await beginSignIn(thisWindow());
}

/**
 * To be called once, before the page asks who is signed in: when the issuer has sent the person back, opens the
 * session; null when the page was opened otherwise. The issuer sends everybody to `/`; whoever was on another page
 * gets that one, so that this never resolves. Throws `SignInFailed`.
 */
export async function finishSignIn(): Promise<BrowserSession | null> {
  const here = thisWindow();
  if (!isIssuerAnswer(here.address)) return null;
  const { finishSignIn } = await loaded();
  const { pathname } = new URL(here.address);
  try {
    const session = await finishSignIn(here);
    if (location.pathname === pathname) return session;
  } catch (error) {
    // This page says why; its address is its own.
    if (location.pathname !== pathname) here.showAddress(pathname);
    throw error;
  }
  location.reload();
  return await new Promise(() => {});
}

/**
 * To be called after the session was closed, when it was `signedInBy: "issuer"`. False: the page stays, and the person
 * may still be signed in at the issuer.
 */
export async function signOutAtIssuer(): Promise<boolean> {
  const { signOutAtIssuer } = await import("./sign_out.ts");
  return await signOutAtIssuer(thisWindow());
}

async function loaded() {
  try {
    return await import("./issuer.ts");
  } catch (error) {
    throw new SignInFailed("unreachable", "", error);
  }
}
