/** The refusals of authentication, each with the `WWW-Authenticate` challenge that RFC 6750 section 3 asks for. */
import { Problem } from "../problem.ts";

const REALM = 'Bearer realm="pawl"';

/** Nobody is signed in where somebody must be. */
export function unauthenticated(): Problem {
  return new Problem(
    "unauthenticated",
    "Nobody is signed in. Open the sign-in link, or send `Authorization: Bearer <token>`.",
    { headers: { "WWW-Authenticate": REALM } },
  );
}

/** `why` completes the sentence "The access token is refused: ..."; ASCII without quotes, since it also enters the header. */
export function tokenInvalid(why: string, cause?: unknown): Problem {
  return new Problem(
    "token-invalid",
    `The access token is refused: ${why}. Sign in again or ask for a new token.`,
    {
      headers: { "WWW-Authenticate": `${REALM}, error="invalid_token", error_description="${why}"` },
      cause,
    },
  );
}

export function tokenExpired(): Problem {
  return new Problem("token-expired", "The access token has expired. Sign in again or ask for a new token.", {
    headers: {
      "WWW-Authenticate": `${REALM}, error="invalid_token", error_description="the token has expired"`,
    },
  });
}
