import assert from "node:assert/strict";
import { KIB, MIB, runTrial, type Trial } from "./adaptive_grid.ts";

const LINES = [
  { name: "1 Mbit/s", bitsPerSecond: 1e6, sizes: [3e6, 30e6] },
  { name: "50 Mbit/s", bitsPerSecond: 50e6, sizes: [20e6, 500e6] },
  { name: "1 Gbit/s", bitsPerSecond: 1e9, sizes: [100e6, 1e9] },
];
const RTTS_MS = [10, 50, 100, 300];
const BROKEN = [0, 0.005, 0.02];
const FIXED = [256 * KIB, 512 * KIB, MIB, 2 * MIB, 4 * MIB, 8 * MIB, 10 * MIB];
const SEEDS = [1, 2];
/** Sizes that cut a file into more chunks than this are never the best. */
const MOST_CHUNKS = 1000;

async function meanSeconds(trial: Omit<Trial, "seed">): Promise<number> {
  let sum = 0;
  for (const seed of SEEDS) sum += (await runTrial({ ...trial, seed })).seconds;
  return sum / SEEDS.length;
}

const shown = (value: number) => value.toPrecision(3).padStart(6);

Deno.test("adaptive chunks take at most 15 % longer than the best fixed size, on every line", async () => {
  const rows = [
    `${"line".padEnd(10)} ${"file".padStart(7)} ${
      "RTT".padStart(6)
    } broken  adaptive  best fixed        worst fixed`,
  ];
  const late: string[] = [];
  for (const { name, bitsPerSecond, sizes } of LINES) {
    for (const size of sizes) {
      for (const rttMs of RTTS_MS) {
        for (const broken of BROKEN) {
          const line = { bitsPerSecond, rttMs, broken, size };
          const fixed = new Map<number, number>();
          for (const bytes of FIXED.filter((bytes) => size / bytes <= MOST_CHUNKS)) {
            fixed.set(bytes, await meanSeconds({ ...line, fixed: bytes }));
          }
          const [best, seconds] = [...fixed].reduce((a, b) => b[1] < a[1] ? b : a);
          const adaptive = await meanSeconds(line);
          const row = [
            name.padEnd(10),
            `${size / 1e6} MB`.padStart(7),
            `${rttMs} ms`.padStart(6),
            `${broken * 100} %`.padStart(6),
            ` ${shown(adaptive)} s`,
            ` ${shown(seconds)} s (${`${best / KIB} KiB)`.padEnd(10)}`,
            `${shown(Math.max(...fixed.values()))} s`,
          ].join(" ");
          rows.push(row);
          if (adaptive > seconds * 1.15) late.push(row);
        }
      }
    }
  }
  console.log(rows.join("\n"));
  assert.deepEqual(late, []);
});
