/** Looks at the beginning of a file as soon as it is there, so that nobody sends all of a disguised one. */
import type { Core } from "../core.ts";
import { type CheckedFacts, checkHead, typeThatLooks } from "./check_content.ts";
import { HEAD_BYTES, takeSample } from "./sample.ts";

/**
 * To be told of each written piece of one request: all bytes before `position` are there. Throws `content-mismatch`
 * with the piece that brings the last of the first `HEAD_BYTES`.
 */
export type FirstLook = (piece: Uint8Array, position: number) => Promise<void>;

/**
 * null: the type takes any content, or so little comes that the look before the commit is soon enough. `size`: of the
 * whole file, null while it is not known.
 */
export function firstLook(
  { config, blobs }: Pick<Core, "config" | "blobs">,
  { facts, blobId, size }: { facts: CheckedFacts; blobId: string; size: number | null },
): FirstLook | null {
  if ((size !== null && size <= HEAD_BYTES) || typeThatLooks(config, facts) === undefined) return null;
  return async (piece, position) => {
    if (position >= HEAD_BYTES || position + piece.length < HEAD_BYTES) return;
    const head = position === 0 ? piece.subarray(0, HEAD_BYTES) : await readBack();
    await checkHead(config, { facts, head });
  };

  async function readBack(): Promise<Uint8Array> {
    const reader = await blobs.openReader(blobs.segments(blobId, HEAD_BYTES));
    try {
      return (await takeSample(reader, HEAD_BYTES)).head;
    } finally {
      reader.close();
    }
  }
}
