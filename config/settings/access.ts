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
  "jwt.jwksUrl": optional({
    group: "Access",
    env: "PAWL_JWKS_URL",
    ...kind.url(),
    description: "Key set of an OIDC issuer whose access tokens are accepted too.",
  }),
  "jwt.issuer": optional({
    group: "Access",
    env: "PAWL_JWT_ISSUER",
    ...kind.text(2048),
    description: "The iss that tokens of PAWL_JWKS_URL must have.",
  }),
  "jwt.audience": optional({
    group: "Access",
    env: "PAWL_JWT_AUDIENCE",
    ...kind.text(2048),
    description: "The aud that tokens of PAWL_JWKS_URL must have.",
  }),
};
