/** What people paste to sign in: the link that the server prints, or an access token. */
import { CommandError } from "./failure.ts";

export interface SignIn {
  /** With a trailing slash, without query and fragment; null when only a token was given. */
  server: string | null;
  token: string | null;
}

/** Printable ASCII without blanks, as RFC 6750 allows and more; nothing that could end a header. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

/** Reads `https://host/#token=...`, `https://host/`, `host:8000` or a bare token. Throws `CommandError`, never with the token. */
export function readSignIn(pasted: string): SignIn {
  const text = pasted.trim().replace(/^Bearer\s+/i, "");
  if (text === "") throw new CommandError("usage", "Nothing was given. Paste the sign-in link or the token.");
  if (looksLikeToken(text)) return { server: null, token: text };
  const url = readServerUrl(text);
  const token = new URLSearchParams(url.hash.slice(1)).get("token");
  if (token !== null && !TOKEN.test(token)) throw new CommandError("usage", "The link's token is not whole.");
  return { server: serverAddress(url), token };
}

/** The address of a server as it is kept and shown. Throws `CommandError` for what is none. */
export function readServer(text: string): string {
  return serverAddress(readServerUrl(text.trim()));
}

function looksLikeToken(text: string): boolean {
  return TOKEN.test(text) && !text.includes("://") && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) &&
    text.length > 60;
}

function readServerUrl(text: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${defaultScheme(text)}://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new CommandError(
      "usage",
      "That is no address of a server. One looks like https://files.example.org/",
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new CommandError("usage", "The address must not hold a name or a password.");
  }
  return url;
}

function defaultScheme(text: string): "http" | "https" {
  return /^(localhost|127\.|\[::1\])/i.test(text) ? "http" : "https";
}

function serverAddress({ origin, pathname }: URL): string {
  return origin + (pathname.endsWith("/") ? pathname : `${pathname}/`);
}

/** Whether a token sent there could be read on its way. */
export function isUnprotected(server: string): boolean {
  const { protocol, hostname } = new URL(server);
  return protocol === "http:" && !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
