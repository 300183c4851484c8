/** Compares the bytes of a request with the digests its sender declared. */
import { createHash, type Hash } from "node:crypto";

/** Declared digests, lower-case hex. Every one that is given must match. */
export interface ContentDigests {
  sha256?: string;
  sha512?: string;
  md5?: string;
}

export interface DigestCheck {
  /** Takes the next bytes, in order; they may be overwritten afterwards. */
  update(bytes: Uint8Array): void;
  /**
   * Says which digest differs, in a sentence for the sender, or null when all match. Called once, at the end.
   * `sha256` is the lower-case hex digest that the caller computed when it said so at the start.
   */
  mismatch(sha256?: string): string | null;
}

const NAMES = { sha256: "sha-256", sha512: "sha-512", md5: "md5" } as const;
const ALGORITHMS = ["sha256", "sha512", "md5"] as const;

/**
 * Hashes for the declared digests only, so that `{}` costs nothing.
 * With `sha256Elsewhere` the caller computes SHA-256 anyway and hands it to `mismatch`.
 */
export function digestCheck(
  declared: ContentDigests,
  options: { sha256Elsewhere?: boolean } = {},
): DigestCheck {
  const asked = ALGORITHMS.filter((algorithm) => declared[algorithm] !== undefined);
  const hashes = new Map<string, Hash>();
  for (const algorithm of asked) {
    if (algorithm !== "sha256" || !options.sha256Elsewhere) hashes.set(algorithm, createHash(algorithm));
  }
  return {
    update(bytes) {
      for (const hash of hashes.values()) hash.update(bytes);
    },
    mismatch(sha256) {
      for (const algorithm of asked) {
        const actual = hashes.get(algorithm)?.digest("hex") ?? sha256;
        if (actual === undefined) throw new TypeError("the SHA-256 computed elsewhere is missing");
        if (actual !== declared[algorithm]) {
          return `The declared ${NAMES[algorithm]} is ${
            declared[algorithm]
          }, but the bytes received have ${actual}.`;
        }
      }
      return null;
    },
  };
}
