/** The parts of the report: each starts its servers, measures, and says what it found. */
import { startServer } from "../tests/support/server.ts";
import { type Goal, ratio, speed } from "./goals.ts";
import { MIB, type Payload } from "./payload.ts";
import {
  clientCpu,
  type Column,
  extra,
  memory,
  resultTable,
  seconds,
  serverCpu,
  table,
  throughput,
} from "./report.ts";
import { measure, median, type Result, type Sample } from "./rounds.ts";
import { downloadBench } from "./scenarios/downloads.ts";
import { REASONS } from "./reasons.ts";
import { imageSection } from "./image_section.ts";
import { measureMemory, memoryCases } from "./scenarios/memory.ts";
import { SMALL_BYTES, SMALL_CONNECTIONS, smallFileContenders, smallNames } from "./scenarios/small_files.ts";
import { times, UPLOAD_CONNECTIONS, uploadContenders, uploadNames } from "./scenarios/uploads.ts";
import { startMemoryLoop, startSocketLoop } from "./servers/bare_loop.ts";
import type { TusServer } from "./servers/tus.ts";

export interface Setup {
  payload: Payload;
  /** An empty folder on a disk. */
  scratch: string;
  /** null: not to be had here. */
  tus: TusServer | null;
  /** Of the large file. */
  bytes: number;
  rounds: number;
  quick: boolean;
  /** Of the peers; sections add theirs. */
  versions: string[];
}

export type Section = (setup: Setup) => Promise<{ text: string; goals: Goal[] }>;

export const SECTIONS: Record<string, Section> = {
  uploads,
  downloads,
  files,
  images: imageSection,
  memory: peakMemories,
};

const CHUNK_BYTES = 8 * MIB;
const startPawl = () => startServer({ env: { PAWL_LOG_LEVEL: "warning" } });

async function folder(setup: Setup, name: string): Promise<string> {
  const path = `${setup.scratch}/${name}`;
  await Deno.mkdir(path);
  return path;
}

interface SpeedGoal {
  /** Contenders. */
  name: string;
  other: string;
  limit: number;
  why?: string;
}

/** None when one of both did not take part. */
function speedGoal(
  what: string,
  results: Result[],
  { name, other, limit, why }: SpeedGoal,
): Goal[] {
  const value = ratio(results, { name, other });
  return value === null ? [] : [{ name: what, limit, value, unit: "x", ...(why && { why }) }];
}

async function uploads(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, bytes, rounds, tus } = setup;
  await using pawl = await startPawl();
  await using memoryLoop = await startMemoryLoop(await folder(setup, "memory_loop"));
  await using socketLoop = await startSocketLoop(await folder(setup, "socket_loop"));
  const servers = { pawl, memoryLoop, socketLoop, tus };
  const size = { bytes, chunkBytes: CHUNK_BYTES };
  const results = await measure(await uploadContenders(servers, { payload, size }), rounds);

  const goals: Goal[] = [];
  const compare = (what: string, goal: SpeedGoal) => goals.push(...speedGoal(what, results, goal));
  const why = REASONS.twiceTus;
  for (const connections of UPLOAD_CONNECTIONS) {
    const [what, name] = [`upload, ${times(connections)}: speed of`, uploadNames.pawl(connections)];
    compare(`${what} the bare loop`, { name, other: uploadNames.memory, limit: 0.6 });
    compare(`${what} @tus/server`, { name, other: uploadNames.tus(connections), limit: 2, why });
  }
  compare("tus, one PATCH: speed of @tus/server", {
    name: uploadNames.pawlTus,
    other: uploadNames.tus(1),
    limit: 2,
    why,
  });
  compare("tus, a PATCH for each chunk: speed of @tus/server", {
    name: uploadNames.pawlTusChunks,
    other: uploadNames.tusChunks(1),
    limit: 2,
    why,
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
- **hash + write + sync from memory**, the bare loop of the goal: one SHA-256 over the same bytes while they are
  written, \`fdatasync\` after each chunk; no network and nobody else at work. It hashes once where Pawl hashes
  twice (chunk and file).
- **socket + hash + write + sync**: the same loop behind a socket, for the same clients as Pawl.
- **@tus/server**: one PATCH with a whole file for each connection, which is what costs it least; with 4 connections
  four files of a quarter, as it does not take one file by several. *Chunks*: a PATCH for each chunk. It has no
  checksums and does not sync: an acknowledged byte may be lost with the power.
- **Pawl by tus**: the same requests as @tus/server. The whole file's SHA-256 is taken as the bytes come; what has
  come is synced and recorded every 8 MiB or second, and before each answer.`;
}

async function downloads(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, bytes, rounds } = setup;
  await using pawl = await startPawl();
  const scratch = await folder(setup, "downloads");
  const { cases, nginx } = await downloadBench(pawl, { payload, scratch, bytes });
  await using _nginx = nginx;
  if (nginx) setup.versions.push(nginx.version);
  const all: Result[] = [];
  const goals: Goal[] = [];
  for (const { of: { kind, connections, sink }, contenders } of cases) {
    const name = `${kind}, ${times(connections)}, ${sink}`;
    const results = await measure(contenders, rounds);
    goals.push(
      ...speedGoal(`download, ${name}: speed of nginx`, results, {
        name: "Pawl",
        other: "nginx",
        limit: 0.9,
        why: REASONS.nginx,
      }),
    );
    all.push(...results.map((result) => ({ ...result, contender: `${name}: ${result.contender}` })));
  }
  const text = `## Downloads of ${bytes / MIB} MiB

Both hand out the same file on disk, which is in the page cache; nginx with \`sendfile\` and two workers. *Ranges* are
16 MiB each. *Discarded*: \`curl\` throws the bytes away; *to a file*: it writes them, as people do. With 8
connections, *whole* is a file of an eighth for each.`;
  return {
    text: `${text}\n\n${resultTable("download", all, [seconds, throughput, serverCpu, clientCpu, memory])}`,
    goals,
  };
}

