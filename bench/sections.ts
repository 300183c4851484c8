/** The parts of the report: each starts its servers, measures, and says what it found. */
import { type Goal, speed } from "./goals.ts";
import { MIB } from "./payload.ts";
import {
  clientCpu,
  type Column,
  memory,
  resultTable,
  seconds,
  serverCpu,
  table,
  throughput,
} from "./report.ts";
import { measure, median, type Result, type Sample } from "./rounds.ts";
import { downloadBench, downloadNames } from "./scenarios/downloads.ts";
import { REASONS } from "./reasons.ts";
import { imageSection } from "./image_section.ts";
import { measureMemory, memoryCases } from "./scenarios/memory.ts";
import { SMALL_BYTES, SMALL_CONNECTIONS, smallFileContenders, smallNames } from "./scenarios/small_files.ts";
import { times } from "./scenarios/uploads.ts";
import { startBareServer } from "./servers/bare_server.ts";
import { CHUNK_BYTES, folder, type Setup, speedGoal, startPawl } from "./setup.ts";
import { uploadSection } from "./upload_section.ts";

export type Section = (setup: Setup) => Promise<{ text: string; goals: Goal[] }>;

export const SECTIONS: Record<string, Section> = {
  uploads: uploadSection,
  downloads,
  files,
  images: imageSection,
  memory: peakMemories,
};

async function downloads(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, bytes, rounds } = setup;
  await using pawl = await startPawl();
  const scratch = await folder(setup, "downloads");
  await using bench = await downloadBench(pawl, { payload, scratch, bytes });
  if (bench.nginxVersion) setup.versions.push(bench.nginxVersion);
  const all: Result[] = [];
  const goals: Goal[] = [];
  for (const { of: { kind, connections, sink }, contenders } of bench.cases) {
    const name = `${kind}, ${times(connections)}, ${sink}`;
    const results = await measure(contenders, { rounds, of: `download ${name}` });
    goals.push(
      ...speedGoal(`download, ${name}: speed of nginx`, results, {
        name: downloadNames.pawl,
        other: downloadNames.nginx,
        floor: downloadNames.bare,
        limit: 0.9,
        why: REASONS.nginx,
      }),
    );
    all.push(...results.map((result) => ({ ...result, contender: `${name}: ${result.contender}` })));
  }
  const text = `## Downloads of ${bytes / MIB} MiB

All hand out the same file on disk, which is in the page cache; nginx with two workers, with \`sendfile\` and without.
The *bare server* is the floor: it reads and sends, on the same runtime as Pawl, and neither checks nor counts anything.
*Ranges* are 16 MiB each. *Discarded*: \`curl\` throws the bytes away; *to a file*: it writes them, as people do. With
8 connections, *whole* is a file of an eighth for each.`;
  return {
    text: `${text}\n\n${resultTable("download", all, [seconds, throughput, serverCpu, clientCpu, memory])}`,
    goals,
  };
}

async function files(setup: Setup): Promise<{ text: string; goals: Goal[] }> {
  const { payload, rounds, tus, quick } = setup;
  const count = quick ? 200 : 2000;
  await using pawl = await startPawl();
  await using bare = await startBareServer("./bare_files.ts", await folder(setup, "bare_files"));
  const results = await measure(smallFileContenders({ pawl, bare, tus }, { payload, count }), {
    rounds,
    of: "small files",
  });
  const rate: Column = ["files/s", (result) => (speed(result) / SMALL_BYTES).toFixed(0)];
  const each = (title: string, figure: (sample: Sample) => number): Column => [
    title,
    (result) => (median(result.samples.map(figure)) / count * 1000).toFixed(2),
  ];
  const cpuEach = each("server CPU ms/file", ({ serverCpu }) => serverCpu);
  const clientEach = each("client CPU ms/file", ({ clientCpu }) => clientCpu);
  const text = `## ${count} files of 10 KiB up, ${SMALL_CONNECTIONS} at a time

One request for each, connections kept open. Pawl's 201 says that the file, its directory entry, its record and its
entry in the audit are on stable storage, and its SHA-256 is known; \`@tus/server\` hashes and syncs nothing. With
equal guarantees it computes the SHA-256 as the bytes pass, and syncs the file, the one that describes it, and their
folder (once for all who wait). The *bare server* is the floor: the file, its name and one record, with syncs and commits
shared by all who wait, on the same runtime as Pawl, without accounts, limits, indexes and audit.`;
  const what = `tus, creation with ${count} files of 10 KiB: speed of`;
  return {
    text: `${text}\n\n${resultTable("files", results, [seconds, rate, cpuEach, clientEach, memory])}`,
    goals: [
      ...speedGoal(`${what} @tus/server`, results, {
        name: smallNames.pawlTus,
        other: smallNames.tus,
        floor: smallNames.bare,
        limit: 2,
        why: REASONS.smallFiles,
      }),
      ...speedGoal(`${what} @tus/server with equal guarantees`, results, {
        name: smallNames.pawlTus,
        other: smallNames.checked,
        floor: smallNames.bare,
        limit: 2,
      }),
    ],
  };
}

async function peakMemories({ payload, quick }: Setup): Promise<{ text: string; goals: Goal[] }> {
  const plan = quick ? { small: 8 * MIB, large: 128 * MIB } : { small: 100 * MIB, large: 10 * 1024 * MIB };
  const cases = memoryCases(plan);
  const peaks: Record<string, number> = {};
  for (const [key, one] of Object.entries(cases)) {
    console.error(`  memory, ${one.name}`);
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
