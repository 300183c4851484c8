import assert from "node:assert/strict";
import { DEFAULT_DOWNLOAD_TYPES } from "../../config/download_rules.ts";
import { configOf, load, mistakesOf } from "./load_support.ts";

const MIB = 2 ** 20;

Deno.test("without any configuration, the documented defaults hold", async () => {
  const { businessTypes, ...config } = await configOf();
  assert.deepEqual(config, {
    host: "127.0.0.1",
    port: 8000,
    dataDir: "/srv/data",
    tempDir: "/srv/data/tmp",
    publicUrl: null,
    auth: "on",
    authOffAnywhere: false,
    jwt: { secret: null, issuer: null, jwksUrl: null, audience: null },
    oidc: { clientId: null, scopes: ["profile"], adminClaim: "role", adminValues: ["admin"] },
    browserSession: { maxHours: 168 },
    trustedProxies: [],
    corsOrigins: [],
    siteName: "Pawl",
    chunks: { default: 2 * MIB, min: MIB / 4, max: 10 * MIB },
    sessions: { enabled: true, expireHours: 24, keepEndedDays: 7 },
    uploads: { idleSeconds: 30, takeoverSeconds: 5, answerSeconds: 10 },
    compat: { orphanHours: 24, dotnet: { actAs: null } },
    dedupe: { enabled: true },
    blobs: { graceMinutes: 10 },
    tokens: { validHours: 1, maxUses: 1, maxValidHours: 8760 },
    jobs: {
      softDeleted: { enabled: true, schedule: "0 3 * * *", retentionDays: 30 },
      recycleBin: { enabled: true, schedule: "0 4 * * *", retentionDays: 90 },
      orphans: { enabled: true, schedule: "0 5 * * *" },
      expiredSessions: { enabled: true, schedule: "7 * * * *" },
      expiredTokens: { enabled: true, schedule: "20 2 * * *", retentionDays: 7 },
      expiredArchives: { enabled: true, schedule: "23 * * * *" },
      auditEntries: { enabled: true, schedule: "50 2 * * *" },
      temporaryFiles: { enabled: true, schedule: "37 * * * *", retentionHours: 2 },
      storedBytes: { enabled: true, schedule: "40 1 * * *", bytesPerRun: 50 * 1024 * MIB },
      storageReport: { enabled: true, schedule: "53 * * * *" },
    },
    downloads: {
      dir: null,
      types: Object.assign(Object.create(null), DEFAULT_DOWNLOAD_TYPES),
      access: [],
      prefix: "",
    },
    audit: { keepDays: 400 },
    images: {
      engine: "auto",
      sizes: {
        thumbnail: { width: 150, height: 150 },
        small: { width: 400, height: 300 },
        medium: { width: 800, height: 600 },
        large: { width: 1200, height: 900 },
      },
      quality: 85,
      maxPixels: 100_000_000,
      maxFrames: 1000,
      maxBytes: 64 * MIB,
      workers: 1,
      queue: 500,
      timeoutSeconds: 20,
      watermark: {
        text: null,
        picture: null,
        position: "bottom-right",
        textPercent: 5,
        picturePercent: 10,
        opacity: 50,
      },
    },
    limits: { uploadsAtOnce: 5, uploadsPerMinute: 20, bytesPerDay: 100 * 2 ** 20 },
    shutdown: { graceSeconds: 8 },
    metrics: { allow: [], token: null },
    log: { level: "info", format: "auto" },
  });
  assert.deepEqual(Object.keys(businessTypes), ["General", "Avatar", "Image", "Document", "Video", "Audio"]);
});

