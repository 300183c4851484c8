/** What nothing stands behind: bytes without a record, marks of uploads, shares of limits. */
import type { UploadRecord } from "../model.ts";
import { keptOf } from "../limits/shares.ts";
import { keys } from "../records/keys.ts";
import type { ShareRecord } from "../records/limits.ts";
import { type Finding, keyText } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";

/** Looked up at once. */
const BATCH = 200;

export async function* checkStrayBytes(check: Check): AsyncGenerator<Step> {
  let ids: string[] = [];
  for await (const id of check.core.blobs.stored()) {
    ids.push(id);
    if (ids.length < BATCH) continue;
    yield* strayBytes(check, ids);
    ids = [];
  }
  yield* strayBytes(check, ids);
  for (const { name, modifiedAt } of await check.core.blobs.strayMarks()) {
    if (isYoung(check, modifiedAt)) continue;
    yield {
      kind: "stray-mark",
      subject: name,
      text: `The mark ${name} stands for an upload that nobody knows.`,
      repair: { attempt: () => Promise.resolve(true), after: () => check.core.blobs.removeMark(name) },
    };
  }
}

const isYoung = ({ core, graceMs }: Check, modifiedAt: number) => modifiedAt > core.now() - graceMs;

async function* strayBytes(check: Check, ids: string[]): AsyncGenerator<Step> {
  const blobs = await check.core.records.getMany(ids.map((id) => keys.blob(id)));
  for (const [at, id] of ids.entries()) {
    if (blobs[at]!.versionstamp === null && !check.told.has(id)) yield await withoutRecord(check, id);
  }
  check.count(ids.length);
  yield null;
}

async function withoutRecord(check: Check, id: string): Promise<Finding | null> {
  const { records, blobs } = check.core;
  const found = await blobs.stat(id);
  return await confirmed({
    kind: "stray-bytes",
    subject: id,
    text: `There is no record of ${found?.size ?? 0} bytes that lie under the id ${id}.`,
    repair: {
      async attempt(commit) {
        const stat = await blobs.stat(id);
        // Whoever will record it has announced it, and settles that only afterwards.
        if (stat === null || isYoung(check, stat.modifiedAt) || blobs.isBegun(id)) return false;
        const blob = await records.get(keys.blob(id));
        // What others are made of stays until that is settled.
        const [user] = await records.page(keys.blobUsers(id), { limit: 1 });
        if (blob.versionstamp !== null || user) return false;
        commit.check(blob);
        return true;
      },
      after: () => blobs.remove(id),
    },
  });
}

export async function* checkShares(check: Check): AsyncGenerator<Step> {
  const { records, limits } = check.core;
  for await (const page of pagesOf<ShareRecord>(check.core, keys.limitsShares())) {
    const uploads = await records.getMany<UploadRecord>(page.map(({ key }) => keys.upload(String(key[2]))));
    for (const [at, { key, value }] of page.entries()) {
      if (!limits.isLeftBehind(value, uploads[at]!.value)) continue;
      const [ownerId, id] = [String(key[1]), String(key[2])];
      yield await confirmed({
        kind: "leftover",
        subject: keyText(key),
        text: `The upload ${id} of ${ownerId} is still counted, but it has ended.`,
        repair: {
          async attempt(commit) {
            const [share, upload] = await records.getMany<unknown>([key, keys.upload(id)]) as [
              Deno.KvEntryMaybe<ShareRecord>,
              Deno.KvEntryMaybe<UploadRecord>,
            ];
            if (share.value === null || !limits.isLeftBehind(share.value, upload.value)) return false;
            commit.check(share, upload);
            return true;
          },
          after: () => limits.settle(ownerId, [{ id, keeps: keptOf(uploads[at]!.value) }]),
        },
      });
    }
    check.count(page.length);
    yield null;
  }
}
