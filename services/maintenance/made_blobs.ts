/** Blobs that are made of bytes of others: both sides must know of it, or the bytes go too early or never. */
import type { BlobRecord } from "../model.ts";
import { newBlob, release } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { type Finding, keyText } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step, tell } from "./looking.ts";

const MINUTE = 60_000;

/** What a made blob needs of its parts; not of one that waits for its parts, or that gives them back. */
export async function* checkParts(check: Check, entry: Deno.KvEntry<BlobRecord>): AsyncGenerator<Step> {
  const { records } = check.core;
  const { id, state, parts = [] } = entry.value;
  if (state === "condemned" || state === "deleting") return;
  for (const part of parts) {
    const [use, blob] = await records.getMany<unknown>([keys.blobUser(part, id), keys.blob(part)]);
    if (blob!.versionstamp === null && !check.told.has(part)) yield await lostPart(check, entry, part);
    if (use!.versionstamp === null) yield await missingUse(check, entry, part);
  }
}

/** The bytes may be there all the same, and then nothing may take them for stray ones. */
async function lostPart(
  check: Check,
  { key, value: made, versionstamp }: Deno.KvEntry<BlobRecord>,
  part: string,
): Promise<Finding | null> {
  const { records } = check.core;
  tell(check, part);
  const ends = made.segments.filter(({ file }) => file === part).map(({ offset, length }) => offset + length);
  const size = Math.max(0, ...ends);
  return await confirmed({
    kind: "missing-blob",
    subject: part,
    text: `The blob ${made.id} is made of bytes of the blob ${part}, of which there is no record.`,
    repair: {
      async attempt(commit) {
        const [now, blob] = await records.getMany<BlobRecord>([key, keys.blob(part)]);
        if (now!.versionstamp !== versionstamp || blob!.versionstamp !== null) return false;
        const segments = size === 0 ? [] : [{ file: part, offset: 0, length: size }];
        commit.check(now!, blob!).set(blob!.key, {
          ...newBlob(part),
          segments,
          size,
          refs: 1,
          state: "live",
        });
        return true;
      },
    },
  });
}

async function missingUse(
  { core: { records } }: Check,
  { key, value: made, versionstamp }: Deno.KvEntry<BlobRecord>,
  part: string,
): Promise<Finding | null> {
  return await confirmed({
    kind: "missing-entry",
    subject: keyText(keys.blobUser(part, made.id)),
    text: `The blob ${part} does not know that the blob ${made.id} is made of its bytes.`,
    repair: {
      async attempt(commit) {
        const [now, use, blob] = await records.getMany<unknown>([
          key,
          keys.blobUser(part, made.id),
          keys.blob(part),
        ]);
        if (now!.versionstamp !== versionstamp || use!.versionstamp !== null) return false;
        if ((blob!.value as BlobRecord | null)?.state === "deleting") return false;
        // For which upload that was, nobody knows any more; its reference is counted later in the check.
        commit.check(now!, use!, blob!).set(use!.key, "");
        return true;
      },
    },
  });
}

/** Each note that somebody uses a part. */
export async function* checkUsers(check: Check): AsyncGenerator<Step> {
  const { records, now, config } = check.core;
  const isUsed = (user: BlobRecord | null, part: string) => user?.parts?.includes(part) ?? false;
  for await (const page of pagesOf<string>(check.core, keys.blobUsersAll())) {
    const users = await records.getMany<BlobRecord>(page.map(({ key }) => keys.blob(String(key[2]))));
    for (const [at, { key }] of page.entries()) {
      const [part, user] = [String(key[1]), String(key[2])];
      if (isUsed(users[at]!.value, part)) continue;
      yield await confirmed({
        kind: "leftover",
        subject: keyText(key),
        text: `The blob ${part} is kept for the blob ${user}, which is gone.`,
        repair: {
          async attempt(commit) {
            const [use, made, blob] = await records.getMany<unknown>([
              key,
              keys.blob(user),
              keys.blob(part),
            ]) as [
              Deno.KvEntryMaybe<string>,
              Deno.KvEntryMaybe<BlobRecord>,
              Deno.KvEntryMaybe<BlobRecord>,
            ];
            if (use.versionstamp === null || isUsed(made.value, part)) return false;
            commit.check(use, made).delete(key);
            if (blob.value && blob.value.state !== "deleting") {
              release(commit, blob, now() + config.blobs.graceMinutes * MINUTE);
            } else commit.check(blob);
            return true;
          },
        },
      });
    }
    check.count(page.length);
    yield null;
  }
}
