/** What administrators' routes answer, and the requests for it. Times are ISO 8601 in UTC, sizes are bytes. */
import type { AccessToken, Attachment, Page, UploadSession } from "../../client/mod.ts";
import type { Calls } from "../state/calls.ts";

export type RunState = "running" | "done" | "partial" | "failed" | "interrupted";

export interface JobRun {
  job: string;
  startedAt: string;
  /** While it runs: when it was last seen. */
  endedAt: string;
  durationMs: number;
  state: RunState;
  lookedAt: number;
  removed: number;
  bytesFreed: number;
  bytesRead: number;
  damaged: number;
  errors: number;
  messages: string[];
  /** Who asked for it; null: the schedule. */
  by: string | null;
}

export interface Job {
  name: string;
  /** In English. */
  description: string;
  /** Whether its schedule runs it. */
  enabled: boolean;
  /** Five cron fields, UTC. */
  schedule: string;
  next: string | null;
  canDryRun: boolean;
  running: JobRun | null;
  last: JobRun | null;
}

export interface Candidate {
  kind: string;
  id: string;
  name: string | null;
  /** In English. */
  reason: string;
  since: string;
  ageSeconds: number;
  bytes: number | null;
}

export interface DryRun {
  items: Candidate[];
  more: boolean;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: {
    id: string | null;
    role: "admin" | "user" | "anonymous" | "system";
    address: string | null;
    requestId: string | null;
  };
  action: string;
  target: { kind: string; id: string };
  /** `done`, or the code of the refusal. */
  result: string;
  count: number;
  detail: Record<string, string | number | boolean | null>;
}

export interface Verdict {
  intact: boolean;
  seals: number;
  sealed: number;
  unsealed: number;
  head: string;
  findings: string[];
}

export interface AdminUpload extends Omit<UploadSession, "received" | "uploadedChunkIndexes"> {
  ownerId: string;
  lastProgressAt: string;
  /** Bytes are coming right now. */
  active: boolean;
}

export interface AdminToken extends AccessToken {
  /** null: the file is gone for good. */
  fileName: string | null;
  /** Of the file. */
  ownerId: string;
}

export interface StorageDay {
  /** `2026-11-30`. */
  day: string;
  files: number;
  fileBytes: number;
  storedBytes: number;
}

export interface StorageReport {
  /** null: nothing has been counted yet. */
  asOf: string | null;
  complete: boolean;
  files: number;
  fileBytes: number;
  deletedFiles: number;
  deletedBytes: number;
  binnedFiles: number;
  binnedBytes: number;
  blobs: number;
  storedBytes: number;
  /** What equal content would take if it were stored again. */
  savedBytes: number;
  variants: number;
  variantBytes: number;
  condemnedBytes: number;
  damagedBlobs: number;
  uploads: number;
  uploadBytes: number;
  disk: { totalBytes: number; freeBytes: number; reserveBytes: number } | null;
  /** Oldest first. */
  growth: StorageDay[];
}

export interface PersonUsage {
  ownerId: string;
  files: number;
  bytes: number;
  deletedFiles: number;
  deletedBytes: number;
  binnedFiles: number;
  binnedBytes: number;
  uploadsNow: number;
  bytesToday: number;
  limited: boolean;
}

export interface UsagePage extends Page<PersonUsage> {
  asOf: string | null;
}

export interface Overview {
  version: string;
  startedAt: string;
  /** Open ones; counted up to a bound, beyond which there are more. */
  uploads: number;
  moreUploads: boolean;
  /** Names of the jobs whose last run failed. */
  jobsFailed: string[];
  imageQueue: number;
  health: { records: boolean; storage: boolean };
}

type Filters = Record<string, string | number>;

export interface AdminCalls {
  overview(signal: AbortSignal): Promise<Overview>;
  jobs(signal: AbortSignal): Promise<Job[]>;
  runs(job: string, signal: AbortSignal): Promise<JobRun[]>;
  run(job: string): Promise<JobRun>;
  dryRun(job: string): Promise<DryRun>;
  audit(query: Filters, signal: AbortSignal): Promise<Page<AuditEntry>>;
  verifyAudit(): Promise<Verdict>;
  uploads(query: Filters, signal: AbortSignal): Promise<Page<AdminUpload>>;
  attachments(query: Filters, signal: AbortSignal): Promise<Page<Attachment>>;
  tokens(query: Filters, signal: AbortSignal): Promise<Page<AdminToken>>;
  storage(signal: AbortSignal): Promise<StorageReport>;
  usage(query: Filters, signal: AbortSignal): Promise<UsagePage>;
}

/** Whole paths, so that a test finds each of them among the server's routes. */
export function adminCalls({ request }: Pick<Calls, "request">): AdminCalls {
  const get = <T>(path: string, signal: AbortSignal, query: Filters = {}) =>
    request<T>("GET", path, { query, signal });
  const name = encodeURIComponent;
  return {
    overview: (signal) => get("api/v1/admin/overview", signal),
    jobs: async (signal) => (await get<{ items: Job[] }>("api/v1/admin/jobs", signal)).items,
    runs: async (job, signal) =>
      (await get<{ items: JobRun[] }>(`api/v1/admin/jobs/${name(job)}/runs`, signal)).items,
    run: (job) => request("POST", `api/v1/admin/jobs/${name(job)}/run`, { json: {} }),
    dryRun: (job) => request("POST", `api/v1/admin/jobs/${name(job)}/run`, { json: { dryRun: true } }),
    audit: (query, signal) => get("api/v1/admin/audit", signal, query),
    verifyAudit: () => request("POST", "api/v1/admin/audit/verify", { json: {} }),
    uploads: (query, signal) => get("api/v1/admin/uploads", signal, query),
    attachments: (query, signal) => get("api/v1/admin/attachments", signal, query),
    tokens: (query, signal) => get("api/v1/admin/tokens", signal, query),
    storage: (signal) => get("api/v1/admin/storage", signal),
    usage: (query, signal) => get("api/v1/admin/usage", signal, query),
  };
}
