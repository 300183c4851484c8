/** What runs of the jobs would remove now, found by the same rules that they go by. Nothing here changes anything. */
import { binnedRule, deletedRule, type DueRule, orphanRules } from "../attachments/retention.ts";
import { auditOverAt } from "../audit/purge.ts";
import type { SealRecord } from "../audit/seal.ts";
import { nextLook, receivedBytes } from "../cleanup.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord, TokenRecord, UploadRecord } from "../model.ts";
import type { ArchiveRecord } from "../records/archives.ts";
import { COMPAT_ORPHANS, orphanGroup, orphanSince } from "../records/attachments.ts";
import { keys } from "../records/keys.ts";
import { indexTime, KEEP_MS } from "../records/tokens.ts";
import { tokensOverAt } from "../tokens/expiry.ts";
import type { Candidate } from "./job.ts";

const PAGE = 100;
/** Entries of an index that are looked at, most of which are due. */
const MOST = 10_000;

export async function* expiredSessions(core: Core): AsyncGenerator<Candidate> {
  const now = core.now();
  const { expireHours, keepEndedDays } = core.config.sessions;
  for await (const { key } of entries(core, keys.uploadsByExpiry(), { latest: now })) {
    const { value: record } = await core.records.get<UploadRecord>(keys.upload(String(key.at(-1))));
    const next = record && await nextLook(core, record);
    if (!record || (next !== null && next > now)) continue;
    yield {
      kind: "upload",
      id: record.id,
      name: record.fileName,
      ...(next === null
        ? { reason: `It ended ${keepEndedDays} days ago or more.`, since: record.endedAt!, bytes: 0 }
        : {
          reason: `It has made no progress for ${expireHours} hours or more.`,
          since: next - expireHours * 3_600_000,
          bytes: await receivedBytes(core, record),
        }),
    };
  }
}

export async function* deletedAttachments(core: Core): AsyncGenerator<Candidate> {
  const { retentionDays } = core.config.jobs.softDeleted;
  for await (const record of dueAttachments(core, deletedRule(core))) {
    yield {
      ...attachmentCandidate(record),
      reason: `It was deleted ${retentionDays} days ago or more, and will be hidden from its owner.`,
      since: record.deletedAt!,
    };
  }
}

export async function* binnedAttachments(core: Core): AsyncGenerator<Candidate> {
  const { retentionDays } = core.config.jobs.recycleBin;
  for await (const record of dueAttachments(core, binnedRule(core))) {
    const { value: blob } = await core.records.get<BlobRecord>(keys.blob(record.blobId));
    yield {
      ...attachmentCandidate(record),
      reason: `It was hidden from its owner ${retentionDays} days ago or more, and will be gone for good.`,
      since: record.binnedAt!,
      bytes: blob?.refs === 1 ? record.size : 0,
    };
  }
}

export async function* orphans(core: Core): AsyncGenerator<Candidate> {
  for (const rule of await orphanRules(core)) {
    for await (const record of dueAttachments(core, rule)) {
      yield {
        ...attachmentCandidate(record),
        reason: orphanGroup(record) === COMPAT_ORPHANS
          ? "It came from an old client and belongs to nothing; it will be deleted."
          : `It belongs to nothing, but files of the type ${record.businessType} must; it will be deleted.`,
        since: orphanSince(record)!,
      };
    }
  }
}

export async function* expiredTokens(core: Core): AsyncGenerator<Candidate> {
  const { records, now } = core;
  const { retentionDays } = core.config.jobs.expiredTokens;
  for await (const { key } of entries(core, keys.tokenLeaseEnds(), { latest: now() })) {
    const [time, tokenId] = key.slice(1) as [number, string];
    yield {
      kind: "link download",
      id: tokenId,
      name: null,
      reason: "A download by a link that began a day ago or more.",
      since: time,
      bytes: null,
    };
  }
  for await (const { key } of entries(core, keys.tokensByExpiry(), { latest: tokensOverAt(core) })) {
    const [time, id] = key.slice(1) as [number, string];
    const { value } = await records.get<TokenRecord>(keys.token(id));
    if (!value || indexTime(value) !== time) continue;
    const reason = `The link ended ${retentionDays} days ago or more.`;
    yield { ...tokenCandidate(id), reason, since: time - KEEP_MS };
  }
  for await (const { key } of entries(core, keys.tokenLeftovers(), {})) {
    for await (const token of entries(core, keys.tokensByAttachment(String(key.at(-1))), {})) {
      const [createdAt, id] = token.key.slice(2) as [number, string];
      yield { ...tokenCandidate(id), reason: "The link's file is gone for good.", since: createdAt };
    }
  }
}

export async function* expiredArchives(core: Core): AsyncGenerator<Candidate> {
  for await (const { key } of entries(core, keys.archivesByExpiry(), { latest: core.now() })) {
    const { value } = await core.records.get<ArchiveRecord>(keys.archive(String(key.at(-1))));
    if (!value) continue;
    const { id, fileName, expiresAt } = value;
    const reason = "The list of what is in the archive is over; the files themselves stay.";
    yield { kind: "archive", id, name: fileName, reason, since: expiresAt, bytes: null };
  }
}

export async function* oldAuditEntries(core: Core): AsyncGenerator<Candidate> {
  const latest = auditOverAt(core);
  for await (const { value } of entries<SealRecord>(core, keys.auditSeals(), {})) {
    if (value.at > latest) return;
    yield {
      kind: "audit entries",
      id: String(value.n),
      name: null,
      reason: `${value.entries.length} entries that are older than ${core.config.audit.keepDays} days.`,
      since: value.at,
      bytes: null,
    };
  }
}

async function* dueAttachments(core: Core, rule: DueRule): AsyncGenerator<AttachmentRecord> {
  for await (const { key } of entries(core, rule.prefix, { latest: rule.latest })) {
    const { value } = await core.records.get<AttachmentRecord>(keys.attachment(String(key.at(-1))));
    if (value && rule.isDue(value)) yield value;
  }
}

const attachmentCandidate = ({ id, fileName }: AttachmentRecord) =>
  ({ kind: "attachment", id, name: fileName, bytes: 0 }) as const;

const tokenCandidate = (id: string) => ({ kind: "token", id, name: null, bytes: null }) as const;

/** Entries below `prefix`; with `latest` those whose time is not after it. */
async function* entries<T>(
  { records }: Core,
  prefix: Deno.KvKey,
  { latest }: { latest?: number },
): AsyncGenerator<Deno.KvEntry<T>> {
  const before = latest === undefined ? {} : { before: [...prefix, latest + 1] };
  let after: Deno.KvKey | undefined;
  for (let looked = 0; looked < MOST; looked += PAGE) {
    const page: Deno.KvEntry<T>[] = await records.page<T>(prefix, {
      limit: PAGE,
      ...before,
      ...(after && { after }),
    });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}
