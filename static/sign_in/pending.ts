/** What a tab keeps to itself between sending somebody to the issuer and their coming back. */
import type { Surroundings } from "./surroundings.ts";

export interface PendingSignIn {
  state: string;
  /** RFC 7636. */
  codeVerifier: string;
  /** Its SHA-256 is the nonce; this server asks for it, so that the ID token alone opens nothing. */
  nonceSecret: string;
  /** Path, query and fragment of where the person was. */
  returnTo: string;
}

const KEY = "pawl.sign-in";

export function keepPending({ storage }: Surroundings, pending: PendingSignIn): void {
  storage.setItem(KEY, JSON.stringify(pending));
}

/** Null when this tab has begun none. It counts once. */
export function takePending({ storage }: Surroundings): PendingSignIn | null {
  const text = storage.getItem(KEY);
  storage.removeItem(KEY);
  return text === null ? null : JSON.parse(text);
}
