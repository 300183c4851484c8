/** What must hold of the records of links, counted anew from everything stored. No request may run meanwhile. */
import assert from "node:assert/strict";
import type { TokenRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import { indexTime, LEASE_AT_MOST_MS, type LeaseRecord } from "../../services/records/tokens.ts";
import type { TestApp } from "./app.ts";

const text = (key: Deno.KvKey) => key.map((part) => `${typeof part}:${String(part)}`).join(" ");
const sorted = (found: Deno.KvKey[]) => found.map(text).sort();

export interface TokenState {
  tokens: TokenRecord[];
  leases: { key: Deno.KvKey; value: LeaseRecord }[];
}

/** Fails with indexes that lead nowhere or are missing, and with wrong counts. */
export async function assertTokens(app: TestApp): Promise<TokenState> {
  const { core } = app.services;
  await core.background.settled();
  const all = async <T>(prefix: string) =>
    (await core.records.page<T>([prefix], { limit: 100_000 })).map(({ key, value }) => ({ key, value }));
  const tokens = (await all<TokenRecord>("token")).map(({ value }) => value);
  const leases = await all<LeaseRecord>("token_lease");
  const keysOf = async (prefix: string) => sorted((await all(prefix)).map(({ key }) => key));
  const expected = (keyOf: (token: TokenRecord) => Deno.KvKey) => sorted(tokens.map(keyOf));

  assert.deepEqual(await keysOf("token_by_hash"), expected(({ hash }) => keys.tokenByHash(hash)));
  assert.deepEqual(
    await keysOf("token_by_attachment"),
    expected(({ attachmentId, createdAt, id }) => keys.tokenByAttachment(attachmentId, createdAt, id)),
  );
  assert.deepEqual(
    await keysOf("token_by_expiry"),
    expected((token) => keys.tokenByExpiry(indexTime(token), token.id)),
  );
  const counts = Object.fromEntries(
    (await all<number>("token_count")).map(({ key, value }) => [String(key[1]), value]),
  );
  const counted = Object.fromEntries(
    [...Map.groupBy(tokens, ({ attachmentId }) => attachmentId)].map(([id, of]) => [id, of.length]),
  );
  assert.deepEqual(counts, counted, "counts of tokens");
  assert.deepEqual(
    await keysOf("token_lease_end"),
    sorted(leases.map(({ key, value }) =>
      keys.tokenLeaseEnd(value.startedAt + LEASE_AT_MOST_MS, {
        tokenId: key[1] as string,
        client: key[2] as string,
      })
    )),
  );
  for (const token of tokens) {
    assert.ok(token.maxUses === 0 || token.uses <= token.maxUses, `${token.uses} of ${token.maxUses} uses`);
    assert.equal(token.lastUsedAt === null, token.uses === 0);
  }
  return { tokens, leases };
}
