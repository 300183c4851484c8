/** Compares the bytes of a request with the digests its sender declared. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Declared digests, lower-case hex. Every one that is given must match. */
export interface ContentDigests {
  sha256?: string;
  sha512?: string;
  md5?: string;
  sha1?: string;
  /** Eight digits, big-endian. */
  crc32?: string;
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

const NAMES = { sha256: "sha-256", sha512: "sha-512", md5: "md5", sha1: "sha-1", crc32: "crc-32" } as const;
const ALGORITHMS = ["sha256", "sha512", "md5", "sha1", "crc32"] as const;

/** What a check needs of a hash; its digest is lower-case hex. */
interface Running {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

function runningCrc32(): Running {
  let value = 0;
  return {
    update: (bytes) => value = crc32(bytes, value),
    digest: () => value.toString(16).padStart(8, "0"),
  };
}

/**
 * Hashes for the declared digests only, so that `{}` costs nothing.
 * With `sha256Elsewhere` the caller computes SHA-256 anyway and hands it to `mismatch`.
 */
export function digestCheck(
  declared: ContentDigests,
  options: { sha256Elsewhere?: boolean } = {},
): DigestCheck {
  const asked = ALGORITHMS.filter((algorithm) => declared[algorithm] !== undefined);
  const hashes = new Map<string, Running>();
  for (const algorithm of asked) {
    if (algorithm === "sha256" && options.sha256Elsewhere) continue;
    hashes.set(algorithm, algorithm === "crc32" ? runningCrc32() : createHash(algorithm));
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
