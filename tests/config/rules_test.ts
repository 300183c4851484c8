import assert from "node:assert/strict";
import fc from "fast-check";
import { type SettingId, SETTINGS } from "../../config/settings.ts";
import { bytes, showBytes } from "../../config/values.ts";
import { configOf, mistakesOf } from "./load_support.ts";

/** Variable -> values that are refused, values that are accepted. */
const VARIABLES: Record<string, [refused: string[], accepted: string[]]> = {
  PAWL_HOST: [
    ["127.0.0.256", "1234", "a b", "localhost:80", "http://x", "-a.example", "fe80::1%eth0", "*", "a..b"],
    ["0.0.0.0", "::", "localhost", "files.Example.org", "a-1"],
  ],
  PAWL_PORT: [["-1", "65536", "80.5", "0x50", "http", "1e3"], ["0", "65535"]],
  PAWL_DATA_DIR: [["a,b", "a\nb"], ["a b", "/x/y", "../z"]],
  PAWL_TEMP_DIR: [
    ["x,y", "data", ".", "/", "data/blobs", "./data/tmp/deeper"],
    ["data/tmp", "data2", "/tmp/pawl", "..data"],
  ],
  PAWL_PUBLIC_URL: [
    ["files.example.org", "ftp://x", "https://x/y", "https://x/?a", "https://x/#a", "https://u:p@x/"],
    ["http://x:8000", "https://x/"],
  ],
  PAWL_AUTH: [["On", "false", "0"], ["on", "off"]],
  PAWL_AUTH_OFF_ANYWHERE: [["true", "yes", "2"], ["0", "1"]],
  PAWL_TRUSTED_PROXIES: [
    ["10.0.0.0/33", "::/129", "10.0.0", "proxy.example", "10.0.0.1/", "*", "10.0.0.0/-1", "::1%lo"],
    ["10.0.0.1", "10.0.0.1/8", "::/0", "fd00::/8,127.0.0.1"],
  ],
  PAWL_CORS_ORIGINS: [
    [
      "*",
      "https://app.example/",
      "app.example",
      "https://App.example",
      "https://a:443",
      "null",
      "https://*.a",
    ],
    ["https://app.example", "http://localhost:5173"],
  ],
  PAWL_LOG_LEVEL: [["warn", "INFO"], ["debug"]],
  PAWL_LOG_FORMAT: [["text"], ["pretty"]],
};

for (const [name, [refused, accepted]] of Object.entries(VARIABLES)) {
  Deno.test(`${name} is checked, and a mistake says what was given and what is allowed`, async () => {
    for (const value of accepted) assert.deepEqual(await mistakesOf({ [name]: value }), [], value);
    for (const value of refused) {
      const [mistake, ...others] = await mistakesOf({ [name]: value });
      assert.deepEqual(others, [], value);
      assert(mistake !== undefined && mistake.startsWith(`${name} `), `${value}: ${mistake}`);
      assert(mistake.includes(" must "), mistake);
    }
  });
}

/** Key -> values that are refused, values that are accepted. */
const KEYS: Record<string, [refused: unknown[], accepted: unknown[]]> = {
  "siteName": [["", "x".repeat(65), "a\u0007", 5, null], ["x".repeat(64)]],
  "chunks.min": [[1023, "1 KB", "1.0001 KiB", "-1 MiB", "MiB", "", null, true, 2 ** 30 + 1], [1024, "1 KiB"]],
  "chunks.default": [["3 GiB"], ["256KiB", "10 MiB", "1.5 MiB"]],
  "chunks.max": [["x"], ["1 GiB", 2 * 2 ** 20]],
  "sessions.enabled": [["true", 1, null], [false]],
  "sessions.expireHours": [[0, 8761, 1.5, "24"], [1, 8760]],
  "sessions.keepEndedDays": [[0, 366], [365]],
  "uploads.idleSeconds": [[0, 3601], [3600]],
  "uploads.takeoverSeconds": [[0, "5"], [1, 30]],
  "dedupe.enabled": [["off"], [false]],
  "blobs.graceMinutes": [[0, 10081], [10080]],
  "shutdown.graceSeconds": [[0, 601], [600]],
  "log.level": [["warn"], ["error"]],
  "log.format": [["xml", 3], ["json"]],
  "oidc.scopes": [["profile", null, {}], [[], ["email", "api://pawl/files"]]],
  "oidc.adminClaim": [["", 1, "x".repeat(257)], ["realm_access.roles", "https://id.example/roles"]],
  "oidc.adminValues": [["admin", true], [[], ["cn=admins,dc=example", "Verwaltung"]]],
  "browserSession.maxHours": [[0, 8761, "12"], [1, 8760]],
  "businessTypes": [[[], "x", null], [{}]],
};

