/** What this server says about signing in at the issuer. */
import type { BrowserSession } from "../../client/api_types.ts";
import { SignInFailed } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

/** `GET /api/v1/sign-in/issuer`. */
export interface IssuerSignIn {
  issuer: string;
  clientId: string;
  scopes: string[];
  authorizationEndpoint: string;
  tokenEndpoint: string;
  endSessionEndpoint: string | null;
  namesItself: boolean;
  idTokenAlgorithms: string[];
}

const PATH = "/api/v1/sign-in/issuer";

/** Throws `SignInFailed` `unreachable` or `failed`. */
export async function issuerSignIn({ fetch }: Surroundings): Promise<IssuerSignIn> {
  return await answerTo(() => fetch(PATH, { cache: "no-store" }));
}

/** Throws `SignInFailed` `unreachable` or `failed`. */
export async function openSession(
  { fetch }: Surroundings,
  proof: { idToken: string; nonceSecret: string },
): Promise<BrowserSession> {
  const body = JSON.stringify(proof);
  return await answerTo(() =>
    fetch(PATH, { method: "POST", headers: { "Content-Type": "application/json" }, body })
  );
}

async function answerTo<T>(ask: () => Promise<Response>): Promise<T> {
  let response, text;
  try {
    response = await ask();
    text = await response.text();
  } catch (error) {
    throw new SignInFailed("unreachable", "", error);
  }
  if (response.ok) return JSON.parse(text);
  throw new SignInFailed(response.status >= 500 ? "unreachable" : "failed", detailOf(text));
}

function detailOf(text: string): string {
  try {
    return String(JSON.parse(text).detail ?? "");
  } catch {
    return ""; // A proxy in between answered.
  }
}
