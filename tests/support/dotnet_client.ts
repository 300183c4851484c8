/** System A's clients, as they are printed: field names, requests, retries and the arithmetic of their chunk sizes. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { TestApp } from "./app.ts";

/** `fetch` of a path on the server. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

export interface SentFile {
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

const MIN = 256 * 1024;
const MAX = 10 * 1024 * 1024;
const TRIES = 10;

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");

/** As `MultipartFormDataContent` writes it: fields in this order, the chunk called chunk.dat at the end. */
export function chunkForm(fields: Record<string, string | number>, chunk: Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
  form.append("chunk", new Blob([chunk]), "chunk.dat");
  return form;
}

/** `AdaptiveResumableUploadService`. */
export class AdaptiveClient {
  speedMbps = 1;
  latencyMs = 100;
  pings = 0;
  /** Sizes of the chunks that were acknowledged, by offset. */
  readonly sent = new Map<number, number>();

  constructor(
    readonly send: Send,
    readonly options: {
      /** Milliseconds, for the speed and the latency measured. */
      now?: () => number;
      delay?: (ms: number) => Promise<void>;
      /** What goes wrong with the chunk at this offset. */
      spoil?: (offset: number) => "hash" | "nothing";
      hashes?: boolean;
    } = {},
  ) {}

  chunkSize(): number {
    const ideal = this.speedMbps * 125_000 * 2 / Math.max(1, this.latencyMs / 50);
    return Math.min(MAX, Math.max(MIN, Math.trunc(ideal)));
  }

  async uploaded(fileId: string): Promise<Map<number, number>> {
    try {
      const response = await this.send(`/api/Upload/GetUploadStatus?fileId=${fileId}`);
      if (!response.ok) throw new Error(await response.text());
      const { uploadedChunks } = await response.json();
      return new Map(
        uploadedChunks.map(({ offset, size }: { offset: number; size: number }) => [offset, size]),
      );
    } catch {
      return new Map();
    }
  }

  /** 10 tries; each asks first what has come, then sends what is missing, 4 chunks at a time. */
  async upload({ name, bytes }: SentFile, { signal, fileId = sha256(bytes) }: {
    signal?: AbortSignal;
    fileId?: string;
  } = {}): Promise<void> {
    const { delay = () => Promise.resolve() } = this.options;
    for (let tries = 0;;) {
      try {
        const chunks = this.#missing(bytes.length, await this.uploaded(fileId));
        const worker = async () => {
          for (const { index, offset, size } of chunks) {
            signal?.throwIfAborted();
            await this.#sendChunk({ name, bytes, fileId, index, offset, size });
          }
        };
        const ends = await Promise.allSettled(Array.from({ length: 4 }, worker));
        const failed = ends.find((end) => end.status === "rejected");
        if (failed) throw failed.reason;
        const merged = await this.send("/api/Upload/MergeChunks", {
          method: "POST",
          headers: { "Content-Type": "application/json; charset=utf-8" },
          body: JSON.stringify({ FileId: fileId, FileName: name }),
        });
        if (!merged.ok) throw new Error(await merged.text());
        await merged.body?.cancel();
        return;
      } catch (error) {
        signal?.throwIfAborted();
        if (++tries >= TRIES) throw error;
        await delay(100 * tries);
      }
    }
  }

  *#missing(fileSize: number, uploaded: Map<number, number>) {
    let index = 0;
    for (let position = 0; position < fileSize; index++) {
      const have = uploaded.get(position);
      if (have !== undefined) {
        position += have;
        continue;
      }
      const size = Math.min(this.chunkSize(), fileSize - position);
      const offset = position;
      // Before it is handed out: four workers take from one generator.
      position += size;
      yield { index, offset, size };
    }
  }

  async #sendChunk({ name, bytes, fileId, index, offset, size }: SentFile & {
    fileId: string;
    index: number;
    offset: number;
    size: number;
  }): Promise<void> {
    const { now = () => performance.now(), spoil = () => "nothing", hashes = true } = this.options;
    const pinged = now();
    await (await this.send("/api/Ping")).body?.cancel();
    this.pings++;
    const latency = now() - pinged;
    const chunk = bytes.slice(offset, offset + size);
    const hash = md5(chunk);
    if (spoil(offset) === "hash") chunk[0] = chunk[0]! ^ 1;
    const form = chunkForm({
      fileId,
      chunkIndex: index,
      chunkOffset: offset,
      chunkSize: size,
      fileSize: bytes.length,
      fileName: name,
      ...(hashes && { chunkHash: hash }),
    }, chunk);
    const begun = now();
    const response = await this.send("/api/Upload/UploadChunk", { method: "POST", body: form });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    const seconds = Math.max(0.0001, (now() - begun) / 1000);
    this.speedMbps = 0.7 * this.speedMbps + 0.3 * (size * 8 / seconds / 1_000_000);
    this.latencyMs = 0.8 * this.latencyMs + 0.2 * latency;
    this.sent.set(offset, size);
  }
}

/** The first version: chunks of 1 MiB by number. */
export function numberedForm(
  { name, bytes, fileId, number, total }: SentFile & { fileId: string; number: number; total: number },
): FormData {
  const chunk = bytes.slice(number * 2 ** 20, (number + 1) * 2 ** 20);
  return chunkForm({ fileId, chunkNumber: number, totalChunks: total, fileName: name }, chunk);
}

/** `ResumableDownloadService`: goes on behind what it has; 416 says that it has all. */
export async function resumeDownload(
  send: Send,
  path: string,
  have: Uint8Array,
): Promise<{ status: number; bytes: Uint8Array }> {
  const headers: Record<string, string> = have.length > 0 ? { Range: `bytes=${have.length}-` } : {};
  const response = await send(path, { headers });
  const rest = await response.bytes();
  if (response.status === 416) return { status: 416, bytes: have };
  return { status: response.status, bytes: Buffer.concat([have, rest]) };
}

/** Asks as these clients do, which never sign in. */
export const anonymous = (app: TestApp) => (path: string, init?: RequestInit) =>
  app.request(path, { ...init, user: null });

export async function say(response: Response) {
  return { status: response.status, text: await response.text() };
}
