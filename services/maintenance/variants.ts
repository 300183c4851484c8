/** What was made of pictures, against what it was made of and against its bytes. It is made again when somebody asks. */
import { addForgetting } from "../images/variant_store.ts";
import type { BlobRecord } from "../model.ts";
import { keys } from "../records/keys.ts";
import type { VariantRecord } from "../records/variants.ts";
import { removeOwnBlob } from "../uploads/end.ts";
import { type Finding, keyText } from "./finding.ts";
import { type Check, confirmed, pagesOf, type Step, tell } from "./looking.ts";

type VariantEntry = Deno.KvEntry<VariantRecord>;

/** Contents that are looked for at once in all blobs. */
const MOST_SOUGHT = 20_000;

export async function* checkVariants(check: Check): AsyncGenerator<Step> {
  const { core } = check;
  let sought: VariantEntry[] = [];
  for await (const page of pagesOf<VariantRecord>(core, keys.variantsAll())) {
    const hidden = await withoutIndex(check, page);
    for (const variant of page) {
      if ("failure" in variant.value) continue;
      const why = await brokenBytes(check, variant);
      if (why === null) continue;
      tell(check, variant.value.blobId);
      yield await strayVariant(check, variant, { why, isBroken: () => brokenBytes(check, variant) });
    }
    sought.push(...hidden);
    if (sought.length >= MOST_SOUGHT) {
      yield* checkSources(check, sought);
      sought = [];
    }
    check.count(page.length);
    yield null;
  }
  yield* checkSources(check, sought);
}

/** Why it cannot be handed out; null: it can. */
async function brokenBytes({ core }: Check, { key, value }: VariantEntry): Promise<string | null> {
  if ("failure" in value) return null;
  const [variant, blob] = await core.records.getMany<unknown>([key, keys.blob(value.blobId)]) as [
    Deno.KvEntryMaybe<VariantRecord>,
    Deno.KvEntryMaybe<BlobRecord>,
  ];
  if (!variant.value || "failure" in variant.value || variant.value.blobId !== value.blobId) return null;
  if (blob.value?.state !== "live") return "has no bytes that can be used";
  if (blob.value.size !== value.size || blob.value.sha256 !== value.sha256) return "is on other bytes";
  const size = value.size === 0 ? 0 : (await core.blobs.stat(value.blobId))?.size ?? -1;
  if (size >= value.size) return null;
  // Its bytes go after its record.
  return (await core.records.get(key)).versionstamp === variant.versionstamp ? "has lost its bytes" : null;
}

/** Those whose content is not in the index by content. */
async function withoutIndex({ core: { records } }: Check, page: VariantEntry[]): Promise<VariantEntry[]> {
  const indexed = await records.getMany<string>(page.map(({ key }) => keys.blobBySha256(String(key[1]))));
  const sources = await records.getMany<BlobRecord>(indexed.map(({ value }) => keys.blob(value ?? "")));
  return page.filter(({ key }, at) => sources[at]!.value?.sha256 !== key[1]);
}

/** Any blob of the same content will do: when that goes, its variants go with it. */
async function* checkSources(check: Check, variants: VariantEntry[]): AsyncGenerator<Step> {
  const lacking = new Set(variants.map(({ key }) => String(key[1])));
  if (lacking.size === 0) return;
  const own = new Set(variants.flatMap(({ value }) => "failure" in value ? [] : [value.blobId]));
  for await (const page of pagesOf<BlobRecord>(check.core, keys.blobs())) {
    for (const { value } of page) {
      if (value.sha256 !== null && !own.has(value.id)) lacking.delete(value.sha256);
    }
    yield null;
  }
  for (const variant of variants) {
    if (!lacking.has(String(variant.key[1]))) continue;
    const why = "is of a picture that is gone";
    yield await strayVariant(check, variant, { why, isBroken: () => Promise.resolve(why) });
  }
}

async function strayVariant(
  { core }: Check,
  { key, value, versionstamp }: VariantEntry,
  { why, isBroken }: { why: string; isBroken: () => Promise<string | null> },
): Promise<Finding | null> {
  return await confirmed({
    kind: "stray-variant",
    subject: keyText(key),
    text: `A smaller picture (${keyText(key.slice(1))}) ${why}.`,
    repair: {
      async attempt(commit) {
        if (await isBroken() === null) return false;
        if ((await core.records.get(key)).versionstamp !== versionstamp) return false;
        return await addForgetting(core, commit, key) !== null;
      },
      after: () => "failure" in value ? Promise.resolve() : removeOwnBlob(core, value.blobId),
    },
  });
}
