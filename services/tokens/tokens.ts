/** Temporary access tokens: make, list and take back links to one attachment. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { isSubject } from "../access/claims.ts";
import { actorOf } from "../audit/entry.ts";
import { findAttachment, inBin } from "../attachments/attachments.ts";
import type { Core } from "../core.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import { newUploadId, UPLOAD_ID } from "../ids.ts";
import type { Caller, TokenRecord } from "../model.ts";
import { parseNetwork, showNetwork } from "../network.ts";
import { permitted, refusal } from "../policy.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { putToken } from "../records/tokens.ts";
import type { ListPage } from "../uploads/sessions.ts";
import type { Leases } from "./leases.ts";
import { tooManyTokens } from "./refusals.ts";

const HOUR = 3_600_000;
const TOKEN_BYTES = 32;
const PREVIEW_LENGTH = 6;
/** Of one attachment, ended ones that are still listed included. */
export const MAX_TOKENS = 1000;

/** What a link may do; absent members have the configured values. */
export interface TokenRequest {
  /** More than 0, fractions allowed. */
  validHours?: number | undefined;
  /** Downloads; 0: any number. */
  maxUses?: number | undefined;
  authorizedUserId?: string | undefined;
  /** An address or a CIDR block. */
  authorizedIp?: string | undefined;
}

export interface NewToken {
  record: TokenRecord;
  /** The secret itself: told once, never stored. */
  token: string;
}

/** What a token is looked up by. */
export const hashOf = (token: string): string => createHash("sha256").update(token).digest("base64url");

export async function createToken(
  core: Core,
  caller: Caller,
  { attachmentId, request }: { attachmentId: string; request: TokenRequest },
): Promise<NewToken> {
  const token = Buffer.from(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))).toString("base64url");
  const limits = checked(core, request);
  const id = newUploadId();
  const record = await core.records.transact(async (commit) => {
    const attachment = await findAttachment(core, caller, { id: attachmentId, action: "attachment.share" });
    if (attachment.value.deletedAt !== null) throw inBin("shared");
    const [mine, count] = await core.records.getMany<unknown>([
      keys.token(id),
      keys.tokenCount(attachmentId),
    ]);
    if (mine!.value !== null) return mine!.value as TokenRecord; // The answer to our own commit was lost.
    const tokens = (count!.value as number | null) ?? 0;
    if (tokens >= MAX_TOKENS) throw tooManyTokens(MAX_TOKENS);
    const now = core.now();
    const record: TokenRecord = {
      id,
      hash: hashOf(token),
      preview: token.slice(0, PREVIEW_LENGTH),
      attachmentId,
      ownerId: attachment.value.ownerId,
      maxUses: limits.maxUses,
      uses: 0,
      authorizedUserId: limits.authorizedUserId,
      authorizedIp: limits.authorizedIp,
      expiresAt: now + Math.round(limits.validHours * HOUR),
      revokedAt: null,
      lastUsedAt: null,
      createdBy: caller.id,
      createdAt: now,
    };
    commit.check(attachment, mine!, count!).set(count!.key, tokens + 1);
    putToken(commit, record);
    core.audit.add(commit, {
      actor: actorOf(caller),
      action: "token.create",
      target: { kind: "token", id },
      detail: { attachmentId, ...limits },
    });
    return record;
  });
  return { record, token };
}

/** Throws `invalid-request` with what is wrong. */
function checked({ config }: Core, { validHours, maxUses, authorizedUserId, authorizedIp }: TokenRequest) {
  const { tokens } = config;
  const hours = validHours ?? Math.min(tokens.validHours, tokens.maxValidHours);
  if (!(hours > 0 && hours <= tokens.maxValidHours)) {
    throw new Problem(
      "invalid-request",
      `validHours must be more than 0 and at most ${tokens.maxValidHours}.`,
    );
  }
  if (authorizedUserId !== undefined && !isSubject(authorizedUserId)) {
    throw new Problem(
      "invalid-request",
      "authorizedUserId must be the id of a user: 1 to 128 letters, digits or characters of . _ @ : + | -",
    );
  }
  const network = authorizedIp === undefined ? null : parseNetwork(authorizedIp);
  if (authorizedIp !== undefined && !network) {
    throw new Problem(
      "invalid-request",
      "authorizedIp must be an IP address such as 192.0.2.7, or a block of them such as 192.0.2.0/24 or 2001:db8::/64.",
    );
  }
  return {
    validHours: hours,
    maxUses: maxUses ?? tokens.maxUses,
    authorizedUserId: authorizedUserId ?? null,
    authorizedIp: network && showNetwork(network),
  };
}

/** The attachment's tokens, newest first, also those that ended lately. */
export async function listTokens(
  core: Core,
  caller: Caller,
  { attachmentId, limit, cursor }: { attachmentId: string; limit: number; cursor?: string | undefined },
): Promise<ListPage<TokenRecord>> {
  await findAttachment(core, caller, { id: attachmentId, action: "attachment.share" });
  const prefix = keys.tokensByAttachment(attachmentId);
  const before = cursor === undefined ? undefined : decodeCursor(cursor, ["number", "string"]);
  const page = await core.records.page(prefix, {
    limit,
    reverse: true,
    ...(before && { before: [...prefix, ...before] }),
  });
  const entries = await core.records.getMany<TokenRecord>(
    page.map(({ key }) => keys.token(key.at(-1) as string)),
  );
  return {
    items: entries.map(({ value }) => value).filter((record) => record !== null),
    cursor: page.length < limit ? null : encodeCursor(page.at(-1)!.key.slice(prefix.length)),
  };
}

/** From then on nobody is let in; downloads that run break off. Again is no error. */
export async function revokeToken(
  core: Core,
  caller: Caller,
  { id, leases }: { id: string; leases: Pick<Leases, "revoke"> },
): Promise<TokenRecord> {
  if (!UPLOAD_ID.test(id)) throw refusal(caller);
  const revoked = await core.records.transact(async (commit) => {
    const entry = await core.records.get<TokenRecord>(keys.token(id));
    const record = permitted(caller, "token.revoke", entry.value);
    if (record.revokedAt !== null) return record;
    const after = { ...record, revokedAt: core.now() };
    commit.check(entry);
    putToken(commit, after, record);
    core.audit.add(commit, {
      actor: actorOf(caller),
      action: "token.revoke",
      target: { kind: "token", id },
      detail: { attachmentId: record.attachmentId },
    });
    return after;
  });
  leases.revoke(id);
  return revoked;
}

/** The id of the token that this is, or `text` itself when it is none: perhaps it is an id. */
export async function tokenIdOf({ records }: Core, text: string): Promise<string> {
  return (await records.get<string>(keys.tokenByHash(hashOf(text)))).value ?? text;
}

export type TokenStatus = "active" | "exhausted" | "expired" | "revoked";

/** What a token is good for now; running downloads go on within their lease when it is exhausted or expired. */
export function tokenStatus(record: TokenRecord, now: number): TokenStatus {
  if (record.revokedAt !== null) return "revoked";
  if (now >= record.expiresAt) return "expired";
  return isUsedUp(record) ? "exhausted" : "active";
}

export const isUsedUp = ({ maxUses, uses }: TokenRecord): boolean => maxUses > 0 && uses >= maxUses;
