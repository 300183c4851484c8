/** One file up: by one and by four connections, in chunks with digests, each synced before it is acknowledged. */
import type { TestServer } from "../../tests/support/server.ts";
import { type Transfer, transfers } from "../clients/curl.ts";
import { chunksOf, openSession } from "../clients/pawl_client.ts";
import type { Payload, PayloadFile } from "../payload.ts";
import type { Contender } from "../rounds.ts";
import type { BareLoop, startMemoryLoop } from "../servers/bare_loop.ts";
import { removeFiles } from "../servers/directory.ts";
import type { TusPeers, TusServer } from "../servers/tus.ts";
import { mark, onePatch, patchPerChunk, type TusTarget, wholeFile } from "./tus_uploads.ts";

export const UPLOAD_CONNECTIONS = [1, 4];
/** Different ones, so that the processor's caches do not hold them all. */
const CHUNK_FILES = 12;

export interface UploadServers {
  pawl: TestServer;
  memoryLoop: Awaited<ReturnType<typeof startMemoryLoop>>;
  socketLoop: BareLoop & { url: string };
  /** null: not to be had here. */
  tus: TusPeers | null;
}

export interface UploadSize {
  /** Of the file, a multiple of `chunkBytes`. */
  bytes: number;
  chunkBytes: number;
}

export const uploadNames = {
  hash: "one SHA-256 from memory, nothing else",
  memory: "hash + write + sync from memory",
  memoryBoth: "chunk hash + file hash + write + sync from memory",
  socket: (connections: number) => `socket + hash + write + sync, ${times(connections)}`,
  pawl: (connections: number) => `Pawl, ${times(connections)}`,
  put: "Pawl, one PUT of the whole file",
  pawlTus: "Pawl by tus, one PATCH",
  pawlTusChunks: "Pawl by tus, a PATCH for each chunk",
  tus: (connections: number) => `@tus/server, ${times(connections)}`,
  tusChunks: (connections: number) => `@tus/server, chunks, ${times(connections)}`,
  checked: "@tus/server with equal guarantees, one PATCH",
  checkedChunks: "@tus/server with equal guarantees, a PATCH for each chunk",
  checkedDigests: (connections: number) =>
    `@tus/server with equal guarantees, chunks with digests, ${times(connections)}`,
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

  const fromMemory = (name: string, run: typeof memoryLoop.write): Contender => ({
    name,
    bytes,
    pid: () => memoryLoop.pid,
    prepare: () => Promise.resolve(() => run({ chunks: count, size: chunkBytes })),
    after: memoryLoop.removeData,
  });
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
  const contenders = [
    fromMemory(uploadNames.hash, memoryLoop.hash),
    fromMemory(uploadNames.memory, memoryLoop.write),
    fromMemory(uploadNames.memoryBoth, memoryLoop.check),
  ];
  for (const connections of UPLOAD_CONNECTIONS) {
    contenders.push(socket(connections), chunked(connections));
    if (tus) {
      const [plain, equal] = [targetOf(tus.plain), targetOf(tus.checked)];
      const of = { payload, connections };
      contenders.push(
        patchPerChunk(plain, { name: uploadNames.tusChunks(connections), ...of, pool, count }),
        await onePatch(plain, { name: uploadNames.tus(connections), ...of, bytes }),
        patchPerChunk(equal, {
          name: uploadNames.checkedDigests(connections),
          ...of,
          checked: true,
          pool,
          count,
        }),
      );
    }
  }
  const byTus: TusTarget = {
    pid: () => pawl.pid,
    url: new URL("/files", pawl.url).href,
    headers: () => authorization(pawl),
    removeData: () => removeBlobs(pawl),
  };
  const one = { payload, connections: 1 };
  contenders.push(
    patchPerChunk(byTus, { name: uploadNames.pawlTusChunks, ...one, pool, count }),
    await onePatch(byTus, { name: uploadNames.pawlTus, ...one, bytes }),
    await wholePut(pawl, { payload, bytes }),
  );
  if (tus) {
    const equal = targetOf(tus.checked);
    contenders.push(
      patchPerChunk(equal, { name: uploadNames.checkedChunks, ...one, pool, count }),
      await onePatch(equal, { name: uploadNames.checked, ...one, bytes }),
    );
  }
  return contenders;
}

function targetOf({ pid, url, removeData }: TusServer): TusTarget {
  return { pid: () => pid, url, headers: () => Promise.resolve({}), removeData };
}

async function wholePut(
  pawl: TestServer,
  { payload, bytes }: { payload: Payload; bytes: number },
): Promise<Contender> {
  const body = await wholeFile(payload, 0, bytes);
  return {
    name: uploadNames.put,
    bytes,
    pid: () => pawl.pid,
    async prepare(round) {
      await mark(body, `${uploadNames.put} ${round}`);
      return await transfers([[{
        url: new URL(`/api/v1/files/bench_${round}.bin`, pawl.url).href,
        upload: body.path,
        headers: await authorization(pawl),
      }]], payload.directory);
    },
    after: () => removeBlobs(pawl),
  };
}

export async function authorization(pawl: TestServer): Promise<Record<string, string>> {
  return { Authorization: `Bearer ${await pawl.token()}` };
}

/** The records stay: nobody asks for these attachments again. */
export function removeBlobs(pawl: TestServer): Promise<void> {
  return removeFiles(`${pawl.dataDir}/blobs`);
}
