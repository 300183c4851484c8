/**
 * Counts downloads, not requests: ranges, resumed and parallel requests of one client are one download until
 * 15 minutes after its last byte. Counted in memory and stored in batches: a crash may lose the last few.
 */
import { createHash } from "node:crypto";
import type { Records } from "../records/records.ts";
import { keys } from "../records/keys.ts";

const LEASE_MS = 15 * 60_000;
const MAX_LEASES = 100_000;

export interface DownloadCounts {
  /** A response of `attachmentId` begins to send bytes to `client` (address, user agent and user in one string). */
  begin(attachmentId: string, client: string): void;
  /** It has sent its last byte. */
  end(attachmentId: string, client: string): void;
  /** One more, whose requests are told together elsewhere. */
  add(attachmentId: string): void;
  /** Downloads of each, stored and not yet stored. */
  of(attachmentIds: string[]): Promise<number[]>;
  /** Stores what is not stored yet. */
  flush(): Promise<void>;
}

export function newDownloadCounts(records: Records, now: () => number): DownloadCounts {
  /** By `leaseOf` -> when it ends; in the order of their ends, nearly. */
  const leases = new Map<string, number>();
  const pending = new Map<string, number>();

  const add = (attachmentId: string) => void pending.set(attachmentId, (pending.get(attachmentId) ?? 0) + 1);

  function hold(lease: string) {
    leases.delete(lease);
    leases.set(lease, now() + LEASE_MS);
    for (const [oldest, until] of leases) {
      if (leases.size <= MAX_LEASES && until > now()) break;
      leases.delete(oldest);
    }
  }

  return {
    begin(attachmentId, client) {
      const lease = leaseOf(attachmentId, client);
      if ((leases.get(lease) ?? 0) <= now()) add(attachmentId);
      hold(lease);
    },
    end: (attachmentId, client) => hold(leaseOf(attachmentId, client)),
    add,

    async of(attachmentIds) {
      const stored = await records.getMany<number>(attachmentIds.map((id) => keys.downloadCount(id)));
      return stored.map(({ value }, index) => (value ?? 0) + (pending.get(attachmentIds[index]!) ?? 0));
    },

    async flush() {
      for (const [id, count] of [...pending]) {
        pending.delete(id);
        await records.transact(async (commit) => {
          const [attachment, before] = await records.getMany<unknown>([
            keys.attachment(id),
            keys.downloadCount(id),
          ]);
          if (attachment!.value === null) return;
          commit.check(attachment!, before!).set(before!.key, (before!.value as number | null ?? 0) + count);
        }).catch((error) => {
          pending.set(id, (pending.get(id) ?? 0) + count);
          throw error;
        });
      }
    },
  };
}

/** Of one length, because clients write their user agent as long as they like. */
function leaseOf(attachmentId: string, client: string): string {
  return createHash("sha256").update(`${attachmentId} ${client}`).digest("base64url");
}
