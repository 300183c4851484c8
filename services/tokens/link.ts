/** Downloading by a token. A use is a download, not a request: who begins one has it until its lease is over. */
import { createHmac } from "node:crypto";
import { actorOf, type Target } from "../audit/entry.ts";
import { openContent } from "../attachments/content.ts";
import type { BlobReader } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { AttachmentRecord, Caller, RequestOrigin, TokenRecord } from "../model.ts";
import { hostNetwork, inNetwork, parseNetwork } from "../network.ts";
import { keys, type LeaseKey } from "../records/keys.ts";
import { type LeaseRecord, putLease, putToken } from "../records/tokens.ts";
import type { LeasedDownload, Leases } from "./leases.ts";
import * as refused from "./refusals.ts";
import { hashOf, isUsedUp } from "./tokens.ts";

/** 256 bits in base64url. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Who comes with a link. */
export interface Visitor {
  from: RequestOrigin;
  userAgent: string;
  caller: Caller | null;
}

export interface Link {
  token: TokenRecord;
  attachment: AttachmentRecord;
  /** A download of this client goes on: nothing more is used up. */
  goesOn: boolean;
  /**
   * Opens the bytes, the attachment's or those that `read` opens of it, which begins a download when none of this client
   * goes on. The caller ends it. Throws `blob-missing`, and whatever refuses the link by now; nothing is used up then.
   */
  open(read?: () => Promise<BlobReader>): Promise<OpenedLink>;
}

export interface OpenedLink extends LeasedDownload {
  reader: BlobReader;
  /** It is a new download, not part of one that goes on. */
  isNew: boolean;
}

interface Found {
  token: Deno.KvEntry<TokenRecord>;
  attachment: Deno.KvEntry<AttachmentRecord>;
  lease: Deno.KvEntryMaybe<LeaseRecord>;
}

interface Look extends Found {
  /** Within a lease. */
  goesOn: boolean;
}

/** What the link leads to, when `visitor` may have it. Begins nothing. Throws `not-found` or one of the `link-` codes. */
export async function findLink(
  core: Core,
  leases: Leases,
  { secret, visitor }: { secret: string; visitor: Visitor },
): Promise<Link> {
  if (!TOKEN.test(secret)) throw refused.linkUnknown();
  const { value: tokenId } = await core.records.get<string>(keys.tokenByHash(hashOf(secret)));
  if (tokenId === null) throw refused.linkUnknown();
  const key: LeaseKey = { tokenId, client: clientOf(secret, visitor) };

  /** Refuses unless the visitor may have bytes now: within a lease, or by a use that is left. */
  async function look(): Promise<Look> {
    const found = await read(core, key);
    const about = { kind: "token", id: tokenId! } as const;
    requireOpenTo(found, visitor, about);
    const goesOn = core.now() < leases.endOf(key, found.lease.value);
    if (!goesOn && core.now() >= found.token.value.expiresAt) throw refused.linkExpired(about);
    if (!goesOn && isUsedUp(found.token.value)) throw refused.linkUsedUp(about);
    return { ...found, goesOn };
  }

  const { token: { value: token }, attachment: { value: attachment }, goesOn } = await look();
  return {
    token,
    attachment,
    goesOn,
    async open(read = () => openContent(core, attachment)) {
      const reader = await read();
      const download = leases.register(key);
      try {
        const { lease, isNew } = await enter(core, { key, look, visitor });
        download.belongsTo(lease);
        return { reader, isNew, send: download.send, end: download.end };
      } catch (error) {
        download.end();
        reader.close();
        throw error;
      }
    },
  };
}

/** Finds the lease, or begins one: the only place where a use is counted. */
async function enter(
  core: Core,
  { key, look, visitor }: { key: LeaseKey; look: () => Promise<Look>; visitor: Visitor },
): Promise<{ lease: LeaseRecord; isNew: boolean }> {
  const opening = crypto.randomUUID();
  return await core.inTurn(`token ${key.tokenId}`, () =>
    core.records.transact(async (commit) => {
      const { token, attachment, lease: before, goesOn } = await look();
      if (goesOn) return { lease: before.value!, isNew: before.value!.opening === opening };
      const now = core.now();
      const lease: LeaseRecord = { startedAt: now, lastByteAt: now, opening };
      commit.check(token, attachment, before);
      putToken(commit, { ...token.value, uses: token.value.uses + 1, lastUsedAt: now }, token.value);
      putLease(commit, key, { lease, before: before.value });
      core.audit.add(commit, {
        actor: actorOf(visitor.caller, visitor.from),
        action: "token.use",
        target: { kind: "token", id: key.tokenId },
        detail: {
          attachmentId: attachment.value.id,
          use: token.value.uses + 1,
          maxUses: token.value.maxUses,
        },
      });
      return { lease, isNew: true };
    }));
}

async function read({ records }: Core, key: LeaseKey): Promise<Found> {
  const [token, lease] = await records.getMany<unknown>([keys.token(key.tokenId), keys.tokenLease(key)]);
  if (token!.value === null) throw refused.linkUnknown();
  const { attachmentId } = token!.value as TokenRecord;
  const attachment = await records.get<AttachmentRecord>(keys.attachment(attachmentId));
  if (attachment.value === null) throw refused.linkUnknown();
  return { token, attachment, lease } as Found;
}

/** Whom the link lets in at all, whatever is left of it. */
function requireOpenTo({ token, attachment }: Found, { from, caller }: Visitor, about: Target): void {
  const { revokedAt, authorizedIp, authorizedUserId } = token.value;
  if (revokedAt !== null) throw refused.linkRevoked(about);
  if (attachment.value.deletedAt !== null) throw refused.linkFileDeleted(about);
  if (authorizedIp !== null && !inNetwork(from.address, parseNetwork(authorizedIp)!)) {
    throw refused.linkWrongAddress(about);
  }
  if (authorizedUserId !== null && caller?.id !== authorizedUserId) throw refused.linkWrongUser(about);
}

/**
 * Who downloads: host, program and signed-in person. The token is the key, which is stored nowhere, so that
 * nobody finds out from the records by trying who came.
 */
function clientOf(secret: string, { from, userAgent, caller }: Visitor): string {
  const who = JSON.stringify([hostNetwork(from.address), userAgent, caller?.id ?? null]);
  return createHmac("sha256", secret).update(who).digest("base64url");
}
