/** Who may come in. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const ACCESS = {
  "auth": setting({
    group: "Access",
    env: "PAWL_AUTH",
    ...kind.choice(["on", "off"]),
    default: "on",
    description: "off makes every caller the local administrator; only on a loopback address.",
  }),
  "authOffAnywhere": setting({
    group: "Access",
    env: "PAWL_AUTH_OFF_ANYWHERE",
    ...kind.boolean("1 or 0"),
    default: false,
    description:
      "1 allows PAWL_AUTH=off on every address: whoever reaches it can read and delete everything.",
  }),
  "jwt.secret": optional({
    group: "Access",
    env: "PAWL_JWT_SECRET",
    ...kind.secret(32),
    defaultText: "a random one, kept in PAWL_DATA_DIR/secret",
    description: "Secret that signs and checks HS256 access tokens.",
    secret: true,
  }),
  "jwt.issuer": optional({
    group: "Access",
    env: "PAWL_JWT_ISSUER",
    ...kind.text(2048),
    description: "OIDC issuer whose people may come in: its address, exactly as in the iss of its tokens. " +
      "Needs PAWL_JWT_AUDIENCE, PAWL_OIDC_CLIENT_ID or both.",
  }),
  "jwt.jwksUrl": optional({
    group: "Access",
    env: "PAWL_JWKS_URL",
    ...kind.url(),
    defaultText: "the key set that PAWL_JWT_ISSUER announces, which must then be on its own origin",
    description: "Key set of that issuer.",
  }),
  "jwt.audience": optional({
    group: "Access",
    env: "PAWL_JWT_AUDIENCE",
    ...kind.text(2048),
    description: "The aud that the issuer's access tokens must have; without it the API takes none of them.",
  }),
  "oidc.clientId": optional({
    group: "Access",
    env: "PAWL_OIDC_CLIENT_ID",
    ...kind.text(2048),
    description: "Public client at the issuer, by which people sign in on the page; see docs/sign-in.md.",
  }),
  "oidc.scopes": setting({
    group: "Access",
    key: "oidc.scopes",
    ...kind.scopes(),
    default: ["profile"],
    description: "Scopes that the page asks the issuer for, beside openid.",
  }),
  "oidc.adminClaim": setting({
    group: "Access",
    key: "oidc.adminClaim",
    ...kind.text(256),
    default: "role",
    description: "Claim of the issuer's tokens that can make somebody an administrator: its name, or the " +
      "way to it with dots, such as realm_access.roles.",
  }),
  "oidc.adminValues": setting({
    group: "Access",
    key: "oidc.adminValues",
    ...kind.texts(256),
    default: ["admin"],
    description:
      "Values of that claim, any of which makes an administrator; none: nobody of the issuer is one.",
  }),
  "browserSession.maxHours": setting({
    group: "Access",
    key: "browserSession.maxHours",
    ...kind.integer(1, 8760),
    unit: "hours",
    default: 168,
    description: "Time after signing in for which an open page stays signed in without doing so again.",
  }),
};
