/** `/api/v1/sign-in`: how people sign in here, and the end of a sign-in at the OIDC issuer. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Config } from "../config/config.ts";
import type { Issuer } from "../services/access/issuer.ts";
import { Problem } from "../services/problem.ts";
import { crossSite } from "./authenticate.ts";
import { boundedBody } from "./bounded_body.ts";
import { BrowserSession, type BrowserSessionOptions, signInBrowser } from "./browser_session.ts";
import type { Env } from "./env.ts";
import { cookieStanding, ownOrigins } from "./http/request_site.ts";
import { apiApp, BAD_JSON, problems } from "./openapi.ts";

const MAX_BODY = 65_536;

const SignInMethods = z.object({
  siteName: z.string(),
  methods: z.array(z.enum(["link", "issuer"])).openapi({
    description:
      "`link`: a link with an access token; `issuer`: at the OIDC issuer. None: signing in is switched off.",
  }),
  issuer: z.string().nullable().openapi({ description: "Address of the OIDC issuer; null without one." }),
}).openapi("SignInMethods");

const IssuerSignIn = z.object({
  issuer: z.string().openapi({ description: "Exactly the `iss` of its answers and tokens." }),
  clientId: z.string(),
  scopes: z.array(z.string()).openapi({ description: "To ask for, `openid` first." }),
  authorizationEndpoint: z.string(),
  tokenEndpoint: z.string(),
  endSessionEndpoint: z.string().nullable().openapi({
    description: "For signing out; null: none is offered.",
  }),
  namesItself: z.boolean().openapi({ description: "Whether its answers always carry `iss` (RFC 9207)." }),
  idTokenAlgorithms: z.array(z.string()),
}).openapi("IssuerSignIn");

const IssuerAnswer = z.object({
  idToken: z.string().min(1).max(MAX_BODY),
  nonceSecret: z.string().regex(/^[A-Za-z0-9._~-]{32,128}$/).openapi({
    description:
      "What the page kept: its SHA-256, in base64url, was the `nonce` of the authorization request.",
  }),
});

const tags = ["Sign in"];
const json = <S extends z.ZodType>(description: string, schema: S) => ({
  description,
  content: { "application/json": { schema } },
});

const methodsRoute = createRoute({
  method: "get",
  path: "/",
  tags,
  summary: "How people sign in here",
  security: [],
  responses: { 200: json("The ways.", SignInMethods) },
});

const issuerRoute = createRoute({
  method: "get",
  path: "/issuer",
  tags,
  summary: "Where a page sends people to sign in: authorization code with PKCE, as a public client",
  description: "What the issuer announces, asked for when it is first needed and once an hour.",
  security: [],
  responses: { 200: json("The issuer.", IssuerSignIn), ...problems("not-found", "issuer-unavailable") },
});

const finishRoute = createRoute({
  method: "post",
  path: "/issuer",
  tags,
  summary: "An ID token of the issuer becomes a browser's cookie",
  description:
    "Only from this server's own pages. The token must have been issued for this server's client in the " +
    "last 10 minutes, for the nonce that belongs to `nonceSecret`; it is accepted nowhere else.",
  security: [],
  request: { body: { content: { "application/json": { schema: IssuerAnswer } }, required: true } },
  responses: {
    200: json("You, with a cookie.", BrowserSession),
    ...problems(
      ...BAD_JSON,
      "invalid-request",
      "token-invalid",
      "token-expired",
      "cross-site",
      "not-found",
      "issuer-unavailable",
    ),
  },
});

export interface SignInOptions extends BrowserSessionOptions {
  config: Pick<Config, "auth" | "publicUrl" | "siteName">;
  issuer: Issuer | null;
}

/** Routes relative to `/api/v1/sign-in`, for everybody. */
export function signIn({ issuer, ...options }: SignInOptions): OpenAPIHono<Env> {
  const { access, config } = options;
  const app = apiApp();
  const page = config.auth === "on" && issuer?.clientId ? { ...issuer, clientId: issuer.clientId } : null;

  app.openapi(methodsRoute, (c) => {
    const methods: ("link" | "issuer")[] = config.auth === "off" ? [] : page ? ["issuer", "link"] : ["link"];
    return c.json({ siteName: config.siteName, methods, issuer: page?.id ?? null }, 200);
  });

  app.openapi(issuerRoute, async (c) => {
    if (!page) throw noIssuer();
    const { jwksUri: _ours, ...discovery } = await page.discover();
    const scopes = [...new Set(["openid", ...page.scopes])];
    return c.json({ issuer: page.id, clientId: page.clientId, scopes, ...discovery }, 200);
  });

  // Otherwise another site could sign a person in as somebody else, who then sees what the person uploads.
  app.post("/issuer", async (c, next) => {
    if (!isOwnPage(c, config)) throw crossSite();
    await next();
  });
  app.use("/issuer", boundedBody({ maxBytes: MAX_BODY }));
  app.openapi(finishRoute, async (c) => {
    if (!page) throw noIssuer();
    const { idToken, nonceSecret } = c.req.valid("json");
    const identity = await access.verifyIdToken(idToken, { nonceSecret });
    return c.json(await signInBrowser(c, identity, options), 200);
  });

  return app;
}

function isOwnPage(c: Context<Env>, { publicUrl }: Pick<Config, "publicUrl">): boolean {
  const { method, headers } = c.req.raw;
  return cookieStanding({ method, headers, ownOrigins: ownOrigins(c.req.url, publicUrl) }) === "counts";
}

function noIssuer(): Problem {
  return new Problem("not-found", "No sign-in service is set up here. Open a sign-in link instead.");
}