for (const [key, [refused, accepted]] of Object.entries(KEYS)) {
  const file = (value: unknown) =>
    key.split(".").reverse().reduce((inner, name) => ({ [name]: inner }), value);
  Deno.test(`${key} is checked, and a mistake says what was given and what is allowed`, async () => {
    for (const value of accepted) assert.deepEqual(await mistakesOf({}, file(value)), [], String(value));
    for (const value of refused) {
      const [mistake, ...others] = await mistakesOf({}, file(value));
      assert.deepEqual(others, [], String(value));
      const start = `${key} in pawl.json is ${JSON.stringify(value)}`.slice(0, 80);
      assert(mistake !== undefined && mistake.startsWith(start), `${start}: ${mistake}`);
      assert(mistake.endsWith(`: it must be ${SETTINGS[key as SettingId].rule}.`), mistake);
    }
  });
}

Deno.test("chunk sizes must not fall from min over default to max", async () => {
  assert.deepEqual(await mistakesOf({}, { chunks: { min: "3 MiB" } }), [
    "chunks.min is 3 MiB, chunks.default 2 MiB, chunks.max 10 MiB: they must not fall in this order.",
  ]);
  assert.equal((await mistakesOf({}, { chunks: { default: "11 MiB" } })).length, 1);
  assert.deepEqual(await mistakesOf({}, { chunks: { min: "2 MiB", max: "2 MiB" } }), []);
});

Deno.test("PAWL_AUTH=off needs a loopback address or a second consent", async () => {
  const anywhere = { PAWL_AUTH: "off", PAWL_AUTH_OFF_ANYWHERE: "1", PAWL_HOST: "0.0.0.0" };
  assert.deepEqual(await mistakesOf(anywhere), []);
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost", "LOCALHOST"]) {
    assert.deepEqual(await mistakesOf({ PAWL_AUTH: "off", PAWL_HOST: host }), [], host);
  }
  for (
    const host of ["0.0.0.0", "::", "10.0.0.1", "files.example.org", "127.example.org", "localhost.example"]
  ) {
    assert.equal((await mistakesOf({ PAWL_AUTH: "off", PAWL_HOST: host })).length, 1, host);
  }
  // A refused PAWL_AUTH_OFF_ANYWHERE is reported for itself.
  assert.equal((await mistakesOf({ ...anywhere, PAWL_AUTH_OFF_ANYWHERE: "yes" })).length, 1);
});

Deno.test("an issuer is of use only with an audience or a client, and neither without it", async () => {
  const issuer = { PAWL_JWT_ISSUER: "https://id.example" };
  const audience = { PAWL_JWT_AUDIENCE: "pawl" };
  const client = { PAWL_OIDC_CLIENT_ID: "pawl-page" };
  const keys = { PAWL_JWKS_URL: "https://keys.example/" };
  for (const more of [audience, client, { ...audience, ...client }, { ...audience, ...keys }]) {
    assert.deepEqual(await mistakesOf({ ...issuer, ...more }), []);
    const [mistake, ...others] = await mistakesOf(more);
    assert(mistake?.startsWith("PAWL_JWT_ISSUER is not set: "), mistake);
    assert.deepEqual(others, []);
    for (const name of Object.keys(more)) assert(mistake?.includes(name));
  }
  for (const more of [{}, keys]) {
    const [mistake, ...others] = await mistakesOf({ ...issuer, ...more });
    assert(mistake?.startsWith("PAWL_JWT_ISSUER is set: "), mistake);
    assert.deepEqual(others, []);
  }
  assert.equal((await mistakesOf({ ...issuer, ...audience, PAWL_JWKS_URL: "nonsense" })).length, 1);
});

