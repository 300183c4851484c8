/** The parts of a final upload: whose bytes they are, and how far they are. */
import type { Core } from "../core.ts";
import type { BlobRecord, Segment, UploadRecord } from "../model.ts";
import { Problem } from "../problem.ts";
import { keys } from "../records/keys.ts";

export interface Part {
  blobId: string;
  /** Bytes; null while nobody has said it. */
  size: number | null;
  /** `whole`: all bytes are there and stay. `gone`: they never will be. */
  state: "open" | "whole" | "gone";
  /** Last progress of an open one, ms since 1970; 0 of any other. */
  progressAt: number;
}

/** In their order, one that is listed twice twice; none for any other upload. */
export async function readParts(core: Core, { concat }: UploadRecord): Promise<Part[]> {
  if (concat?.kind !== "final") return [];
  const ids = new Map(concat.parts.map(({ id, blobId }) => [blobId, id]));
  // Sessions first: what is read of the blobs then says how a session ended that was still open.
  const sessions = await core.records.getMany<UploadRecord>([...ids.values()].map((id) => keys.upload(id)));
  const blobs = await core.records.getMany<BlobRecord>([...ids.keys()].map((id) => keys.blob(id)));
  const known = new Map<string, Part>();
  for (const [index, blobId] of [...ids.keys()].entries()) {
    known.set(blobId, await partOf(core, blobId, sessions[index]!.value, blobs[index]!.value));
  }
  return concat.parts.map(({ blobId }) => known.get(blobId)!);
}

async function partOf(
  core: Core,
  blobId: string,
  session: UploadRecord | null,
  blob: BlobRecord | null,
): Promise<Part> {
  if (blob?.state === "live") return { blobId, size: blob.size, state: "whole", progressAt: 0 };
  if (blob?.state !== "uploading" || session?.status !== "uploading") {
    return { blobId, size: null, state: "gone", progressAt: 0 };
  }
  using lease = await core.live.open(session);
  const { received, lastProgressAt: progressAt } = lease.upload;
  const { size } = session;
  return { blobId, size, state: received.bytes === size ? "whole" : "open", progressAt };
}

/** Bytes of all parts together; null while one of them is not known. */
export function sumOf(parts: Part[]): number | null {
  let sum = 0;
  for (const { size } of parts) {
    if (size === null) return null;
    sum += size;
  }
  return sum;
}

/** Where the bytes of a final upload lie. Throws `upload-incomplete` while some are missing. */
export async function finalSegments(core: Core, record: UploadRecord): Promise<Segment[]> {
  const parts = await readParts(core, record);
  if (parts.some(({ state }) => state !== "whole")) {
    throw new Problem("upload-incomplete", "Not all parts of this upload have all their bytes yet.");
  }
  return parts.flatMap(({ blobId, size }) => core.blobs.segments(blobId, size!));
}
