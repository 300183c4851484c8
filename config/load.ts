/** Defaults < `pawl.json` < environment: one validated `Config`, or every mistake at once. */
import { join, resolve } from "node:path";
import { mergeBusinessTypes } from "./business_types.ts";
import type { Config } from "./config.ts";
import { crossRules } from "./cross_rules.ts";
import { show } from "./mistakes.ts";
import { fileVariable, givenVariables, readEnvironment } from "./read_environment.ts";
import { readConfigFile } from "./read_file.ts";
import { noReadings, type Readings } from "./read_setting.ts";
import { ROWS, type Values } from "./settings.ts";

export interface ConfigSources {
  /** `PAWL_*`; other variables are passed over. */
  env: Record<string, string>;
  /** Rejects with `Deno.errors.NotFound` where there is no file. */
  readTextFile: (path: string) => Promise<string>;
  /** Absolute; relative paths start here. */
  cwd: string;
}

/** `configFile` is the absolute path of the `pawl.json` that was read, null when there is none. */
export type LoadedConfig = { config: Config; configFile: string | null } | { mistakes: string[] };

const DEFAULT_FILE = "pawl.json";

/** Reads the configuration. A mistake names its setting, what was given (never of a secret) and what is allowed. */
export async function loadConfig({ env, readTextFile, cwd }: ConfigSources): Promise<LoadedConfig> {
  const given = givenVariables(env);
  const file = await readPawlJson(given.get("PAWL_CONFIG"), { readTextFile, cwd });
  const secrets = await readSecretFiles(given, { readTextFile, cwd });
  const environment = readEnvironment(given, secrets.contents);

  const values = merge([file.readings, environment], cwd);
  const mistakes = [
    ...file.readings.mistakes,
    ...secrets.mistakes,
    ...environment.mistakes,
    ...crossRules(values),
  ];
  return mistakes.length > 0 ? { mistakes } : { config: toConfig(values as Values), configFile: file.path };
}

/** The files that `loadConfig` reads where they exist, as absolute paths. */
export function configFiles({ env, cwd }: Pick<ConfigSources, "env" | "cwd">): string[] {
  const given = givenVariables(env);
  const secretFiles = ROWS.filter((row) => row.secret).map((row) => given.get(fileVariable(row)));
  return [given.get("PAWL_CONFIG") ?? DEFAULT_FILE, ...secretFiles]
    .filter((path) => path !== undefined).map((path) => resolve(cwd, path.trim()));
}

type Reader = Pick<ConfigSources, "readTextFile" | "cwd">;

async function readPawlJson(
  named: string | undefined,
  { readTextFile, cwd }: Reader,
): Promise<{ readings: Readings; path: string | null }> {
  const name = named?.trim() ?? DEFAULT_FILE;
  const path = resolve(cwd, name);
  try {
    return { readings: readConfigFile(await readTextFile(path), name), path };
  } catch (error) {
    if (named === undefined && error instanceof Deno.errors.NotFound) {
      return { readings: noReadings(), path: null };
    }
    const which = named === undefined ? name : `PAWL_CONFIG is ${show(name)}: this file`;
    return {
      readings: { ...noReadings(), mistakes: [`${which} cannot be read: ${reason(error)}`] },
      path: null,
    };
  }
}

async function readSecretFiles(given: Map<string, string>, { readTextFile, cwd }: Reader) {
  const contents = new Map<string, string>();
  const mistakes: string[] = [];
  for (const variable of ROWS.filter((row) => row.secret).map(fileVariable)) {
    const name = given.get(variable)?.trim();
    if (name === undefined) continue;
    try {
      contents.set(variable, await readTextFile(resolve(cwd, name)));
    } catch (error) {
      mistakes.push(`${variable} is ${show(name)}: this file cannot be read: ${reason(error)}`);
    }
  }
  return { contents, mistakes };
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file.";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied.";
  }
  return error instanceof Deno.errors.IsADirectory ? "it is a folder." : `${(error as Error).message}.`;
}

/** Later sources win; what any source gives wrongly is left out. Paths become absolute. */
function merge(sources: Readings[], cwd: string): Partial<Values> {
  const values: Record<string, unknown> = {};
  for (const row of ROWS) {
    if (sources.some((source) => source.failed.has(row.id))) continue;
    const source = sources.findLast((source) => source.values.has(row.id));
    const value = source
      ? source.values.get(row.id)
      : row.default === null
      ? null
      : row.schema.parse(row.default);
    values[row.id] = row.type === "path" && value !== null ? resolve(cwd, value as string) : value;
  }
  return values as Partial<Values>;
}