Deno.test("an issuer that is asked is an https address, or http on this machine", async () => {
  const client = { PAWL_OIDC_CLIENT_ID: "pawl-page" };
  const audience = { PAWL_JWT_AUDIENCE: "pawl" };
  const good = [
    "https://id.example",
    "https://id.example/realms/a",
    "http://127.0.0.1:8080",
    "http://[::1]/a",
  ];
  for (const issuer of good) {
    assert.deepEqual(await mistakesOf({ ...client, PAWL_JWT_ISSUER: issuer }), [], issuer);
  }
  const bad = [
    "id.example",
    "http://id.example",
    "https://id.example/?a",
    "https://a:b@id.example",
    "ftp://id",
  ];
  for (const issuer of bad) {
    for (const use of [client, audience]) {
      const [mistake, ...others] = await mistakesOf({ ...use, PAWL_JWT_ISSUER: issuer });
      assert(mistake?.startsWith(`PAWL_JWT_ISSUER is "${issuer}": it must be`), mistake);
      assert.deepEqual(others, []);
    }
    const only = { ...audience, PAWL_JWKS_URL: "https://id.example/keys", PAWL_JWT_ISSUER: issuer };
    assert.deepEqual(await mistakesOf(only), [], "with its keys given, the name is only compared");
  }
});

Deno.test("a mistake within a list shows what is wrong there", async () => {
  const bad: [key: string, value: unknown][] = [
    ...["a b", '"', "\\", "", 1].map((value): [string, unknown] => ["scopes", value]),
    ...["", true, "a\n", "x".repeat(257)].map((value): [string, unknown] => ["adminValues", value]),
  ];
  for (const [key, value] of bad) {
    const [mistake, ...others] = await mistakesOf({}, { oidc: { [key]: ["good", value] } });
    assert(mistake?.startsWith(`oidc.${key} in pawl.json holds `), mistake);
    assert(mistake?.includes("must be"), mistake);
    assert.deepEqual(others, []);
  }
});

Deno.test("a size is what it says, in every unit and as a number", () => {
  const { schema } = bytes(0, Number.MAX_SAFE_INTEGER);
  fc.assert(fc.property(fc.maxSafeNat(), (size) => {
    assert.equal(schema.parse(size), size);
    assert.equal(schema.parse(showBytes(size)), size);
    assert.equal(schema.parse(`${size % 2 ** 20}KiB`), (size % 2 ** 20) * 1024);
  }));
  assert.equal(showBytes(0), "0 B");
  assert.equal(showBytes(1536), "1536 B");
  assert.equal(showBytes(3 * 2 ** 30), "3 GiB");
});

Deno.test("links must not live longer without saying so than they may", async () => {
  assert.deepEqual(await mistakesOf({}, { tokens: { validHours: 48, maxValidHours: 24 } }), [
    "tokens.validHours is 48: it must not be more than tokens.maxValidHours, which is 24.",
  ]);
  assert.deepEqual(await mistakesOf({}, { tokens: { validHours: 24, maxValidHours: 24 } }), []);
});

Deno.test("types must not want watermarks where nothing can put them on", async () => {
  const businessTypes = { Photo: { addWatermark: true }, Scan: { addWatermark: false } };
  assert.deepEqual(await mistakesOf({}, { businessTypes, images: { engine: "off" } }), [
    'businessTypes.Photo.addWatermark is true and images.engine "off": without an engine addWatermark must be false.',
  ]);
  assert.deepEqual(await mistakesOf({}, { businessTypes, images: { engine: "imagescript" } }), []);
  assert.deepEqual(await mistakesOf({}, { images: { engine: "off" } }), []);
});

Deno.test("hostile text in any variable is a mistake or a value, never a crash", async () => {
  const names = [
    ...Object.keys(VARIABLES),
    "PAWL_JWT_SECRET",
    "PAWL_JWKS_URL",
    "PAWL_JWT_ISSUER",
    "PAWL_CONFIG",
    "PAWL_JWT_SECRET_FILE",
  ];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.string({ unit: "binary" }), async (name, value) => {
      await mistakesOf({ [name]: value });
    }),
  );
});

Deno.test("hostile JSON is a mistake or a value, never a crash", async () => {
  await fc.assert(fc.asyncProperty(fc.json(), async (text) => {
    await mistakesOf({}, JSON.parse(text));
    await mistakesOf({}, { businessTypes: JSON.parse(text), chunks: JSON.parse(text) });
  }));
  const polluting = JSON.parse(
    '{"__proto__": {"a": 1}, "constructor": 1, "businessTypes": {"__proto__": {}}}',
  );
  assert.equal((await mistakesOf({}, polluting)).length, 2);
});

Deno.test("paths are absolute, whatever they were given as", async () => {
  const { dataDir, tempDir } = await configOf({ PAWL_DATA_DIR: "x/../y/", PAWL_TEMP_DIR: "./t" });
  assert.deepEqual({ dataDir, tempDir }, { dataDir: "/srv/y", tempDir: "/srv/t" });
});