Deno.test("every setting of the environment arrives in the configuration", async () => {
  const secret = "s".repeat(32);
  const config = await configOf({
    PAWL_HOST: "[::1]",
    PAWL_PORT: " 0 ",
    PAWL_DATA_DIR: "../big disk/pawl",
    PAWL_TEMP_DIR: "/fast/tmp",
    PAWL_PUBLIC_URL: "https://files.example.org/",
    PAWL_AUTH: "off",
    PAWL_AUTH_OFF_ANYWHERE: "1",
    PAWL_JWT_SECRET: secret,
    PAWL_JWKS_URL: "https://id.example.org/keys?v=1",
    PAWL_JWT_ISSUER: "https://id.example.org",
    PAWL_JWT_AUDIENCE: "pawl",
    PAWL_OIDC_CLIENT_ID: "pawl-page",
    PAWL_TRUSTED_PROXIES: "10.0.0.0/8, ::1,fd00::/8",
    PAWL_CORS_ORIGINS: "https://app.example,http://localhost:5173",
    PAWL_METRICS_ALLOW: "10.1.2.0/24,::1",
    PAWL_METRICS_TOKEN: secret,
    PAWL_LOG_LEVEL: "warning",
    PAWL_LOG_FORMAT: "json",
    HOME: "/root",
  });
  assert.equal(config.host, "::1");
  assert.equal(config.port, 0);
  assert.equal(config.dataDir, "/big disk/pawl");
  assert.equal(config.tempDir, "/fast/tmp");
  assert.equal(config.publicUrl?.origin, "https://files.example.org");
  assert.equal(config.auth, "off");
  assert.equal(config.authOffAnywhere, true);
  assert.equal(config.jwt.secret, secret);
  assert.equal(config.jwt.jwksUrl?.href, "https://id.example.org/keys?v=1");
  assert.equal(config.jwt.issuer, "https://id.example.org");
  assert.equal(config.jwt.audience, "pawl");
  assert.equal(config.oidc.clientId, "pawl-page");
  assert.deepEqual(config.trustedProxies, ["10.0.0.0/8", "::1", "fd00::/8"]);
  assert.deepEqual(config.corsOrigins, ["https://app.example", "http://localhost:5173"]);
  assert.deepEqual(config.metrics, { allow: ["10.1.2.0/24", "::1"], token: secret });
  assert.deepEqual(config.log, { level: "warning", format: "json" });
});

Deno.test("every setting of pawl.json arrives in the configuration", async () => {
  const given = {
    siteName: "档案",
    chunks: { default: "1.5 MiB", min: 65536, max: "16MiB" },
    sessions: { enabled: false, expireHours: 48, keepEndedDays: 1 },
    uploads: { idleSeconds: 60, takeoverSeconds: 60, answerSeconds: 20 },
    dedupe: { enabled: false },
    blobs: { graceMinutes: 1 },
    shutdown: { graceSeconds: 4 },
    log: { level: "debug", format: "pretty" },
  };
  const config = await configOf({}, { $schema: "./docs/pawl.schema.json", ...given });
  const { siteName, chunks, sessions, uploads, dedupe, blobs, shutdown, log } = config;
  assert.deepEqual({ siteName, chunks, sessions, uploads, dedupe, blobs, shutdown, log }, {
    ...given,
    chunks: { default: 1.5 * MIB, min: 65536, max: 16 * MIB },
  });
});

Deno.test("the environment wins over pawl.json, which wins over the default", async () => {
  const file = { log: { level: "debug", format: "json" } };
  assert.deepEqual((await configOf({ PAWL_LOG_LEVEL: "error" }, file)).log, {
    level: "error",
    format: "json",
  });
});

Deno.test("an empty variable counts as not set", async () => {
  const config = await configOf({ PAWL_PORT: "", PAWL_JWT_SECRET: " ", PAWL_CORS_ORIGINS: "" });
  assert.equal(config.port, 8000);
  assert.equal(config.jwt.secret, null);
  assert.deepEqual(config.corsOrigins, []);
});

Deno.test("variables that Kubernetes makes for a service called pawl are no settings", async () => {
  const config = await configOf({
    PAWL_PORT: "tcp://10.0.0.1:80",
    PAWL_SERVICE_HOST: "10.0.0.1",
    PAWL_SERVICE_PORT_HTTP: "80",
    PAWL_PORT_80_TCP_ADDR: "10.0.0.1",
    PAWL_PORT_80_TCP: "tcp://10.0.0.1:80",
  });
  assert.equal(config.port, 8000);
});

Deno.test("the variables of the command line pawl, set in the same shell, are no settings and no mistakes", async () => {
  await configOf({ PAWL_SERVER: "https://files.example.org/", PAWL_TOKEN: "t" });
});