function toConfig(values: Values): Config {
  return {
    host: values.host,
    port: values.port,
    dataDir: values.dataDir,
    tempDir: values.tempDir ?? join(values.dataDir, "tmp"),
    publicUrl: values.publicUrl,
    auth: values.auth,
    authOffAnywhere: values.authOffAnywhere,
    jwt: {
      secret: values["jwt.secret"],
      issuer: values["jwt.issuer"],
      jwksUrl: values["jwt.jwksUrl"],
      audience: values["jwt.audience"],
    },
    oidc: {
      clientId: values["oidc.clientId"],
      scopes: values["oidc.scopes"],
      adminClaim: values["oidc.adminClaim"],
      adminValues: values["oidc.adminValues"],
    },
    browserSession: { maxHours: values["browserSession.maxHours"] },
    trustedProxies: values.trustedProxies,
    corsOrigins: values.corsOrigins,
    siteName: values.siteName,
    chunks: {
      default: values["chunks.default"],
      min: values["chunks.min"],
      max: values["chunks.max"],
    },
    sessions: {
      enabled: values["sessions.enabled"],
      expireHours: values["sessions.expireHours"],
      keepEndedDays: values["sessions.keepEndedDays"],
    },
    uploads: {
      idleSeconds: values["uploads.idleSeconds"],
      takeoverSeconds: values["uploads.takeoverSeconds"],
      answerSeconds: values["uploads.answerSeconds"],
    },
    tokens: {
      validHours: values["tokens.validHours"],
      maxValidHours: values["tokens.maxValidHours"],
      maxUses: values["tokens.maxUses"],
    },
    compat: {
      orphanHours: values["compat.orphanHours"] || null,
      dotnet: { actAs: values["compat.dotnet.actAs"] },
    },
    dedupe: { enabled: values["dedupe.enabled"] },
    blobs: { graceMinutes: values["blobs.graceMinutes"] },
    images: {
      engine: values["images.engine"],
      sizes: {
        thumbnail: values["images.thumbnail"],
        small: values["images.small"],
        medium: values["images.medium"],
        large: values["images.large"],
      },
      quality: values["images.quality"],
      maxPixels: values["images.maxPixels"],
      maxFrames: values["images.maxFrames"],
      maxBytes: values["images.maxBytes"],
      workers: values["images.workers"],
      queue: values["images.queue"],
      timeoutSeconds: values["images.timeoutSeconds"],
      watermark: {
        text: values["images.watermark.text"],
        picture: values["images.watermark.picture"],
        position: values["images.watermark.position"],
        textPercent: values["images.watermark.textPercent"],
        picturePercent: values["images.watermark.picturePercent"],
        opacity: values["images.watermark.opacity"],
      },
    },
    limits: {
      uploadsAtOnce: values["limits.uploadsAtOnce"],
      uploadsPerMinute: values["limits.uploadsPerMinute"],
      bytesPerDay: values["limits.bytesPerDay"],
    },
    jobs: {
      softDeleted: {
        enabled: values["jobs.softDeleted.enabled"],
        schedule: values["jobs.softDeleted.schedule"],
        retentionDays: values["jobs.softDeleted.retentionDays"],
      },
      recycleBin: {
        enabled: values["jobs.recycleBin.enabled"],
        schedule: values["jobs.recycleBin.schedule"],
        retentionDays: values["jobs.recycleBin.retentionDays"],
      },
      orphans: { enabled: values["jobs.orphans.enabled"], schedule: values["jobs.orphans.schedule"] },
      expiredSessions: {
        enabled: values["jobs.expiredSessions.enabled"],
        schedule: values["jobs.expiredSessions.schedule"],
      },
      expiredTokens: {
        enabled: values["jobs.expiredTokens.enabled"],
        schedule: values["jobs.expiredTokens.schedule"],
        retentionDays: values["jobs.expiredTokens.retentionDays"],
      },
      expiredArchives: {
        enabled: values["jobs.expiredArchives.enabled"],
        schedule: values["jobs.expiredArchives.schedule"],
      },
      auditEntries: {
        enabled: values["jobs.auditEntries.enabled"],
        schedule: values["jobs.auditEntries.schedule"],
      },
      temporaryFiles: {
        enabled: values["jobs.temporaryFiles.enabled"],
        schedule: values["jobs.temporaryFiles.schedule"],
        retentionHours: values["jobs.temporaryFiles.retentionHours"],
      },
      storedBytes: {
        enabled: values["jobs.storedBytes.enabled"],
        schedule: values["jobs.storedBytes.schedule"],
        bytesPerRun: values["jobs.storedBytes.bytesPerRun"],
      },
      storageReport: {
        enabled: values["jobs.storageReport.enabled"],
        schedule: values["jobs.storageReport.schedule"],
      },
    },
    downloads: {
      dir: values["downloads.dir"],
      types: Object.assign(Object.create(null), values["downloads.types"]),
      access: values["downloads.access"],
      prefix: values["downloads.prefix"],
    },
    audit: { keepDays: values["audit.keepDays"] },
    shutdown: { graceSeconds: values["shutdown.graceSeconds"] },
    metrics: { allow: values["metrics.allow"], token: values["metrics.token"] },
    log: { level: values["log.level"], format: values["log.format"] },
    businessTypes: mergeBusinessTypes(values.businessTypes),
  };
}
