/** Brings a body into its place: hashes run while the disk works, and what came without a digest counts early. */
import type { Core } from "../core.ts";
import { Problem } from "../problem.ts";
import { type BodySource, openBody } from "./body_source.ts";
import { type Checkpoints, openCheckpoints } from "./checkpoints.ts";
import type { Claim } from "./claims.ts";
import { type ContentDigests, type DigestCheck, digestCheck } from "./digest_check.ts";
import type { Place } from "./place.ts";

export interface Body {
  /** Bytes; null when it was sent without a length. */
  length: number | null;
  digests: ContentDigests;
  body: ReadableStream<Uint8Array>;
}

/**
 * Writes all of the body, so that the caller decides whether it counts: nothing is committed beyond checkpoints.
 * Without a digest, and unless `keepsParts` is false, there is one at least every 8 MiB or second, and one when the
 * body breaks or a limit is reached. Throws the `Problem` that ended it. The caller closes `place`.
 */
export async function writeBody(
  core: Core,
  place: Place,
  { claim, body, keepsParts = true }: { claim: Claim; body: Body; keepsParts?: boolean },
): Promise<void> {
  const { length, digests } = body;
  const source = openBody(body.body, {
    length,
    pool: core.pool,
    transfers: core.metrics.transfers,
    idleMs: core.config.uploads.idleSeconds * 1000,
    signals: [claim.signal, core.gate.signal],
    onWait: (waiting) => claim.waitingSince = waiting ? core.elapsed() : null,
  });
  const declared = Object.values(digests).some((digest) => digest !== undefined);
  const checkpoints = keepsParts && !declared ? openCheckpoints(place) : null;
  claim.save = checkpoints && checkpoints.save;
  // Where all is new, the place's own hash is that of the body.
  const check = digestCheck(digests, { sha256Elsewhere: place.isNew });
  try {
    const refusal = await takeAll(source, { place, length, check, checkpoints });
    await checkpoints?.settled();
    const failure = refusal ?? failureOf(source, place, length);
    if (failure) {
      await checkpoints?.save();
      await checkpoints?.settled();
      throw failure;
    }
    const mismatch = check.mismatch(place.isNew ? place.sha256() : undefined);
    if (mismatch) {
      throw new Problem("digest-mismatch", `${mismatch} Nothing of this body was kept; send it again.`);
    }
  } finally {
    claim.save = null;
    source.close();
    await checkpoints?.close();
  }
}

/** Gives the refusal of a limit, after the bytes before it. */
async function takeAll(
  source: BodySource,
  { place, length, check, checkpoints }: {
    place: Place;
    length: number | null;
    check: DigestCheck;
    checkpoints: Checkpoints | null;
  },
): Promise<Problem | null> {
  for (let bytes = await source.next(); bytes; bytes = await source.next()) {
    const permission = place.permission(bytes.length);
    const refusal = permission && await refusalOf(permission);
    if (refusal) return refusal;
    checkpoints?.pause();
    const written = place.take(bytes);
    // The hash runs while the disk works.
    check.update(bytes);
    await written;
    await checkpoints?.resume(length !== null && place.position === place.start + length);
  }
  return null;
}

async function refusalOf(permission: Promise<void>): Promise<Problem | null> {
  try {
    await permission;
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/**
 * Why the body is not whole; null when it is. All bytes that were announced are a whole body, even when it was told to
 * stop before its end was seen; and fewer are none, even when it seems to have ended: in HTTP/2 it can.
 */
function failureOf(
  { failure }: BodySource,
  { start, position }: Place,
  length: number | null,
): Problem | null {
  if (length === null) return failure;
  if (position === start + length) return null;
  return failure ?? new Problem(
    "body-incomplete",
    `The body ended after ${position - start} of ${length} bytes. Send them again.`,
  );
}
