/** Links as their rules describe them, without records, commits or coarseness. Times are ms since 1970. */
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface LeaseModel {
  startedAt: number;
  lastByteAt: number;
}

export interface LinkModel {
  id: string;
  path: string;
  file: FileModel;
  maxUses: number;
  uses: number;
  createdAt: number;
  expiresAt: number;
  revokedAt: number | null;
  lastUsedAt: number | null;
  /** By client. */
  leases: Map<string, LeaseModel>;
  /** By the job, some time after its end. */
  forgotten: boolean;
}

export interface FileModel {
  id: string;
  state: "live" | "deleted" | "gone";
  downloads: number;
}

export interface Model {
  now: number;
  files: FileModel[];
  links: LinkModel[];
}

/** What a client is answered: null for bytes, else the problem's code. Changes nothing. */
export function refusal({ now }: Model, link: LinkModel, client: string): string | null {
  if (link.forgotten || link.file.state === "gone") return "not-found";
  if (link.revokedAt !== null) return "link-revoked";
  if (link.file.state === "deleted") return "link-file-deleted";
  if (goesOn(link, { client, now })) return null;
  if (now >= link.expiresAt) return "link-expired";
  return link.maxUses > 0 && link.uses >= link.maxUses ? "link-used-up" : null;
}

function goesOn(link: LinkModel, { client, now }: { client: string; now: number }): boolean {
  const lease = link.leases.get(client);
  return lease !== undefined && now < lease.startedAt + DAY && now < lease.lastByteAt + 15 * MINUTE;
}

/** Bytes go to a client that is not refused. */
export function send(model: Model, link: LinkModel, client: string): void {
  const { now } = model;
  if (goesOn(link, { client, now })) {
    link.leases.get(client)!.lastByteAt = now;
    return;
  }
  link.leases.set(client, { startedAt: now, lastByteAt: now });
  link.uses++;
  link.lastUsedAt = now;
  link.file.downloads++;
}

export function status({ now }: Model, { revokedAt, expiresAt, maxUses, uses }: LinkModel): string {
  if (revokedAt !== null) return "revoked";
  if (now >= expiresAt) return "expired";
  return maxUses > 0 && uses >= maxUses ? "exhausted" : "active";
}

/** The daily job. */
export function forget({ now, links }: Model): void {
  for (const link of links) {
    const end = Math.min(link.expiresAt, link.revokedAt ?? link.expiresAt);
    if (now >= end + 7 * DAY || link.file.state === "gone") link.forgotten = true;
  }
}
