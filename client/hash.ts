/** SHA-256: of bytes at once, and piece by piece with the fastest that the runtime has. */
import { sha256 } from "@noble/hashes/sha2.js";
import { nodeModule } from "./runtime.ts";

export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Lower-case hex; ends it. */
  hex(): string;
}

interface NodeCrypto {
  createHash(algorithm: string): { update(bytes: Uint8Array): void; digest(encoding: "hex"): string };
}

/** Whether hashing piece by piece is native here; in browsers it is JavaScript, and belongs into a worker. */
export function hashesNatively(): boolean {
  return nodeModule<NodeCrypto>("node:crypto") !== null;
}

/**
 * For data that comes in pieces. In browsers by a library in plain JavaScript (about 200 MB/s): WebAssembly would need
 * `'wasm-unsafe-eval'` in the page's Content-Security-Policy, and `crypto.subtle` takes no pieces.
 */
export function newSha256(): Hasher {
  const native = nodeModule<NodeCrypto>("node:crypto")?.createHash("sha256");
  if (native) return { update: (bytes) => native.update(bytes), hex: () => native.digest("hex") };
  const hash = sha256.create();
  return { update: (bytes) => void hash.update(bytes), hex: () => toHex(hash.digest()) };
}

/** Of bytes in memory; off this thread where the runtime can (not on plain http to another machine). */
export async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto ?? {};
  return subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes);
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `Content-Digest` (RFC 9530 section 2). */
export function contentDigest(digest: Uint8Array): string {
  return `sha-256=:${btoa(String.fromCharCode(...digest))}:`;
}

/** The SHA-256 in a `Repr-Digest` (RFC 9530 section 3) as lower-case hex; null when there is none. */
export function sha256OfReprDigest(header: string | null): string | null {
  const base64 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/i.exec(header ?? "")?.[1];
  return base64 === undefined ? null : toHex(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}
