/** Uploads to Pawl in chunks, each with its digest. */
import type { TestServer } from "../../tests/support/server.ts";
import type { PayloadFile } from "../payload.ts";
import type { Transfer } from "./curl.ts";

export interface PawlSession {
  /** One list of transfers for each connection. */
  connections: Transfer[][];
  /** Finishes; resolves with the milliseconds that the answer took and the attachment. */
  complete(): Promise<{ ms: number; attachmentId: string; contentUrl: string }>;
}

export interface UploadPlan {
  /** In the order of the file. */
  chunks: PayloadFile[];
  connections: number;
}

export async function openSession(
  server: TestServer,
  { chunks, connections }: UploadPlan,
): Promise<PawlSession> {
  const token = await server.token();
  const size = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
  const authorization = { Authorization: `Bearer ${token}` };
  const post = async (path: string, body?: unknown) => {
    const response = await fetch(new URL(path, server.url), {
      method: "POST",
      headers: { ...authorization, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status !== 201) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return await response.json();
  };
  const { id } = await post("/api/v1/uploads", { fileName: "bench.bin", size });

  const lists = Array.from({ length: connections }, (): Transfer[] => []);
  let offset = 0;
  for (const [index, chunk] of chunks.entries()) {
    lists[index % connections]!.push({
      url: new URL(`/api/v1/uploads/${id}/chunks/${offset}`, server.url).href,
      upload: chunk.path,
      headers: { ...authorization, "Content-Digest": `sha-256=:${chunk.sha256}:` },
    });
    offset += chunk.size;
  }
  return {
    connections: lists.filter((list) => list.length > 0),
    async complete() {
      const started = performance.now();
      const attachment = await post(`/api/v1/uploads/${id}/complete`);
      return {
        ms: performance.now() - started,
        attachmentId: attachment.id,
        contentUrl: new URL(`/api/v1/attachments/${attachment.id}/content`, server.url).href,
      };
    },
  };
}

/**
 * `count` chunks out of a few different ones, from another one on in each round, so that no round's content was
 * stored before and yet no digest is computed while it runs.
 */
export function chunksOf(
  pool: PayloadFile[],
  { count, round }: { count: number; round: number },
): PayloadFile[] {
  return Array.from({ length: count }, (_, index) => pool[(index + round) % pool.length]!);
}
