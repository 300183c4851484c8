/** One file up: by one and by four connections, in chunks with digests, each synced before it is acknowledged. */
import type { TestServer } from "../../tests/support/server.ts";
import { type Transfer, transfers } from "../clients/curl.ts";
import { chunksOf, openSession } from "../clients/pawl_client.ts";
import { MIB, type Payload, type PayloadFile } from "../payload.ts";
import type { Contender } from "../rounds.ts";
import type { BareLoop, startMemoryLoop } from "../servers/bare_loop.ts";
import { removeFiles } from "../servers/directory.ts";
import type { TusServer } from "../servers/tus.ts";

export const UPLOAD_CONNECTIONS = [1, 4];
/** Different ones, so that the processor's caches do not hold them all. */
const CHUNK_FILES = 12;

export interface UploadServers {
  pawl: TestServer;
  memoryLoop: Awaited<ReturnType<typeof startMemoryLoop>>;
  socketLoop: BareLoop & { url: string };
  /** null: not to be had here. */
  tus: TusServer | null;
}

export interface UploadSize {
  /** Of the file, a multiple of `chunkBytes`. */
  bytes: number;
  chunkBytes: number;
}

export const uploadNames = {
  memory: "hash + write + sync from memory",
  socket: (connections: number) => `socket + hash + write + sync, ${times(connections)}`,
  pawl: (connections: number) => `Pawl, ${times(connections)}`,
  put: "Pawl, one PUT of the whole file",
  tus: (connections: number) => `@tus/server, ${times(connections)}`,
  tusChunks: (connections: number) => `@tus/server, chunks, ${times(connections)}`,
};

export function times(connections: number): string {
  return connections === 1 ? "1 connection" : `${connections} connections`;
}

export async function uploadContenders(
  { pawl, memoryLoop, socketLoop, tus }: UploadServers,
  { payload, size: { bytes, chunkBytes } }: { payload: Payload; size: UploadSize },
): Promise<Contender[]> {
  const pool: PayloadFile[] = [];
  for (let n = 0; n < CHUNK_FILES; n++) pool.push(await payload.file(`chunk_${n}`, chunkBytes));
  const count = bytes / chunkBytes;
  const { directory } = payload;

  const memory: Contender = {
    name: uploadNames.memory,
    bytes,
    pid: () => memoryLoop.pid,
    prepare: () => Promise.resolve(() => memoryLoop.write({ chunks: count, size: chunkBytes })),
    after: memoryLoop.removeData,
  };
  const socket = (connections: number): Contender => ({
    name: uploadNames.socket(connections),
    bytes,
    pid: () => socketLoop.pid,
    prepare(round) {
      const lists = Array.from({ length: connections }, (): Transfer[] => []);
      chunksOf(pool, { count, round }).forEach((chunk, index) => {
        lists[index % connections]!.push({ url: socketLoop.url, upload: chunk.path });
      });
      return transfers(lists, directory);
    },
    after: socketLoop.removeData,
  });
  const chunked = (connections: number): Contender => ({
    name: uploadNames.pawl(connections),
    bytes,
    pid: () => pawl.pid,
    async prepare(round) {
      // Content that was never stored before, also not by the other number of connections.
      const chunks = chunksOf(pool, { count, round: round * UPLOAD_CONNECTIONS.length + connections % 4 });
      const session = await openSession(pawl, { chunks, connections });
      const send = await transfers(session.connections, directory);
      return async () => {
        await send();
        return { completeMs: (await session.complete()).ms };
      };
    },
    after: () => removeBlobs(pawl),
  });
  const contenders = [memory];
  for (const connections of UPLOAD_CONNECTIONS) {
    contenders.push(socket(connections), chunked(connections));
    if (tus) {
      contenders.push(tusChunks(tus, { payload, pool, count, connections }));
      contenders.push(await tusUploads(tus, { payload, bytes, connections }));
    }
  }
  contenders.push(await wholePut(pawl, { payload, bytes }));
  return contenders;
}

/** One PATCH for each connection: the way that costs @tus/server least. It cannot take one file by several. */
async function tusUploads(
  tus: TusServer,
  { payload, bytes, connections }: { payload: Payload; bytes: number; connections: number },
): Promise<Contender> {
  const body = await payload.file(`part_of_${connections}`, bytes / connections);
  return {
    name: uploadNames.tus(connections),
    bytes,
    pid: () => tus.pid,
    async prepare() {
      const lists = await Promise.all(Array.from({ length: connections }, async (): Promise<Transfer[]> => {
        const headers = { "Tus-Resumable": "1.0.0", "Upload-Length": String(body.size) };
        const created = await fetch(tus.url, { method: "POST", headers });
        await created.body?.cancel();
        const url = new URL(created.headers.get("location")!, tus.url).href;
        return [{
          url,
          method: "PATCH",
          upload: body.path,
          headers: {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
          },
        }];
      }));
      return await transfers(lists, payload.directory);
    },
    after: tus.removeData,
  };
}

async function createTus(tus: TusServer, size: number): Promise<string> {
  const headers = { "Tus-Resumable": "1.0.0", "Upload-Length": String(size) };
  const created = await fetch(tus.url, { method: "POST", headers });
  await created.body?.cancel();
  return new URL(created.headers.get("location")!, tus.url).href;
}

function tusChunks(
  tus: TusServer,
  { payload, pool, count, connections }: {
    payload: Payload;
    pool: PayloadFile[];
    count: number;
    connections: number;
  },
): Contender {
  const chunkBytes = pool[0]!.size;
  return {
    name: uploadNames.tusChunks(connections),
    bytes: count * chunkBytes,
    pid: () => tus.pid,
    async prepare() {
      const lists = await Promise.all(Array.from({ length: connections }, async (_, connection) => {
        const chunks = chunksOf(pool, { count: count / connections, round: connection });
        const url = await createTus(tus, count / connections * chunkBytes);
        return chunks.map((chunk, index): Transfer => ({
          url,
          method: "PATCH",
          upload: chunk.path,
          headers: {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": String(index * chunkBytes),
            "Content-Type": "application/offset+octet-stream",
          },
        }));
      }));
      return await transfers(lists, payload.directory);
    },
    after: tus.removeData,
  };
}

async function wholePut(
  pawl: TestServer,
  { payload, bytes }: { payload: Payload; bytes: number },
): Promise<Contender> {
  const body = `${payload.directory}/part_of_1`;
  const { path } = await Deno.stat(body).then(() => ({ path: body }), () => payload.file("part_of_1", bytes));
  return {
    name: uploadNames.put,
    bytes,
    pid: () => pawl.pid,
    async prepare(round) {
      // Its first bytes differ from round to round.
      using file = await Deno.open(path, { write: true });
      await file.write(new TextEncoder().encode(`round ${round} ${MIB}`));
      return await transfers([[{
        url: new URL(`/api/v1/files/bench_${round}.bin`, pawl.url).href,
        upload: path,
        headers: { Authorization: `Bearer ${await pawl.token()}` },
      }]], payload.directory);
    },
    after: () => removeBlobs(pawl),
  };
}

/** The records stay: nobody asks for these attachments again. */
export function removeBlobs(pawl: TestServer): Promise<void> {
  return removeFiles(`${pawl.dataDir}/blobs`);
}
