/**
 * `deno task bench`: Pawl against a bare loop, `@tus/server` and nginx, in one run on one machine, in turns; about ten
 * minutes.
 *
 *     --quick        smaller files and fewer rounds, below a minute
 *     --write        puts the report into docs/benchmarks.md too
 *     --only=a,b     uploads, downloads, files, images, memory
 *     --rounds=n     measured rounds of each contender
 *     --mib=n        size of the file, a multiple of 32
 */
import { parseArgs } from "node:util";
import { describeMachine, loadAverage } from "./machine.ts";
import { makePayload, MIB } from "./payload.ts";
import { type Section, SECTIONS } from "./sections.ts";
import type { Setup } from "./setup.ts";
import { goalTable } from "./report.ts";
import type { Goal } from "./goals.ts";
import { POSSIBLE } from "./reasons.ts";
import { startTus, type TusPeers } from "./servers/tus.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    only: { type: "string", default: Object.keys(SECTIONS).join(",") },
    rounds: { type: "string" },
    mib: { type: "string" },
  },
});

function positive(text: string | undefined, otherwise: number): number {
  const number = Number(text ?? otherwise);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${text} is not a positive whole number`);
  return number;
}

async function main(): Promise<string> {
  const scratch = await Deno.makeTempDir({ prefix: "pawl_bench_" });
  try {
    await using stack = new AsyncDisposableStack();
    const payload = stack.use(await makePayload());
    Deno.addSignalListener("SIGINT", () => {
      for (const directory of [payload.directory, scratch]) Deno.removeSync(directory, { recursive: true });
      Deno.exit(130);
    });
    const names = values.only.split(",");
    const tus = names.some((name) => PEER_IN.includes(name)) ? await startPeer(scratch) : null;
    if (tus) stack.use(tus);
    const setup: Setup = {
      payload,
      scratch,
      tus,
      bytes: positive(values.mib, values.quick ? 64 : 1024) * MIB,
      rounds: positive(values.rounds, values.quick ? 2 : 7),
      quick: values.quick,
      versions: tus ? [tus.version] : [],
    };
    const sections: string[] = [];
    const goals: Goal[] = [];
    const loadBefore = loadAverage();
    for (const name of names) {
      const measure: Section | undefined = SECTIONS[name];
      if (!measure) throw new Error(`--only takes ${Object.keys(SECTIONS).join(", ")}, not ${name}`);
      console.error(`measuring ${name} ...`);
      const { text, goals: some } = await measure(setup);
      sections.push(text);
      goals.push(...some);
    }
    const machine = await describeMachine({ versions: setup.versions, directory: scratch });
    return report({ machine, goals, sections, setup, loads: [loadBefore, loadAverage()] });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
}

/** Sections in which `@tus/server` takes part. */
const PEER_IN = ["uploads", "files"];

async function startPeer(scratch: string): Promise<TusPeers | null> {
  try {
    return await startTus(scratch);
  } catch (error) {
    console.error(`Without @tus/server: ${(error as Error).message}`);
    return null;
  }
}

interface Report {
  machine: string[];
  goals: Goal[];
  sections: string[];
  setup: Setup;
  /** Before and after. */
  loads: [string, string];
}

function report({ machine, goals, sections, setup, loads }: Report): string {
  const date = new Date().toISOString().slice(0, 10);
  return [
    "# Benchmarks",
    `Made by \`deno task bench\` on ${date}: one run, the contenders in turns, medians of ${setup.rounds} rounds after one ` +
    `that does not count. The machine's load was ${loads[0]} before and ${
      loads[1]
    } after it (the run itself counts).`,
    machine.map((line) => `- ${line}`).join("\n"),
    "## Goals",
    POSSIBLE,
    goalTable(goals),
    ...sections,
  ].join("\n\n") + "\n";
}

const text = await main();
console.log(text);
if (values.write) {
  const page = new URL("../docs/benchmarks.md", import.meta.url).pathname;
  await Deno.writeTextFile(page, text);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", page] }).output();
}
