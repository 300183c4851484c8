/** Ids of ours: random where they must not be guessed, ordered by time where lists follow them. */

/** 128 random bits, base64url: 22 characters of `[A-Za-z0-9_-]`, the first of them no dash. */
export function newUploadId(): string {
  for (;;) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const id = bytes.toBase64({ alphabet: "base64url", omitPadding: true });
    // A command would take it for an option.
    if (!id.startsWith("-")) return id;
  }
}

export const UPLOAD_ID = /^[A-Za-z0-9_-]{22}$/;
/** Positive, below 2^63, no leading zero. */
export const ATTACHMENT_ID = /^[1-9]\d{0,18}$/;
const MAX_ID = 2n ** 63n - 1n;

export const isAttachmentId = (text: string) => ATTACHMENT_ID.test(text) && BigInt(text) <= MAX_ID;

/** 2020-01-01, so that 41 bits of milliseconds last until 2089. */
const EPOCH = 1_577_836_800_000;

/**
 * Ids that rise within the process: 41 bits of milliseconds, 22 random ones. Another process may make the same
 * one (once in four million in one millisecond), so that storing it checks that it is free.
 */
export function attachmentIds(now: () => number): () => string {
  let last = 0n;
  return () => {
    const time = BigInt(Math.max(1, now() - EPOCH));
    const random = BigInt(crypto.getRandomValues(new Uint32Array(1))[0]! >>> 10);
    const next = (time << 22n) | random;
    last = next > last ? next : last + 1n;
    return last.toString();
  };
}
