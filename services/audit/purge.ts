/** The end of an entry's time: the oldest seals go with their entries; the chain then begins behind them. */
import type { Core } from "../core.ts";
import { keys } from "../records/keys.ts";
import type { AuditRecord } from "./entry.ts";
import type { SealRecord } from "./seal.ts";
import type { AuditBase } from "./verify.ts";

const DAY = 86_400_000;

/** Seals up to this time (inclusive) go. */
export const auditOverAt = ({ config, now }: Core): number => now() - config.audit.keepDays * DAY;

/** Removes the oldest seal when its time is over. */
export async function purgeAudit(core: Core): Promise<{ removed: number; more: boolean }> {
  const { records } = core;
  return await records.transact(async (commit) => {
    const base = await records.get<AuditBase>(keys.auditBase());
    const [oldest] = await records.page<SealRecord>(keys.auditSeals(), { limit: 1 });
    if (!oldest || oldest.value.at > auditOverAt(core)) return { removed: 0, more: false };
    const { n, hash, entries } = oldest.value;
    const found = await records.getMany<AuditRecord>(entries.map(({ id }) => keys.audit(id)));
    commit.check(base, oldest).delete(oldest.key).set(base.key, { n, hash } satisfies AuditBase);
    for (const { key, value } of found) {
      commit.delete(key);
      if (value) commit.delete(keys.auditByTarget(value.target, value.id));
    }
    return { removed: entries.length, more: true };
  });
}
