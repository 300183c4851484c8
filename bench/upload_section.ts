/** Large files up, against bare loops and `@tus/server`, as it is and with equal guarantees. */
import type { Goal } from "./goals.ts";
import { MIB } from "./payload.ts";
import { REASONS } from "./reasons.ts";
import { clientCpu, extra, memory, resultTable, seconds, serverCpu, throughput } from "./report.ts";
import { measure, median } from "./rounds.ts";
import { times, UPLOAD_CONNECTIONS, uploadContenders, uploadNames } from "./scenarios/uploads.ts";
import { startMemoryLoop, startSocketLoop } from "./servers/bare_loop.ts";
import { CHUNK_BYTES, folder, type Setup, type SpeedGoal, speedGoal, startPawl } from "./setup.ts";

export async function uploadSection(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, bytes, rounds, tus } = setup;
  await using pawl = await startPawl();
  await using memoryLoop = await startMemoryLoop(await folder(setup, "memory_loop"));
  await using socketLoop = await startSocketLoop(await folder(setup, "socket_loop"));
  const servers = { pawl, memoryLoop, socketLoop, tus };
  const size = { bytes, chunkBytes: CHUNK_BYTES };
  const contenders = await uploadContenders(servers, { payload, size });
  const results = await measure(contenders, { rounds, of: "uploads" });

  const goals: Goal[] = [];
  const compare = (what: string, goal: SpeedGoal) => goals.push(...speedGoal(what, results, goal));
  /** The goal as it was set, and the comparison of like with like. */
  const compareTus = (
    what: string,
    name: string,
    { plain, equal, connections }: { plain: string; equal: string; connections: number },
  ) => {
    const floor = uploadNames.socket(connections);
    compare(`${what} @tus/server`, { name, other: plain, floor, limit: 2, why: REASONS.twiceTus });
    compare(`${what} @tus/server with equal guarantees`, {
      name,
      other: equal,
      floor,
      limit: 2,
      why: REASONS.equalTus,
    });
  };
  for (const connections of UPLOAD_CONNECTIONS) {
    const [what, name] = [`upload, ${times(connections)}: speed of`, uploadNames.pawl(connections)];
    const [memory, floor] = [uploadNames.memory, uploadNames.socket(connections)];
    compare(`${what} the bare loop`, { name, other: memory, floor, limit: 0.6, why: REASONS.bareLoop });
    compare(`${what} the bare loop with both digests`, { name, other: uploadNames.memoryBoth, limit: 0.6 });
    compareTus(what, name, {
      connections,
      plain: uploadNames.tus(connections),
      equal: uploadNames.checkedDigests(connections),
    });
  }
  compare("upload, one PUT: speed of the bare loop", {
    name: uploadNames.put,
    other: uploadNames.memory,
    floor: uploadNames.socket(1),
    limit: 0.6,
  });
  compareTus("tus, one PATCH: speed of", uploadNames.pawlTus, {
    connections: 1,
    plain: uploadNames.tus(1),
    equal: uploadNames.checked,
  });
  compareTus("tus, a PATCH for each chunk: speed of", uploadNames.pawlTusChunks, {
    connections: 1,
    plain: uploadNames.tusChunks(1),
    equal: uploadNames.checkedChunks,
  });
  const inOrder = results.find(({ contender }) => contender === uploadNames.pawl(1))!;
  goals.push({
    name: `complete of ${bytes / MIB} MiB that came in order`,
    limit: 100,
    atMost: true,
    value: median(inOrder.samples.map(({ extra }) => extra.completeMs!)),
    unit: " ms",
  });
  const columns = [seconds, throughput, serverCpu, clientCpu, memory, extra("completeMs", "`complete` ms")];
  return { text: `${uploadText(bytes)}\n\n${resultTable("upload", results, columns)}`, goals };
}

function uploadText(bytes: number): string {
  return `## Uploads of ${bytes / MIB} MiB

The seconds go from the start of the first \`curl\` to the answer of \`complete\`.

- **Pawl**: ${
    CHUNK_BYTES / MIB
  } MiB chunks, each with its SHA-256, each checked, synced and recorded before its 200; the whole
  file's SHA-256 and CRC-32 besides. With 4 connections: one file by all four.
- **one SHA-256 from memory**: \`node:crypto\` over as many bytes, no network, no disk.
- **hash + write + sync from memory**, the bare loop of the goal: one SHA-256 over the same bytes while they are
  written, \`fdatasync\` after each chunk; no network and nobody else at work. It hashes once where Pawl hashes
  twice (chunk and file); **chunk hash + file hash** hashes as often.
- **socket + hash + write + sync**, the floor: the same loop behind a socket, for the same clients as Pawl, with one
  hash, without HTTP, accounts and records. Whoever answers for the same bytes on this runtime does all of that.
- **@tus/server**: one PATCH with a whole file for each connection, which is what costs it least; with 4 connections
  four files of a quarter, as it does not take one file by several. *Chunks*: a PATCH for each chunk. It has no
  checksums and does not sync: an acknowledged byte may be lost with the power.
- **@tus/server with equal guarantees**: the same, with a store around its own (\`bench/servers/tus_server_checked.mjs\`)
  that takes the SHA-256 of the file as the bytes come, syncs before each answer, and with *digests* compares each
  body with its \`Upload-Checksum\`. Still without accounts, records, audit, or storing equal content once.
- **Pawl by tus**: the same requests as @tus/server. The whole file's SHA-256 is taken as the bytes come; what has
  come is synced and recorded every 8 MiB or second, and before each answer.`;
}
