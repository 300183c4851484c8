/** Each blob's record against its bytes and against itself. */
import { forgetContent } from "../cleanup.ts";
import type { Core } from "../core.ts";
import type { BlobRecord } from "../model.ts";
import { discard } from "../records/blobs.ts";
import { keys } from "../records/keys.ts";
import { removeOwnBlob } from "../uploads/end.ts";
import { addDamage, addHealing, compareBytes, PIECE } from "./damage.ts";
import type { Finding } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step } from "./looking.ts";
import { checkParts } from "./made_blobs.ts";

const PAGE = 100;

export async function* checkBlobs(check: Check): AsyncGenerator<Step> {
  const buffer = new Uint8Array(PIECE);
  for await (const page of pagesOf<BlobRecord>(check.core, keys.blobs(), { limit: PAGE })) {
    const lacking = await Promise.all(page.map(({ value }) => isShort(check.core, value)));
    for (const [at, { value: blob }] of page.entries()) {
      const finding = contradiction(check, blob) ??
        await bytesOf(check, { blob, isShort: lacking[at]!, buffer });
      if (finding) yield await confirmed(finding);
      if (blob.parts) yield* checkParts(check, page[at]!);
    }
    check.count(page.length);
    yield null;
  }
}

/** Whether the record names bytes that are not there; of one that goes they may be missing. */
async function isShort({ blobs }: Core, { state, segments, size }: BlobRecord): Promise<boolean> {
  if (state !== "live" && state !== "condemned") return false;
  const ends = new Map<string, number>();
  for (const { file, offset, length } of segments) {
    ends.set(file, Math.max(ends.get(file) ?? 0, offset + length));
  }
  for (const [file, end] of ends) if (((await blobs.stat(file))?.size ?? -1) < end) return true;
  return segments.reduce((sum, { length }) => sum + length, 0) !== size;
}

const waits = ({ state }: Pick<BlobRecord, "state">) => state === "condemned" || state === "deleting";

function contradiction({ core }: Check, { id, state, sweepAt }: BlobRecord): Finding | null {
  if (waits({ state }) === (sweepAt !== null)) return null;
  return {
    kind: "wrong-state",
    subject: id,
    text: `The blob ${id} is ${state}, and ${sweepAt === null ? "is never" : "is to be"} swept.`,
    repair: {
      async attempt(commit) {
        const blob = await core.records.get<BlobRecord>(keys.blob(id));
        if (blob.value === null || waits(blob.value) === (blob.value.sweepAt !== null)) return false;
        const { state, sweepAt } = blob.value;
        commit.check(blob);
        if (state === "condemned" || state === "deleting") {
          discard(commit, blob.value, { state, sweepAt: core.now() });
        } else commit.set(blob.key, { ...blob.value, sweepAt: null }).delete(keys.blobSweep(sweepAt!, id));
        return true;
      },
    },
  };
}

async function bytesOf(
  check: Check,
  { blob, isShort, buffer }: { blob: BlobRecord; isShort: boolean; buffer: Uint8Array },
): Promise<Finding | null> {
  if (check.told.has(blob.id)) return null;
  const named = `blob ${blob.id} (${blob.size} bytes${blob.sha256 ? `, SHA-256 ${blob.sha256}` : ""})`;
  if (isShort) return missingBytes(check, blob, named);
  const reads = blob.state === "damaged" || (check.bytes && blob.state === "live" && blob.sha256 !== null);
  if (!reads) return null;
  const compared = await compareBytes(check.core, blob, { buffer, onBytes: check.countBytes });
  if (blob.state === "damaged") {
    return compared === "right" || (blob.sha256 === null && compared === "different")
      ? healedBytes(check, blob, named)
      : stillDamaged(check, blob, named);
  }
  return compared === "right" ? null : differentBytes(check, blob, named);
}

function missingBytes({ core }: Check, { id, state }: BlobRecord, named: string): Finding {
  return {
    kind: "missing-bytes",
    subject: id,
    text: `Of the ${named} bytes are missing.`,
    repair: {
      async attempt(commit) {
        const before = await core.records.get<BlobRecord>(keys.blob(id));
        if (before.value === null || !await isShort(core, before.value)) return false;
        if (before.value.state === "live") return await addDamage(core, commit, id);
        // Bytes go after the record says so: read again behind them.
        const blob = await core.records.get<BlobRecord>(keys.blob(id));
        if (blob.versionstamp !== before.versionstamp) return false;
        commit.check(blob);
        discard(commit, blob.value!, { state: "deleting", sweepAt: core.now() });
        await forgetContent(core, commit, blob.value!);
        return true;
      },
      after: () => removeOwnBlob(core, id),
      staysBroken: state === "live",
    },
  };
}

function differentBytes({ core }: Check, { id }: BlobRecord, named: string): Finding {
  return {
    kind: "different-bytes",
    subject: id,
    text: `The bytes of the ${named} have another digest.`,
    repair: { attempt: (commit) => addDamage(core, commit, id), staysBroken: true },
  };
}

function healedBytes({ core }: Check, { id }: BlobRecord, named: string): Finding {
  return {
    kind: "healed-bytes",
    subject: id,
    text: `The ${named} is marked as damaged, but its bytes are right.`,
    repair: { attempt: (commit) => addHealing(core, commit, id) },
  };
}

function stillDamaged({ core }: Check, { id }: BlobRecord, named: string): Finding {
  return {
    kind: "damaged-bytes",
    subject: id,
    text: `The ${named} is damaged. Put its bytes back from a backup, or have the file sent again.`,
    repair: {
      attempt: async () => (await core.records.get<BlobRecord>(keys.blob(id))).value?.state === "damaged",
      looksOnly: true,
    },
  };
}
