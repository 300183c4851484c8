/** What a report of the storage adds up, row by row. Pure: each function adds to the figures that it is given. */
import type { AttachmentRecord, BlobRecord } from "../model.ts";
import { stageOf } from "../records/attachments.ts";
import type { OwnerFigures, StorageFigures } from "../records/reports.ts";
import type { VariantRecord } from "../records/variants.ts";

export function noFigures(): StorageFigures {
  return {
    ...noOwnerFigures(),
    blobs: 0,
    storedBytes: 0,
    savedBytes: 0,
    variants: 0,
    variantBytes: 0,
    condemnedBytes: 0,
    damagedBlobs: 0,
    uploads: 0,
    uploadBytes: 0,
  };
}

export function noOwnerFigures(): OwnerFigures {
  return { files: 0, fileBytes: 0, deletedFiles: 0, deletedBytes: 0, binnedFiles: 0, binnedBytes: 0 };
}

export function addAttachment(figures: OwnerFigures, record: AttachmentRecord): void {
  switch (stageOf(record)) {
    case "live":
      figures.files++;
      figures.fileBytes += record.size;
      break;
    case "deleted":
      figures.deletedFiles++;
      figures.deletedBytes += record.size;
      break;
    case "binned":
      figures.binnedFiles++;
      figures.binnedBytes += record.size;
  }
}

/** What `more` was counted of an owner beside `figures`. */
export function sumOf(figures: OwnerFigures, more: OwnerFigures): OwnerFigures {
  return {
    files: figures.files + more.files,
    fileBytes: figures.fileBytes + more.fileBytes,
    deletedFiles: figures.deletedFiles + more.deletedFiles,
    deletedBytes: figures.deletedBytes + more.deletedBytes,
    binnedFiles: figures.binnedFiles + more.binnedFiles,
    binnedBytes: figures.binnedBytes + more.binnedBytes,
  };
}

/** Bytes of blobs that are made of others are those of the others. Those of open sessions are counted by their chunks. */
export function addBlob(figures: StorageFigures, { state, size, refs, sha256, parts }: BlobRecord): void {
  const ownSize = parts ? 0 : size;
  switch (state) {
    case "live":
    case "damaged":
      if (!parts) figures.blobs++;
      if (state === "damaged") figures.damagedBlobs++;
      figures.storedBytes += ownSize;
      // Only what is whole files, or variants with their one reference, has a digest; others are parts of files.
      if (sha256 !== null) figures.savedBytes += Math.max(0, refs - 1) * size;
      break;
    case "condemned":
    case "deleting":
      figures.condemnedBytes += ownSize;
      break;
    case "uploading":
  }
}

/** Its blob is one like any other; `addBlob` cannot tell, so that it is taken out here. */
export function addVariant(figures: StorageFigures, variant: VariantRecord): void {
  if ("failure" in variant) return;
  figures.variants++;
  figures.variantBytes += variant.size;
  figures.blobs--;
  figures.storedBytes -= variant.size;
}

/** What changed while it was counted may have been counted on one side only. */
export function atLeastNothing(figures: StorageFigures): StorageFigures {
  return {
    ...figures,
    blobs: Math.max(0, figures.blobs),
    storedBytes: Math.max(0, figures.storedBytes),
  };
}
