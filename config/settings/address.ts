/** Where the server listens and what it is called. */
import { optional, setting } from "../setting.ts";
import * as kind from "../values.ts";

export const ADDRESS = {
  "host": setting({
    group: "Address",
    env: "PAWL_HOST",
    ...kind.host(),
    default: "127.0.0.1",
    description: "Address to listen on; 0.0.0.0 or :: for all.",
  }),
  "port": setting({
    group: "Address",
    env: "PAWL_PORT",
    ...kind.integer(0, 65535),
    default: 8000,
    description: "Port to listen on; 0 lets the system choose a free one.",
  }),
  "publicUrl": optional({
    group: "Address",
    env: "PAWL_PUBLIC_URL",
    ...kind.siteUrl(),
    defaultText: "the address listened on",
    description: "Address under which people reach this server, for example through a proxy.",
  }),
  "trustedProxies": setting({
    group: "Address",
    env: "PAWL_TRUSTED_PROXIES",
    ...kind.networks(),
    default: [],
    description: "Proxies whose X-Forwarded-For is believed.",
  }),
  "corsOrigins": setting({
    group: "Address",
    env: "PAWL_CORS_ORIGINS",
    ...kind.origins(),
    default: [],
    description: "Other sites whose pages may call the API from a browser.",
  }),
};
