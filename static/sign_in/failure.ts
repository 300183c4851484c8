/** Why a sign-in at the issuer came to nothing. */

/**
 * - `insecure`: the page was not opened over https, so the browser offers no cryptography;
 * - `unreachable`: this server or the issuer does not answer; trying again makes sense;
 * - `not-started-here`: the answer belongs to no sign-in that this tab has begun;
 * - `denied`: the person, or the issuer, said no;
 * - `failed`: all else; `detail` says more.
 */
export type SignInFailure = "insecure" | "unreachable" | "not-started-here" | "denied" | "failed";

/** `detail` is a sentence of the server's or an error code of the issuer's, to be shown as text; or empty. */
export class SignInFailed extends Error {
  readonly code: SignInFailure;
  readonly detail: string;

  constructor(code: SignInFailure, detail = "", cause?: unknown) {
    super(detail === "" ? code : `${code}: ${detail}`, { cause });
    this.name = "SignInFailed";
    this.code = code;
    this.detail = detail;
  }
}