Deno.test("all mistakes of environment, pawl.json and their combination are reported at once", async () => {
  const mistakes = await mistakesOf({
    PAWL_PORT: "70000",
    PAWL_AUTH: "off",
    PAWL_HOST: "0.0.0.0",
    PAWL_CORS_ORIGINS: "https://app.example,*",
    PAWL_PROT: "1",
  }, {
    sitename: "x",
    chunks: { min: "3 MiB", max: 1 },
    uploads: { takeoverSeconds: 31 },
    dedupe: true,
  });
  assert.deepEqual(mistakes, [
    "sitename in pawl.json is not a setting, did you mean siteName?",
    'chunks.max in pawl.json is 1: it must be a size from 1 KiB to 1 GiB: bytes as a number, or text like "2 MiB".',
    "dedupe in pawl.json is true: it must be an object with enabled.",
    "PAWL_PORT is 70000: it must be a whole number from 0 to 65535.",
    'PAWL_CORS_ORIGINS holds "*": it must be origins exactly as browsers send them, such as https://app.example; * is not allowed.',
    "PAWL_PROT is not a setting, did you mean PAWL_PORT?",
    "uploads.takeoverSeconds is 31: it must not be more than uploads.idleSeconds, which is 30.",
    'PAWL_AUTH is off and PAWL_HOST is "0.0.0.0": without sign-in, PAWL_HOST must be a loopback address such as ' +
    "127.0.0.1. If everybody who reaches this server may read and delete everything, set PAWL_AUTH_OFF_ANYWHERE=1.",
  ]);
});

Deno.test("a setting given in the wrong place is told the right one", async () => {
  assert.deepEqual(await mistakesOf({ PAWL_SITE_NAME: "x" }, { port: 9000, jwt: { secret: "hush" } }), [
    "port in pawl.json is not a setting of this file: set PAWL_PORT instead.",
    "jwt in pawl.json is not a setting.",
    "PAWL_SITE_NAME is not a setting: set siteName in pawl.json instead.",
  ]);
});

Deno.test("PAWL_CONFIG names another file, which must exist", async () => {
  const other = await load({ PAWL_CONFIG: "etc/p.json" }, { "/srv/etc/p.json": '{"siteName": "Other"}' });
  assert("config" in other);
  assert.equal(other.config.siteName, "Other");
  assert.equal(other.configFile, "/srv/etc/p.json");
  assert.deepEqual(await mistakesOf({ PAWL_CONFIG: "none.json" }), [
    'PAWL_CONFIG is "none.json": this file cannot be read: there is no such file.',
  ]);
});

Deno.test("a pawl.json that may not be read is a mistake, not an absent one", async () => {
  const readTextFile = () => Promise.reject(new Deno.errors.PermissionDenied("no"));
  const { loadConfig } = await import("../../config/load.ts");
  assert.deepEqual(await loadConfig({ env: {}, readTextFile, cwd: "/srv" }), {
    mistakes: ["pawl.json cannot be read: permission denied."],
  });
});

for (
  const [what, text, where] of [
    ["a word that is none", '{\n  "siteName": Pawl\n}', "Unexpected character 'P' at line 2, column 15."],
    ["a comma too many", '{"siteName": "x",}', "line 1, column 18."],
    ["an end too early", '{"siteName": "x"', "line 1, column 17."],
    ["a line break in a text", '{"siteName": "x\n"}', "line 1 column 16"],
  ] as const
) {
  Deno.test(`malformed JSON is reported with its position: ${what}`, async () => {
    const loaded = await load({}, { "/srv/pawl.json": text });
    assert("mistakes" in loaded);
    assert.equal(loaded.mistakes.length, 1);
    assert(loaded.mistakes[0]!.startsWith("pawl.json is not valid JSON: "), loaded.mistakes[0]);
    assert(loaded.mistakes[0]!.includes(where), loaded.mistakes[0]);
  });
}

Deno.test("a byte order mark before the JSON does no harm, other than an object does", async () => {
  assert("config" in await load({}, { "/srv/pawl.json": '\uFEFF{"siteName": "x"}' }));
  assert.deepEqual(await load({}, { "/srv/pawl.json": "[]" }), {
    mistakes: ['pawl.json must hold an object, such as {"siteName": "Files"}.'],
  });
});
