/** What is counted: references to blobs, who writes into them, when uploads are looked at, links of a file. */
import type { AttachmentRecord, BlobRecord, UploadRecord } from "../model.ts";
import { discard } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import type { VariantRecord } from "../records/variants.ts";
import { removeOwnBlob } from "../uploads/end.ts";
import { type Counted, isUnchanged } from "./counts.ts";
import { type Finding, keyText } from "./finding.ts";
import { type Check, confirmed, firstKeys, pagesOf, type Step } from "./looking.ts";

const MINUTE = 60_000;

/** `refs` of blobs: attachments, variants, and blobs that are made of them. */
export const REFERENCES: Counted = {
  prefix: keys.blobs(),
  idOf: ({ value }) => value.id,
  // What goes is given back one by one, and bytes of parts that were given up go at once.
  expected: ({ value }: Deno.KvEntry<BlobRecord>) => value.state === "deleting" ? null : value.refs,
  by: [
    { prefix: keys.attachments(), refersTo: ({ value }: Deno.KvEntry<AttachmentRecord>) => value.blobId },
    {
      prefix: keys.variantsAll(),
      refersTo: ({ value }: Deno.KvEntry<VariantRecord>) => "failure" in value ? null : value.blobId,
    },
    { prefix: keys.blobUsersAll(), refersTo: ({ key }) => String(key[1]) },
  ],
  judge({ core }, entry: Deno.KvEntry<BlobRecord>, count) {
    const { id, refs, state } = entry.value;
    const inUse = state === "live" || state === "damaged";
    const isRight = refs === count && (state === "uploading" || inUse === (count > 0));
    if (isRight) return null;
    return {
      kind: "wrong-count",
      subject: id,
      text: `The blob ${id} is ${state} with ${refs} references; it has ${count}.`,
      repair: {
        async attempt(commit) {
          if (!await isUnchanged(core, commit, entry)) return false;
          const blob = { ...entry.value, refs: count };
          if (count === 0 && inUse) {
            const sweepAt = core.now() + core.config.blobs.graceMinutes * MINUTE;
            discard(commit, blob, { state: "condemned", sweepAt });
          } else if (count > 0 && state === "condemned") {
            if (blob.sweepAt !== null) commit.delete(keys.blobSweep(blob.sweepAt, id));
            commit.set(entry.key, { ...blob, state: "live", sweepAt: null } satisfies BlobRecord);
          } else commit.set(entry.key, blob);
          return true;
        },
      },
    };
  },
};

/** Each blob that is being written has one open upload. */
export const WRITERS: Counted = {
  prefix: keys.blobs(),
  idOf: ({ value }) => value.id,
  expected: ({ value }: Deno.KvEntry<BlobRecord>) => value.state === "uploading" ? 1 : null,
  by: [{
    prefix: keys.uploads(),
    refersTo: ({ value }: Deno.KvEntry<UploadRecord>) => value.status === "uploading" ? value.blobId : null,
  }],
  judge({ core }, entry: Deno.KvEntry<BlobRecord>, count) {
    const { id, refs } = entry.value;
    if (count === 1) return null;
    const isMendable = count === 0 && refs === 0;
    const why = count > 1
      ? `${count} open uploads write into it`
      : refs > 0
      ? "others are made of its bytes"
      : "";
    return {
      kind: count === 0 ? "abandoned-bytes" : "wrong-state",
      subject: id,
      text: `The blob ${id} is being written, but not by one open upload${why && `; ${why}`}.`,
      repair: {
        async attempt(commit) {
          if (!await isUnchanged(core, commit, entry)) return false;
          discard(commit, entry.value, { state: "deleting", sweepAt: core.now() });
          return true;
        },
        after: () => removeOwnBlob(core, id),
        looksOnly: !isMendable,
      },
    };
  },
};

/** Each upload has a time at which the expiry looks at it. One that is moved meanwhile is seen twice. */
export const LOOKS: Counted = {
  prefix: keys.uploads(),
  idOf: ({ value }) => value.id,
  expected: () => 1,
  by: [{ prefix: keys.uploadsByExpiry(), refersTo: ({ key }) => String(key[2]) }],
  judge({ core }, entry: Deno.KvEntry<UploadRecord>, count) {
    const { id } = entry.value;
    if (count > 0) return null;
    return {
      kind: "missing-entry",
      subject: id,
      text: `The upload ${id} would never expire or be forgotten: it is missing in upload_by_expiry.`,
      repair: {
        async attempt(commit) {
          if (!await isUnchanged(core, commit, entry)) return false;
          commit.set(keys.uploadByExpiry(core.now(), id), true);
          return true;
        },
      },
    };
  },
};

const MOST_TOKENS = 10_000;

/** The number of each file's links; and links of files that are gone. */
export async function* checkTokenCounts(check: Check): AsyncGenerator<Step> {
  const { core } = check;
  let looked = 0;
  for await (const { key } of firstKeys(core, keys.tokensByAttachments())) {
    yield await tokenCount(check, String(key[1]));
    check.count(1);
    if (++looked % 100 === 0) yield null;
  }
  for await (const page of pagesOf(core, keys.tokenCounts())) {
    for (const { key } of page) {
      const id = String(key[1]);
      if ((await core.records.page(keys.tokensByAttachment(id), { limit: 1 })).length === 0) {
        yield await tokenCount(check, id);
      }
    }
    check.count(page.length);
    yield null;
  }
}

async function tokenCount({ core: { records } }: Check, id: string): Promise<Finding | null> {
  return await confirmed({
    kind: "wrong-count",
    subject: keyText(keys.tokenCount(id)),
    text: `The links of the file ${id} are counted wrongly, or left behind by it.`,
    repair: {
      async attempt(commit) {
        const [count, attachment, leftover] = await records.getMany<unknown>([
          keys.tokenCount(id),
          keys.attachment(id),
          keys.tokenLeftover(id),
        ]);
        if (leftover!.versionstamp !== null) return false; // They are being removed.
        const tokens = (await records.page(keys.tokensByAttachment(id), { limit: MOST_TOKENS })).length;
        // Whoever makes or removes one changes the count.
        const after = await records.getMany([count!.key, attachment!.key]);
        if (after[0]!.versionstamp !== count!.versionstamp) return false;
        if (after[1]!.versionstamp !== attachment!.versionstamp) return false;
        commit.check(count!, attachment!, leftover!);
        if (attachment!.versionstamp === null) {
          if (tokens === 0 && count!.versionstamp === null) return false;
          commit.set(leftover!.key, true);
          return true;
        }
        if (tokens === (count!.value ?? 0)) return false;
        commit.set(count!.key, tokens);
        return true;
      },
    },
  });
}
