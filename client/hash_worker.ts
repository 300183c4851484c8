/**
 * A worker that computes SHA-256 of blobs, so that the page is never blocked. Gets `{id, blob}` or `{id, cancel}`, sends
 * `{id, sha256}` or `{id, failed}`. One blob after the other.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "./hash.ts";

export type HashRequest = { id: number; blob: Blob } | { id: number; cancel: true };
export type HashAnswer = { id: number; sha256: string } | { id: number; failed: string };

const PIECE_BYTES = 4 * 1024 * 1024;

interface WorkerScope {
  onmessage: ((event: { data: HashRequest }) => void) | null;
  postMessage(answer: HashAnswer): void;
}

const scope = globalThis as unknown as WorkerScope;
const waiting = new Map<number, Blob>();
let working = false;

async function hash(id: number, blob: Blob): Promise<void> {
  const state = sha256.create();
  for (let start = 0; start < blob.size; start += PIECE_BYTES) {
    const piece = await blob.slice(start, start + PIECE_BYTES).arrayBuffer();
    if (!waiting.has(id)) return;
    state.update(new Uint8Array(piece));
  }
  scope.postMessage({ id, sha256: toHex(state.digest()) });
}

async function work(): Promise<void> {
  working = true;
  for (const [id, blob] of waiting) {
    try {
      await hash(id, blob);
    } catch (error) {
      scope.postMessage({ id, failed: String(error) });
    }
    waiting.delete(id);
  }
  working = false;
}

scope.onmessage = ({ data }) => {
  if ("cancel" in data) return void waiting.delete(data.id);
  waiting.set(data.id, data.blob);
  if (!working) work();
};
