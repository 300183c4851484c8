/**
 * The shape of a validated configuration. Types only, so every room may import it; it is read once
 * (`config/load.ts`, called by `main.ts` and the tools) and passed down.
 */
import type { Visibility } from "../services/model.ts";

/** What a business type allows. */
export interface BusinessTypeRules {
  /** Largest file, bytes, inclusive. */
  maxBytes: number;
  /** Lower-case extensions with their dot; null allows any, also none. */
  extensions: string[] | null;
  /** Visibility of files whose request names none. */
  visibility: Visibility;
  /** Pictures are checked, and lose their metadata (EXIF, GPS, XMP ...), unless the request says otherwise. */
  removeExif: boolean;
  /** What is done to pictures whose request does not say; as the members of `ImageRequest`. */
  generateThumbnail: boolean;
  generateMultipleSizes: boolean;
  addWatermark: boolean;
  /** Hours after which a file that belongs to nothing goes into the recycle bin; null: never. */
  orphanHours: number | null;
}

/** Who may see files of the downloads folder. */
export interface DownloadAccessRule {
  /** Pattern of the path within the folder: `*` within a segment, `**` across them; absent: any. */
  path?: string | undefined;
  /** Lower-case with their dot; absent: any. */
  extensions?: string[] | undefined;
  for: "public" | "users" | "administrators";
}

export interface JobSettings {
  /** Whether its schedule runs it; an administrator can nevertheless. */
  enabled: boolean;
  /** Five cron fields, UTC. */
  schedule: string;
}

export type JobName = keyof Config["jobs"];

export interface Config {
  host: string;
  /** 0 lets the system choose a free port. */
  port: number;
  /** Absolute path; one process owns it. */
  dataDir: string;
  /** Absolute path for scratch files; `dataDir/tmp` unless set, never a folder that holds anything else of ours. */
  tempDir: string;
  /** Address people use from outside: an origin, nothing behind it (use `.origin`); null: the address listened on. */
  publicUrl: URL | null;
  auth: "on" | "off";
  authOffAnywhere: boolean;
  jwt: {
    /** HS256 secret, at least 32 bytes; null: the one kept in `dataDir/secret`. */
    secret: string | null;
    /** An OIDC issuer: the `iss` of its tokens, and its address; null: only our own tokens count. */
    issuer: string | null;
    /** Key set of the issuer; null: the one that it announces. */
    jwksUrl: URL | null;
    /** The `aud` of the issuer's access tokens; null: the API takes none. Set only together with `issuer`. */
    audience: string | null;
  };
  oidc: {
    /** Public client by which people sign in on the page; null: none do. Set only together with `jwt.issuer`. */
    clientId: string | null;
    /** Beside `openid`. */
    scopes: string[];
    /** Name of a claim, or the way to it with dots. */
    adminClaim: string;
    /** Values of that claim that make an administrator. */
    adminValues: string[];
  };
  browserSession: {
    /** Hours after signing in. */
    maxHours: number;
  };
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. */
  trustedProxies: string[];
  /** Exact origins, `https://app.example`. */
  corsOrigins: string[];
  siteName: string;
  /** Bytes. */
  chunks: { default: number; min: number; max: number };
  sessions: {
    enabled: boolean;
    /** Hours after the last progress. */
    expireHours: number;
    /** Days for which an ended session still answers. */
    keepEndedDays: number;
  };
  uploads: {
    /** Seconds without a byte after which a request body is ended. */
    idleSeconds: number;
    /** Seconds of silence after which a newer request may take over a range. */
    takeoverSeconds: number;
    /** Seconds after which `complete` answers that it takes longer. */
    answerSeconds: number;
  };
  /** Temporary access tokens. */
  tokens: {
    /** Hours, for those whose maker names none. */
    validHours: number;
    /** Hours, inclusive. */
    maxValidHours: number;
    /** Downloads, for those whose maker names no number; 0: any number. */
    maxUses: number;
  };
  /** Clients of the systems whose place this server takes. */
  compat: {
    /** Hours after which a file that they brought and that belongs to nothing goes into the recycle bin; null: as its type says. */
    orphanHours: number | null;
    dotnet: {
      /** As whom clients work that never sign in; null: they must. */
      actAs: string | null;
    };
  };
  dedupe: { enabled: boolean };
  blobs: {
    /** Minutes for which unreferenced bytes wait before they are removed. */
    graceMinutes: number;
  };
  images: {
    engine: "auto" | "sharp" | "imagescript" | "off";
    /** Pixels: what each variant fits inside of. */
    sizes: Record<"thumbnail" | "small" | "medium" | "large", { width: number; height: number }>;
    /** 1 to 100. */
    quality: number;
    maxPixels: number;
    maxFrames: number;
    maxBytes: number;
    /** Pictures that are worked on at once. */
    workers: number;
    /** Pictures that may wait for it. */
    queue: number;
    /** Seconds for one picture. */
    timeoutSeconds: number;
    watermark: {
      /** null: the name of the site. */
      text: string | null;
      /** Absolute path of a picture that is shown instead; null: the text is. */
      picture: string | null;
      position: "top-left" | "top-right" | "bottom-left" | "bottom-right" | "center";
      /** Of the picture's width: height of letters. */
      textPercent: number;
      /** Of the picture's width: width of a picture. */
      picturePercent: number;
      /** Percent. */
      opacity: number;
    };
  };
  /** Of each user who is no administrator; 0 switches one off. */
  limits: {
    uploadsAtOnce: number;
    uploadsPerMinute: number;
    bytesPerDay: number;
  };
  jobs: {
    softDeleted: JobSettings & {
      /** Days for which their owners can restore deleted files. */
      retentionDays: number;
    };
    recycleBin: JobSettings & {
      /** Days after those for which administrators can restore them. */
      retentionDays: number;
    };
    orphans: JobSettings;
    expiredSessions: JobSettings;
    expiredTokens: JobSettings & {
      /** Days after their end for which links are kept. */
      retentionDays: number;
    };
    expiredArchives: JobSettings;
    auditEntries: JobSettings;
    temporaryFiles: JobSettings & {
      /** Hours since their last change for which they stay. */
      retentionHours: number;
    };
    storedBytes: JobSettings & {
      /** What one run reads at most, about. */
      bytesPerRun: number;
    };
    storageReport: JobSettings;
  };
  downloads: {
    /** Absolute path; null: there is no such folder. */
    dir: string | null;
    /** Lower-case extension with its dot -> media type; has no prototype. */
    types: Record<string, string>;
    /** The first that fits decides; where none fits, users. */
    access: DownloadAccessRule[];
    /** Put before names; with `{date}`, `{time}` and `{random}`. */
    prefix: string;
  };
  audit: {
    /** Days for which entries are kept. */
    keepDays: number;
  };
  shutdown: {
    /** Seconds that running requests get after SIGTERM or SIGINT. */
    graceSeconds: number;
  };
  /** Who may read `/metrics` beside administrators. */
  metrics: {
    /** Addresses or CIDR blocks. */
    allow: string[];
    /** The bearer token of who has no other; null: there is none. */
    token: string | null;
  };
  log: { level: "debug" | "info" | "warning" | "error"; format: "auto" | "pretty" | "json" };
  /** Has no prototype, so a name from a request may be looked up in it. */
  businessTypes: Record<string, BusinessTypeRules>;
}