async function files(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, rounds, tus, quick } = setup;
  const count = quick ? 200 : 2000;
  await using pawl = await startPawl();
  const results = await measure(smallFileContenders({ pawl, tus }, { payload, count }), rounds);
  const rate: Column = ["files/s", (result) => (speed(result) / SMALL_BYTES).toFixed(0)];
  const each = (title: string, figure: (sample: Sample) => number): Column => [
    title,
    (result) => (median(result.samples.map(figure)) / count * 1000).toFixed(2),
  ];
  const cpuEach = each("server CPU ms/file", ({ serverCpu }) => serverCpu);
  const clientEach = each("client CPU ms/file", ({ clientCpu }) => clientCpu);
  const text = `## ${count} files of 10 KiB up, ${SMALL_CONNECTIONS} at a time

One request for each, connections kept open. Pawl's 201 says that the file, its directory entry, its record and its
entry in the audit are on stable storage, and its SHA-256 is known; \`@tus/server\` hashes and syncs nothing.`;
  return {
    text: `${text}\n\n${resultTable("files", results, [seconds, rate, cpuEach, clientEach, memory])}`,
    goals: speedGoal(`tus, creation with ${count} files of 10 KiB: speed of @tus/server`, results, {
      name: smallNames.pawlTus,
      other: smallNames.tus,
      limit: 2,
      why: REASONS.smallFiles,
    }),
  };
}

async function peakMemories({ payload, quick }: Setup): Promise<{ text: string; goals: Goal[] }> {
  const plan = quick ? { small: 8 * MIB, large: 128 * MIB } : { small: 100 * MIB, large: 10 * 1024 * MIB };
  const cases = memoryCases(plan);
  const peaks: Record<string, number> = {};
  for (const [key, one] of Object.entries(cases)) {
    peaks[key] = await measureMemory(one, { payload, chunkBytes: CHUNK_BYTES });
  }
  const atMost200 = (name: string, value: number): Goal => ({
    name,
    limit: 200,
    atMost: true,
    value,
    unit: " MB",
  });
  const goals: Goal[] = [
    atMost200(`memory with ${cases.many.name}`, peaks.many! / 1e6),
    atMost200(`memory with ${cases.large.name}`, peaks.large! / 1e6),
    {
      name: `memory with ${cases.large.name} / the same bytes in small files`,
      limit: 1.1,
      atMost: true,
      value: peaks.large! / peaks.series!,
      unit: "x",
    },
  ];
  const rows = Object.entries(cases).map(([key, { name }]) => [name, (peaks[key]! / 1e6).toFixed(0)]);
  const text = `## Memory

Largest resident size (\`VmHWM\`) of a server that was started for this and did nothing else. What comes on top of the
start is mostly the engine warming up: the same bytes take as much in many small files as in one large file.`;
  return { text: `${text}\n\n${table(["uploads", "peak MB"], rows)}`, goals };
}
