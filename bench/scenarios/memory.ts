/** Peak memory of a server that has done one thing only: large and small files, many uploads at once. */
import { startServer } from "../../tests/support/server.ts";
import { transfers } from "../clients/curl.ts";
import { chunksOf, openSession } from "../clients/pawl_client.ts";
import { MIB, type Payload, type PayloadFile } from "../payload.ts";
import { peakMemory } from "../process_figures.ts";

export interface MemoryCase {
  name: string;
  files: number;
  /** Of each file. */
  bytes: number;
  /** All files at once; else one after the other. */
  atOnce: boolean;
}

export interface MemoryPlan {
  /** Bytes of a small and of a large file. */
  small: number;
  large: number;
}

export function memoryCases(
  { small, large }: MemoryPlan,
): Record<"idle" | "small" | "series" | "large" | "many", MemoryCase> {
  const size = (bytes: number) => bytes >= 1024 * MIB ? `${bytes / MIB / 1024} GiB` : `${bytes / MIB} MiB`;
  const series = Math.round(large / small);
  return {
    idle: { name: "started, nothing done", files: 0, bytes: 0, atOnce: true },
    small: { name: `one file of ${size(small)}`, files: 1, bytes: small, atOnce: true },
    series: {
      name: `${series} files of ${size(small)}, one after the other`,
      files: series,
      bytes: small,
      atOnce: false,
    },
    large: { name: `one file of ${size(large)}`, files: 1, bytes: large, atOnce: true },
    many: { name: `32 files of ${size(small)} at once`, files: 32, bytes: small, atOnce: true },
  };
}

/** Bytes: the server's VmHWM after uploads in chunks, each file by one connection, and their completion. */
export async function measureMemory(
  { files, bytes, atOnce }: MemoryCase,
  { payload, chunkBytes }: { payload: Payload; chunkBytes: number },
): Promise<number> {
  await using pawl = await startServer({ env: { PAWL_LOG_LEVEL: "warning" } });
  const pool: PayloadFile[] = [];
  for (let n = 0; n < 12; n++) pool.push(await payload.file(`chunk_${n}`, chunkBytes));

  async function upload(first: number, count: number) {
    const sessions = await Promise.all(Array.from({ length: count }, (_, index) => {
      const chunks = chunksOf(pool, { count: Math.ceil(bytes / chunkBytes), round: first + index });
      return openSession(pawl, { chunks, connections: 1 });
    }));
    await (await transfers(sessions.flatMap(({ connections }) => connections), payload.directory))();
    await Promise.all(sessions.map((session) => session.complete()));
  }

  if (atOnce) await upload(0, files);
  else for (let file = 0; file < files; file++) await upload(file, 1);
  return peakMemory([pawl.pid]);
}
