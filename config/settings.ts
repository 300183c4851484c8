/**
 * The one table of settings. Reading them, `--help`, docs/configuration.md and docs/pawl.schema.json are all
 * derived from it: to add a setting, add its row here and its field to `Config` (and to `toConfig`, which then
 * no longer compiles without it).
 */
import type * as z from "zod";
import { businessTypes } from "./business_types.ts";
import * as kind from "./values.ts";

export const GROUPS = ["Address", "Storage", "Access", "Uploads", "Operation"] as const;

export interface Setting<S extends z.ZodType = z.ZodType, D = unknown> extends kind.ValueType<S> {
  group: (typeof GROUPS)[number];
  /** Dotted path in `pawl.json`; absent: the environment only. */
  key?: string;
  /** Environment variable, which wins over `pawl.json`; absent: `pawl.json` only. */
  env?: string;
  unit?: string;
  /** As `pawl.json` would hold it; null: none. */
  default: D;
  /** Said instead of `default` where that alone would not be understood. */
  defaultText?: string;
  description: string;
  /** Never shown, and may be given as a file through `<env>_FILE`. */
  secret?: true;
}

function setting<S extends z.ZodType>(row: Setting<S, z.input<S>>): Setting<S, z.input<S>> {
  return row;
}

function optional<S extends z.ZodType>(row: Omit<Setting<S>, "default">): Setting<S, null> {
  return { ...row, default: null };
}

const KIB = 2 ** 10;
const GIB = 2 ** 30;

/** Keyed by the field of `Config` that it fills. */
export const SETTINGS = {
  "configFile": optional({
    group: "Storage",
    env: "PAWL_CONFIG",
    ...kind.path(),
    defaultText: "./pawl.json, if it exists",
    description: "The file with the settings that have a key.",
  }),
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
  "dataDir": setting({
    group: "Storage",
    env: "PAWL_DATA_DIR",
    ...kind.path(),
    default: "./data",
    description: "Folder for records, files and the local secret; one process owns it.",
  }),
  "tempDir": optional({
    group: "Storage",
    env: "PAWL_TEMP_DIR",
    ...kind.path(),
    defaultText: "tmp in PAWL_DATA_DIR",
    description: "Folder for scratch files, which are removed from it when they are old.",
  }),
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
  "chunks.default": setting({
    group: "Uploads",
    key: "chunks.default",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "2 MiB",
    description: "Chunk size of an upload whose client asks for none.",
  }),
  "chunks.min": setting({
    group: "Uploads",
    key: "chunks.min",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "256 KiB",
    description: "Smallest chunk, but for one that ends at the end of the file or of a recorded range.",
  }),
  "chunks.max": setting({
    group: "Uploads",
    key: "chunks.max",
    ...kind.bytes(KIB, GIB),
    unit: "bytes",
    default: "10 MiB",
    description: "Largest chunk.",
  }),
  "sessions.enabled": setting({
    group: "Uploads",
    key: "sessions.enabled",
    ...kind.boolean("true or false"),
    default: true,
    description: "Whether resumable upload sessions may be opened.",
  }),
  "sessions.expireHours": setting({
    group: "Uploads",
    key: "sessions.expireHours",
    ...kind.integer(1, 8760),
    unit: "hours",
    default: 24,
    description: "Time after its last progress when an unfinished upload expires.",
  }),
  "sessions.keepEndedDays": setting({
    group: "Uploads",
    key: "sessions.keepEndedDays",
    ...kind.integer(1, 365),
    unit: "days",
    default: 7,
    description: "Time for which an ended upload still tells how it ended.",
  }),
  "uploads.idleSeconds": setting({
    group: "Uploads",
    key: "uploads.idleSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 30,
    description: "Silence after which a request body is ended; what counted stays.",
  }),
  "uploads.takeoverSeconds": setting({
    group: "Uploads",
    key: "uploads.takeoverSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 5,
    description: "Silence after which a newer request may take over a range.",
  }),
  "uploads.answerSeconds": setting({
    group: "Uploads",
    key: "uploads.answerSeconds",
    ...kind.integer(1, 3600),
    unit: "seconds",
    default: 10,
    description: "Time after which `complete` answers 202 and goes on in the background.",
  }),
  "businessTypes": setting({
    group: "Uploads",
    key: "businessTypes",
    ...businessTypes(),
    default: {},
    defaultText: "the built-in business types",
    description: "What each business type allows; changes the built-in ones and adds others.",
  }),
  "dedupe.enabled": setting({
    group: "Storage",
    key: "dedupe.enabled",
    ...kind.boolean("true or false"),
    default: true,
    description: "Whether equal content is stored once.",
  }),
  "blobs.graceMinutes": setting({
    group: "Storage",
    key: "blobs.graceMinutes",
    ...kind.integer(1, 10080),
    unit: "minutes",
    default: 10,
    description: "Time for which bytes that nothing refers to wait before they are removed.",
  }),
  "siteName": setting({
    group: "Operation",
    key: "siteName",
    ...kind.text(64),
    default: "Pawl",
    description: "Name of this site, shown on its pages.",
  }),
  "shutdown.graceSeconds": setting({
    group: "Operation",
    key: "shutdown.graceSeconds",
    ...kind.integer(1, 600),
    unit: "seconds",
    default: 8,
    description: "Time that running requests get after SIGTERM or SIGINT.",
  }),
  "log.level": setting({
    group: "Operation",
    key: "log.level",
    env: "PAWL_LOG_LEVEL",
    ...kind.choice(["debug", "info", "warning", "error"]),
    default: "info",
    description: "The least important messages that are still logged.",
  }),
  "log.format": setting({
    group: "Operation",
    key: "log.format",
    env: "PAWL_LOG_FORMAT",
    ...kind.choice(["auto", "pretty", "json"]),
    default: "auto",
    description: "auto is pretty on a terminal and json lines elsewhere.",
  }),
};

export type SettingId = keyof typeof SETTINGS;

/** What reading a setting gives; null where it has no default. */
export type Values = {
  [Id in SettingId]: (typeof SETTINGS)[Id] extends Setting<infer S, infer D> ? z.output<S> | Extract<D, null>
    : never;
};

/** The rows in the order of the table, without their individual types. */
export const ROWS: readonly (Setting & { id: SettingId })[] = Object.entries(SETTINGS).map(
  ([id, row]) => ({ ...(row as Setting), id: id as SettingId }),
);
