/** Each file against the blob that it is on. */
import type { Core } from "../core.ts";
import type { AttachmentRecord, BlobRecord } from "../model.ts";
import { isUsable, newBlob, putDamaged, referTo } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { removalTurn } from "../uploads/end.ts";
import { isUsableNow } from "../uploads/finish.ts";
import { compareBytes, PIECE } from "./damage.ts";
import type { Finding } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step, tell } from "./looking.ts";
import { repoint } from "./repoint.ts";

type AttachmentEntry = Deno.KvEntry<AttachmentRecord>;

export async function* checkAttachments(check: Check): AsyncGenerator<Step> {
  const { records } = check.core;
  for await (const page of pagesOf<AttachmentRecord>(check.core, keys.attachments())) {
    const blobs = await records.getMany<BlobRecord>(page.map(({ value }) => keys.blob(value.blobId)));
    for (const [at, attachment] of page.entries()) {
      yield await findingOf(check, attachment, blobs[at]!.value);
    }
    check.count(page.length);
    yield null;
  }
}

const named = ({ id, fileName, ownerId, size }: AttachmentRecord) =>
  `The file ${id} of ${ownerId} (${JSON.stringify(fileName)}, ${size} bytes)`;

async function findingOf(
  check: Check,
  attachment: AttachmentEntry,
  blob: BlobRecord | null,
): Promise<Finding | null> {
  const { size, sha256 } = attachment.value;
  if (blob === null) return await withoutBlob(check, attachment);
  if (blob.state === "damaged") return await onDamaged(check, attachment);
  if (blob.state === "deleting") return await onGoing(check, attachment);
  if (!isUsable(blob) || blob.size !== size || blob.sha256 !== sha256) {
    return await wrongBlob(check, attachment);
  }
  return null;
}

/** Both as they are now, in one snapshot. */
async function readBoth({ records }: Core, { key, value }: AttachmentEntry) {
  return await records.getMany<unknown>([
    key,
    keys.blob(value.blobId),
    keys.blobBySha256(value.sha256),
  ]) as [
    Deno.KvEntryMaybe<AttachmentRecord>,
    Deno.KvEntryMaybe<BlobRecord>,
    Deno.KvEntryMaybe<string>,
  ];
}

/** Put on equal bytes; or its own bytes get their record back, with a mark where they are lost. */
async function withoutBlob(check: Check, entry: AttachmentEntry): Promise<Finding | null> {
  const { core } = check;
  const { blobId, size, sha256, crc32 } = entry.value;
  const segments = core.blobs.segments(blobId, size);
  let equal: string | null = null;
  const finding = await confirmed({
    kind: "missing-blob",
    subject: entry.value.id,
    text: `${named(entry.value)} is on the blob ${blobId}, of which there is no record.`,
    repair: {
      async attempt() {
        const [attachment, blob, index] = await readBoth(core, entry);
        equal = index.value;
        return attachment.value?.blobId === blobId && blob.versionstamp === null;
      },
    },
  });
  if (finding === null) return null;
  tell(check, blobId);
  if (equal !== null && await isEqualNow(core, equal, entry.value)) {
    return { ...finding, repair: { attempt: (commit) => putOnEqual(core, commit, entry) } };
  }
  const buffer = new Uint8Array(PIECE);
  const isRight =
    await compareBytes(core, { segments, size, sha256, crc32 }, { buffer, onBytes() {} }) === "right";
  return {
    ...finding,
    repair: {
      async attempt(commit) {
        const [attachment, blob] = await readBoth(core, entry);
        if (attachment.value?.blobId !== blobId || blob.versionstamp !== null) return false;
        // Others that are on it are counted later in the check.
        const again: BlobRecord = {
          ...newBlob(blobId),
          segments,
          size,
          sha256,
          crc32,
          refs: 1,
          state: "live",
        };
        commit.check(attachment, blob);
        if (isRight) commit.set(blob.key, again);
        else putDamaged(commit, again);
        return true;
      },
      staysBroken: !isRight,
    },
  };
}

async function isEqualNow(core: Core, id: string, { size, sha256 }: AttachmentRecord): Promise<boolean> {
  const { value } = await core.records.get<BlobRecord>(keys.blob(id));
  return value?.size === size && value.sha256 === sha256 && await isUsableNow(core, value);
}

async function putOnEqual(
  core: Core,
  commit: Deno.AtomicOperation,
  entry: AttachmentEntry,
): Promise<boolean> {
  const [attachment, blob, index] = await readBoth(core, entry);
  if (attachment.value?.blobId !== entry.value.blobId || blob.versionstamp !== null) return false;
  const equal = await core.records.get<BlobRecord>(keys.blob(index.value ?? ""));
  const { size, sha256 } = attachment.value;
  if (equal.value?.size !== size || equal.value.sha256 !== sha256 || !isUsable(equal.value)) return false;
  commit.check(attachment, blob).set(attachment.key, { ...attachment.value, blobId: equal.value.id });
  referTo(commit, equal);
  return true;
}

async function onDamaged({ core }: Check, entry: AttachmentEntry): Promise<Finding | null> {
  const { id, blobId: from } = entry.value;
  const [attachment, blob, index] = await readBoth(core, entry);
  if (attachment.value?.blobId !== from || blob.value?.state !== "damaged") return null;
  const equal = index.value !== null && await isEqualNow(core, index.value, entry.value) ? index.value : null;
  return {
    kind: "file-without-bytes",
    subject: id,
    text: `${named(entry.value)} has lost its bytes.${equal ? " They were sent again since." : ""}`,
    repair: {
      async attempt() {
        const { value } = await core.records.get<AttachmentRecord>(entry.key);
        return value?.blobId === from;
      },
      after: async () => void (equal && await repoint(core, { id, from, to: equal })),
      looksOnly: equal === null,
    },
  };
}

/** Something has counted its references wrongly before. */
async function onGoing({ core }: Check, entry: AttachmentEntry): Promise<Finding | null> {
  const { id, blobId } = entry.value;
  return await confirmed({
    kind: "file-without-bytes",
    subject: id,
    text: `${named(entry.value)} is on the blob ${blobId}, which is being removed.`,
    repair: {
      turn: removalTurn(blobId),
      async attempt(commit) {
        const [attachment, blob] = await readBoth(core, entry);
        if (attachment.value?.blobId !== blobId || blob.value?.state !== "deleting") return false;
        if (blob.value.sweepAt !== null) commit.delete(keys.blobSweep(blob.value.sweepAt, blobId));
        // Whether its bytes are still there is looked at later in the check.
        commit.check(attachment, blob).set(blob.key, {
          ...blob.value,
          state: "live",
          sweepAt: null,
          refs: Math.max(1, blob.value.refs),
        });
        return true;
      },
    },
  });
}

async function wrongBlob({ core }: Check, entry: AttachmentEntry): Promise<Finding | null> {
  const { blobId } = entry.value;
  return await confirmed({
    kind: "wrong-state",
    subject: entry.value.id,
    text: `${named(entry.value)} is on the blob ${blobId}, which holds something else.`,
    repair: {
      looksOnly: true,
      async attempt() {
        const [attachment, { value: blob }] = await readBoth(core, entry);
        if (attachment.value?.blobId !== blobId || blob === null) return false;
        const { size, sha256 } = attachment.value;
        return !isUsable(blob) || blob.size !== size || blob.sha256 !== sha256;
      },
    },
  });
}
