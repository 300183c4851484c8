/**
 * Downloads by token that go on: a client's ranged, parallel and resumed requests are one use until 15 minutes
 * after their last byte. The record says that a lease began; when its last byte was sent is known here, and stored
 * once a minute, so that a download costs no commit for each piece.
 */
import type { Background } from "../background.ts";
import type { TokenRecord } from "../model.ts";
import { keys, type LeaseKey } from "../records/keys.ts";
import type { Records } from "../records/records.ts";
import { LEASE_AT_MOST_MS, type LeaseRecord } from "../records/tokens.ts";
import { linkRevoked } from "./refusals.ts";

export const LEASE_MS = 15 * 60_000;
/** The stored time of the last byte may be this much too early, so it is taken for that much later. */
const STORE_EVERY_MS = 60_000;
/** Those that are forgotten beyond are still known by their records. */
const MAX_KNOWN = 100_000;

/** One response that sends bytes. */
export interface LeasedDownload {
  /** Before each piece. Throws `link-revoked` when the token was taken back. */
  send(): void;
  /** After the last one, or when the client left. */
  end(): void;
}

export interface Leases {
  /** When requests of this client begin a new download (ms since 1970); 0 when there is none that goes on. */
  endOf(key: LeaseKey, stored: LeaseRecord | null): number;
  /** A response begins; it is to be registered before the token is looked at for the last time. */
  register(key: LeaseKey): LeasedDownload & { belongsTo(lease: LeaseRecord): void };
  /** Breaks off what this process sends by the token. */
  revoke(tokenId: string): void;
}

interface Known {
  startedAt: number;
  lastByteAt: number;
  storedAt: number;
  running: number;
}

export interface LeasesOptions {
  records: Records;
  background: Background;
  now: () => number;
}

export function newLeases({ records, background, now }: LeasesOptions): Leases {
  /** In the order in which they were last begun or ended, nearly that of their ends. */
  const known = new Map<string, Known>();
  /** Token -> its responses that send bytes. */
  const running = new Map<string, Set<{ revoked: boolean }>>();
  const nameOf = ({ tokenId, client }: LeaseKey) => `${tokenId} ${client}`;

  function revoke(tokenId: string): void {
    for (const download of running.get(tokenId) ?? []) download.revoked = true;
  }

  function remember(name: string, lease: Known): void {
    known.delete(name);
    known.set(name, lease);
    for (const [oldest, { running, lastByteAt }] of known) {
      if (running > 0) continue;
      if (known.size <= MAX_KNOWN && lastByteAt + LEASE_MS + STORE_EVERY_MS > now()) break;
      known.delete(oldest);
    }
  }

  /** Also learns here that another process took the token back. */
  async function store(key: LeaseKey, { startedAt, lastByteAt }: Known): Promise<void> {
    await records.transact(async (commit) => {
      const [token, lease] = await records.getMany<unknown>([keys.token(key.tokenId), keys.tokenLease(key)]);
      if ((token!.value as TokenRecord | null)?.revokedAt !== null) return revoke(key.tokenId);
      const stored = lease!.value as LeaseRecord | null;
      if (stored?.startedAt !== startedAt || stored.lastByteAt >= lastByteAt) return;
      commit.check(lease!).set(lease!.key, { ...stored, lastByteAt });
    });
  }

  return {
    endOf(key, stored) {
      if (!stored) return 0;
      const lease = known.get(nameOf(key));
      const isKnown = lease?.startedAt === stored.startedAt;
      const latest = stored.startedAt + LEASE_AT_MOST_MS;
      // The last byte is still to come.
      if (isKnown && lease.running > 0) return latest;
      const lastByteAt = isKnown ? lease.lastByteAt : stored.lastByteAt + STORE_EVERY_MS;
      return Math.min(latest, lastByteAt + LEASE_MS);
    },

    register(key) {
      const { tokenId } = key;
      const name = nameOf(key);
      const download = { revoked: false };
      let lease: Known | null = null;
      let over = false;
      if (!running.has(tokenId)) running.set(tokenId, new Set());
      running.get(tokenId)!.add(download);

      function sent() {
        if (!lease) return;
        lease.lastByteAt = Math.max(lease.lastByteAt, now());
        if (lease.lastByteAt - lease.storedAt < STORE_EVERY_MS) return;
        lease.storedAt = lease.lastByteAt;
        const stored = lease;
        background.run("lease of a link", () => store(key, stored));
      }

      return {
        belongsTo({ startedAt, lastByteAt }) {
          const before = known.get(name);
          lease = before?.startedAt === startedAt
            ? before
            : { startedAt, lastByteAt: now(), storedAt: lastByteAt, running: 0 };
          lease.running++;
          remember(name, lease);
        },
        send() {
          if (download.revoked) throw linkRevoked();
          sent();
        },
        end() {
          if (over) return;
          over = true;
          const others = running.get(tokenId)!;
          others.delete(download);
          if (others.size === 0) running.delete(tokenId);
          if (!lease) return;
          sent();
          lease.running--;
          remember(name, lease);
        },
      };
    },

    revoke,
  };
}
