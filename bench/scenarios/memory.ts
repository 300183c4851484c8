/** Peak memory of a server that has done one thing only: large and small files, many uploads at once. */
import { startServer } from "../../tests/support/server.ts";
import { transfers } from "../clients/curl.ts";
import { chunksOf, openSession } from "../clients/pawl_client.ts";
import { MIB, type Payload, type PayloadFile } from "../payload.ts";
import { peakMemory } from "../process_figures.ts";

export interface MemoryCase {
  name: string;
  uploads: number;
  bytesEach: number;
  /** Bytes: the server's VmHWM; 0 until it was measured. */
  peak: number;
}

export function memoryCases({ small, large }: { small: number; large: number }): MemoryCase[] {
  const mib = (bytes: number) => bytes >= 1024 * MIB ? `${bytes / MIB / 1024} GiB` : `${bytes / MIB} MiB`;
  return [
    { name: "started, nothing done", uploads: 0, bytesEach: 0, peak: 0 },
    { name: `one file of ${mib(small)}`, uploads: 1, bytesEach: small, peak: 0 },
    { name: `one file of ${mib(large)}`, uploads: 1, bytesEach: large, peak: 0 },
    { name: `32 files of ${mib(small)} at once`, uploads: 32, bytesEach: small, peak: 0 },
  ];
}

/** Uploads in chunks, by one connection each, and completes them all at once. */
export async function measureMemory(
  { name, uploads, bytesEach }: MemoryCase,
  { payload, chunkBytes }: { payload: Payload; chunkBytes: number },
): Promise<MemoryCase> {
  await using pawl = await startServer({ env: { PAWL_LOG_LEVEL: "warning" } });
  const pool: PayloadFile[] = [];
  for (let n = 0; n < 12; n++) pool.push(await payload.file(`chunk_${n}`, chunkBytes));
  const sessions = await Promise.all(Array.from({ length: uploads }, (_, round) => {
    const chunks = chunksOf(pool, { count: Math.ceil(bytesEach / chunkBytes), round });
    return openSession(pawl, { chunks, connections: 1 });
  }));
  await (await transfers(sessions.flatMap(({ connections }) => connections), payload.directory))();
  await Promise.all(sessions.map((session) => session.complete()));
  return { name, uploads, bytesEach, peak: peakMemory([pawl.pid]) };
}
