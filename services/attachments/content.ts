/** The bytes of an attachment, and how often they were fetched. */
import type { BlobReader } from "../blobs/blob_store.ts";
import type { Core } from "../core.ts";
import type { VariantName } from "../images/recipe.ts";
import { findVariant, type VariantContent } from "../images/variants.ts";
import type { AttachmentRecord, BlobRecord, Caller } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";
import { getAttachment } from "./attachments.ts";

export interface Content {
  attachment: AttachmentRecord;
  /** When it is one of the attachment's variants. */
  variant?: VariantContent;
  /** Opens the bytes; the caller closes them. Throws `blob-missing` when they are not all there. */
  open(): Promise<BlobReader>;
}

/** Whose content it is, before anything is opened. */
export async function findContent(core: Core, caller: Caller | null, id: string): Promise<Content> {
  const attachment = await getAttachment(core, caller, id);
  return { attachment, open: () => openContent(core, attachment) };
}

/** A smaller picture of what was found; made when it is not there yet. Throws `no-variant`. */
export async function findVariantContent(
  core: Core,
  { attachment }: Content,
  name: VariantName,
): Promise<Content> {
  const variant = await findVariant(core, attachment, name);
  return { attachment, variant, open: () => variant.open() };
}

/** Opens the bytes of a file that its reader has been let at; the caller closes them. Throws `blob-missing`. */
export async function openContent(core: Core, { blobId }: AttachmentRecord): Promise<BlobReader> {
  const { value } = await core.records.get<BlobRecord>(keys.blob(blobId));
  if (!value || value.state === "damaged") {
    throw new Problem(
      "blob-missing",
      "The stored bytes of this file are missing or damaged. The operator must restore them.",
    );
  }
  return await core.blobs.openReader(value.segments);
}
