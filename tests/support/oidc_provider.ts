/**
 * A real OpenID provider (npm `oidc-provider`, certified) on loopback, with a public client for the page, people who
 * sign in by their name alone, and every claim in the ID token.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const CLIENT_ID = "pawl-page";

/** What it keeps, for ten minutes. */
const ARTIFACTS = ["AccessToken", "AuthorizationCode", "Grant", "IdToken", "Interaction", "Session"];

export interface OidcProvider extends AsyncDisposable {
  /** What `PAWL_JWT_ISSUER` is set to. */
  readonly issuer: string;
  /** Each request so far, as `METHOD path`. */
  readonly requests: string[];
  /** While set, answers everything. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | null;
}

export interface OidcProviderOptions {
  /** Origins whose pages may call the token endpoint; any when left out. */
  origins?: string[];
  /** Claims by subject, beside `sub`. */
  people?: Record<string, Record<string, unknown>>;
}

/** Its remarks about development and unset times are kept off the test's output. */
async function quietly<T>(action: () => T | Promise<T>): Promise<T> {
  const { info, warn } = console;
  console.info = console.warn = () => {};
  try {
    return await action();
  } finally {
    Object.assign(console, { info, warn });
  }
}

export async function startOidcProvider(options: OidcProviderOptions = {}): Promise<OidcProvider> {
  const { default: Provider } = await quietly(() => import("oidc-provider"));
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seconds = () => 600;
  const provider = await quietly(() =>
    new Provider(issuer, {
      clients: [{
        client_id: CLIENT_ID,
        application_type: "native", // Any port of loopback is its redirect address (RFC 8252 section 7.3).
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code"],
        response_types: ["code"],
        redirect_uris: ["http://127.0.0.1/"],
        post_logout_redirect_uris: ["http://127.0.0.1/"],
      }],
      clientBasedCORS: (_context: unknown, origin: string) => options.origins?.includes(origin) ?? true,
      claims: { openid: ["sub"], profile: ["name", "role", "groups"] },
      conformIdTokenClaims: false,
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, ...options.people?.[sub] }),
      }),
      features: { rpInitiatedLogout: { enabled: true, logoutSource: askToSignOut } },
      cookies: { keys: ["only for tests"] },
      ttl: Object.fromEntries(ARTIFACTS.map((name) => [name, seconds])),
    })
  );
  const answer = provider.callback();
  const state: Pick<OidcProvider, "requests" | "intercept"> = { requests: [], intercept: null };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    state.requests.push(`${request.method} ${request.url!.split("?")[0]}`);
    if (state.intercept?.(request, response)) return;
    answer(request, response);
  });
  return Object.assign(state, { issuer, [Symbol.asyncDispose]: () => close(server) });
}

/** The question of a sign-out, without the remark that the built-in one logs. */
function askToSignOut(context: { body: string }, form: string): void {
  context.body = `<!DOCTYPE html><title>Sign out?</title>${form}
    <button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`;
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

/**
 * What a browser and a person do at the provider, without a browser: follows `address`, signs in as `login`, agrees.
 * Resolves to the first address that is not the provider's: the answer to the page.
 */
export async function signInAtProvider(
  provider: OidcProvider,
  { address, login, refuse = false }: { address: string; login: string; refuse?: boolean },
): Promise<string> {
  const cookies = new Map<string, string>();
  let request = new Request(address);
  for (let step = 0; step < 20; step++) {
    if (new URL(request.url).origin !== provider.issuer) return request.url;
    request.headers.set("Cookie", [...cookies].map((pair) => pair.join("=")).join("; "));
    const response = await fetch(request, { redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0]!.split("=", 2) as [string, string];
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get("Location");
    if (location !== null) {
      request = new Request(new URL(location, request.url));
      continue;
    }
    if (response.status !== 200) throw new Error(`${request.url} answered ${response.status}: ${text}`);
    request = refuse ? abortOf(text, request.url) : formOf(text, { login, page: request.url });
  }
  throw new Error(`The provider sends in circles: ${request.url}`);
}

/** The page's one form, filled in. */
function formOf(html: string, { login, page }: { login: string; page: string }): Request {
  const action = /<form[^>]* action="([^"]+)"/.exec(html)![1]!;
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
  const body = new URLSearchParams(hidden.map(([, name, value]) => [name!, value!]));
  if (html.includes('name="login"')) {
    body.set("login", login);
    body.set("password", "any");
  }
  return new Request(new URL(action, page), { method: "POST", body });
}

function abortOf(html: string, page: string): Request {
  return new Request(new URL(/href="([^"]+\/abort)"/.exec(html)![1]!, page));
}
