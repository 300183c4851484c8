/** Records of temporary access tokens and of their downloads. Each function adds to a commit; the caller checks the entries. */
import type { TokenRecord } from "../model.ts";
import { keys } from "./keys.ts";

type Commit = Deno.AtomicOperation;

/** One client's download by a token: requests within it do not count again. Times are ms since 1970. */
export interface LeaseRecord {
  startedAt: number;
  /** Of the last byte sent; up to a minute too early. */
  lastByteAt: number;
  /** Of the request that began it: so it knows its own commit again when the answer was lost. */
  opening: string;
}

/** How long after its end a token stands in the index by time; how long it is kept is counted from there. */
export const KEEP_MS = 7 * 86_400_000;
/** The longest a lease lasts. */
export const LEASE_AT_MOST_MS = 24 * 3_600_000;

/** Where it stands in the index by time: behind the time at which it expires or was revoked. */
export function indexTime({ expiresAt, revokedAt }: TokenRecord): number {
  return Math.min(expiresAt, revokedAt ?? expiresAt) + KEEP_MS;
}

/** The entries by which a token is found. */
export function tokenEntries(record: TokenRecord): [Deno.KvKey, unknown][] {
  const { id, hash, attachmentId, createdAt } = record;
  return [
    [keys.tokenByHash(hash), id],
    [keys.tokenByAttachment(attachmentId, createdAt, id), true],
    [keys.tokenByExpiry(indexTime(record), id), true],
  ];
}

/** Stores a new token, or `record` in place of `before`. */
export function putToken(commit: Commit, record: TokenRecord, before?: TokenRecord): void {
  const { id, hash, attachmentId, createdAt } = record;
  if (before && indexTime(before) !== indexTime(record)) {
    commit.delete(keys.tokenByExpiry(indexTime(before), id));
  }
  if (!before) {
    commit.set(keys.tokenByHash(hash), id).set(keys.tokenByAttachment(attachmentId, createdAt, id), true);
  }
  commit.set(keys.tokenByExpiry(indexTime(record), id), true).set(keys.token(id), record);
}

export function dropToken(commit: Commit, record: TokenRecord): void {
  const { id, hash, attachmentId, createdAt } = record;
  commit.delete(keys.token(id)).delete(keys.tokenByHash(hash)).delete(
    keys.tokenByExpiry(indexTime(record), id),
  )
    .delete(keys.tokenByAttachment(attachmentId, createdAt, id));
}

/** Begins a lease, in place of `before`, which is over. */
export function putLease(
  commit: Commit,
  of: { tokenId: string; client: string },
  { lease, before }: { lease: LeaseRecord; before: LeaseRecord | null },
): void {
  if (before) commit.delete(keys.tokenLeaseEnd(before.startedAt + LEASE_AT_MOST_MS, of));
  commit.set(keys.tokenLease(of), lease).set(
    keys.tokenLeaseEnd(lease.startedAt + LEASE_AT_MOST_MS, of),
    true,
  );
}
