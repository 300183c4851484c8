/** The token of every request, and a new one when the server does not take it any more. */
import { PawlError } from "./errors.ts";
import type { ConnectOptions } from "./types.ts";

export interface Credential {
  /** Value of the `Authorization` header; null for none. */
  header: string | null;
  /** Grows with each renewal, also when the header stays the same because a cookie was renewed. */
  version: number;
}

export interface Authorization {
  /** For the next request. Throws `unauthenticated` when none can be had. */
  current(): Promise<Credential>;
  /** After a 401 to a request with this credential: whether trying again makes sense. */
  renew(used: Credential): Promise<boolean>;
}

const bearer = (token: string | undefined) => token ? `Bearer ${token}` : null;

/** A function is asked once for all requests that need a token at the same time. */
export function newAuthorization(token: ConnectOptions["token"]): Authorization {
  if (typeof token !== "function") {
    const fixed = { header: bearer(token), version: 0 };
    return { current: () => Promise.resolve(fixed), renew: () => Promise.resolve(false) };
  }
  let version = 0;
  let asked: Promise<Credential> | null = null;

  async function ask(): Promise<Credential> {
    const mine = ++version;
    try {
      return { header: bearer(await (token as () => string | Promise<string>)()), version: mine };
    } catch (cause) {
      if (version === mine) asked = null;
      throw new PawlError("unauthenticated", "No access token could be had. Sign in again.", { cause });
    }
  }

  return {
    current: () => asked ??= ask(),
    async renew(used) {
      if (used.version === version) asked = ask();
      await (asked ??= ask());
      return true;
    },
  };
}
