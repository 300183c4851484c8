import assert from "node:assert/strict";
import fc from "fast-check";
import stringWidth from "string-width";
import { barLines } from "../../client/cli/progress/bar_lines.ts";
import { type Board, newBoard, type Row, sample, totalProgress } from "../../client/cli/progress/board.ts";
import { displayMode } from "../../client/cli/progress/display.ts";
import { plainLine } from "../../client/cli/progress/plain_line.ts";
import { formatDuration, formatElapsed, formatPercent, formatSize } from "../../client/cli/format.ts";
import { shorten } from "../../client/cli/shorten.ts";
import type { Environment } from "../../client/cli/config_dir.ts";
import type { TransferProgress } from "../../client/progress_types.ts";

function progress(
  done: number,
  total: number | null,
  rest: Partial<TransferProgress> = {},
): TransferProgress {
  return {
    state: "uploading",
    totalBytes: total,
    transferredBytes: done,
    confirmedBytes: done,
    resumedBytes: 0,
    fraction: total === null ? 0 : total === 0 ? 1 : done / total,
    bytesPerSecond: 1e6,
    secondsLeft: total === null ? null : (total - done) / 1e6,
    ...rest,
  };
}

function boardOf(rows: Row[], rest: Partial<Board> = {}): Board {
  return Object.assign(newBoard({ files: rows.length, bytes: null }), { rows }, rest);
}

const canvas = { columns: 80, rows: 24, unicode: true, color: false, now: 0 };

Deno.test("a bar shows name, part, sizes, speed and time left; with less room the less important goes first", () => {
  const board = boardOf([{ name: "film.mp4", progress: progress(650e6, 1.2e9), trouble: null }]);
  const at = (columns: number) => barLines(board, { ...canvas, columns })[0]!;
  assert.match(at(110), /^film\.mp4 {2}━{21}─{19} +54 % +650 MB of 1\.2 GB +1 MB\/s {2}9:10 left$/);
  assert.match(at(80), /^film\.mp4 {2}━+─+ +54 % +650 MB of 1\.2 GB +1 MB\/s {2}9:10 left$/);
  assert.match(at(60), /^film\.mp4 {2}━+─+ +54 % +1 MB\/s {2}9:10 left$/);
  assert.match(at(45), /^film\.mp4 +54 % +1 MB\/s {2}9:10 left$/);
  assert.match(at(30), /^film\.mp4 {2}━+─+ +54 %$/);
  assert.match(at(16), /^film\.mp4 +54 %$/);
  assert.match(barLines(board, { ...canvas, unicode: false })[0]!, /^film\.mp4 {2}#+-+ /);
});

Deno.test("no line of bars is ever as wide as the terminal, and all fit into it", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 60 });
  const row = fc.record({
    name,
    progress: fc.option(
      fc.tuple(fc.nat(1e15), fc.option(fc.nat(1e15))).map(([done, total]) =>
        progress(Math.min(done, total ?? done), total)
      ),
    ),
    trouble: fc.option(fc.record({ message: name, retryAt: fc.option(fc.nat(1e6)) })),
  });
  const size = { columns: fc.integer({ min: 2, max: 200 }), rows: fc.integer({ min: 3, max: 30 }) };
  fc.assert(fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), fc.record(size), (rows, size) => {
    const board = boardOf(rows, { bytes: 1e15 });
    sample(board, 0);
    const lines = barLines(board, { ...canvas, ...size });
    assert.ok(lines.length < size.rows);
    for (const line of lines) {
      assert.ok(stringWidth(line) < size.columns, JSON.stringify(line));
      assert.doesNotMatch(line, /\p{Cc}/u);
    }
  }));
});

Deno.test("text is cut between characters, to the column", () => {
  const cut = (text: string, width: number, position: "middle" | "end" = "middle") =>
    shorten(text, { width, position, mark: "…" });
  assert.equal(cut("holiday film.mp4", 9), "holi….mp4");
  assert.equal(cut("holiday film.mp4", 9, "end"), "holiday …");
  assert.equal(cut("一个名字很长🎉.mov", 10), "一个….mov");
  assert.equal(cut("👨‍👩‍👧👨‍👩‍👧", 3, "end"), "👨‍👩‍👧…");
  const text = fc.string({ unit: "grapheme", maxLength: 60 });
  fc.assert(
    fc.property(
      text,
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom("middle", "end"),
      (text, width, at) => {
        const short = cut(text, width, at);
        assert.ok(stringWidth(short) <= width);
        if (stringWidth(text) <= width) assert.equal(short, text);
      },
    ),
  );
});

Deno.test("what stands still says why; a stream of unknown length shows its bytes", () => {
  const rows: Row[] = [
    { name: "a", progress: progress(0, 9), trouble: { message: "no connection", retryAt: 4000 } },
    { name: "b", progress: progress(0, 9, { state: "comparing" }), trouble: null },
    { name: "c", progress: progress(5e6, null), trouble: null },
  ];
  const lines = barLines(boardOf(rows), canvas);
  assert.match(lines[0]!, /0 % {2}no connection, again in 0:04$/);
  assert.match(lines[1]!, /0 % {2}comparing$/);
  assert.match(lines[2]!, /5 MB +1 MB\/s$/);
  assert.match(lines[3]!, /^0 of 3 files /);
});

Deno.test("the total's speed counts what this run moved, not what was there before", () => {
  const board = boardOf(
    [{ name: "a", progress: progress(5e6, 10e6, { resumedBytes: 5e6 }), trouble: null }],
    {
      bytes: 10e6,
    },
  );
  sample(board, 0);
  board.rows[0]!.progress = progress(7e6, 10e6, { resumedBytes: 5e6 });
  sample(board, 2000);
  const { bytesPerSecond, secondsLeft, fraction } = totalProgress(board);
  assert.deepEqual([bytesPerSecond, secondsLeft, fraction], [1e6, 3, 0.7]);
});

Deno.test("elsewhere there are plain lines", () => {
  const one = boardOf([{ name: "film.mp4", progress: progress(650e6, 1.2e9), trouble: null }]);
  assert.equal(plainLine(one, 0), "film.mp4: 54 %, 650 MB of 1.2 GB, 1 MB/s, 9:10 left");
  const waiting = boardOf([{
    name: "film.mp4",
    progress: progress(650e6, 1.2e9, { bytesPerSecond: 0 }),
    trouble: { message: "no connection", retryAt: null },
  }]);
  assert.equal(plainLine(waiting, 0), "film.mp4: 54 %, 650 MB of 1.2 GB, no connection, trying again");
  const many = boardOf([one.rows[0]!, one.rows[0]!], {
    files: 5,
    bytes: 4e9,
    endedFiles: 2,
    endedBytes: 7e8,
  });
  assert.equal(plainLine(many, 0), "2 of 5 files: 50 %, 2 GB of 4 GB");
  assert.equal(plainLine(boardOf([]), 0), null);

  const mode = (isTTY: boolean, env: Environment, rest = { quiet: false, json: false }) =>
    // deno-lint-ignore no-explicit-any -- of the terminal only this is looked at
    displayMode({ terminal: { stderr: { isTTY } } as any, env, ...rest });
  assert.equal(mode(true, {}), "bars");
  for (const env of [{ NO_COLOR: "1" }, { CI: "true" }, { TERM: "dumb" }]) {
    assert.equal(mode(true, env), "plain");
  }
  assert.equal(mode(false, {}), "plain");
  assert.equal(mode(true, {}, { quiet: true, json: false }), "silent");
  assert.equal(mode(false, {}, { quiet: false, json: true }), "silent");
});

Deno.test("figures are short, and 100 % and 0:00 are kept for the end", () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, 5e12].map(formatSize), [
    "0 B",
    "999 B",
    "1 kB",
    "1.23 MB",
    "5 TB",
  ]);
  assert.deepEqual([0, 0.1, 59, 60, 3600, 360_000 * 2].map(formatDuration), [
    "0:00",
    "0:01",
    "0:59",
    "1:00",
    "1:00:00",
    "8 days",
  ]);
  assert.deepEqual([0.04, 9.9, 75].map(formatElapsed), ["0.0 s", "9.9 s", "1:15"]);
  assert.deepEqual([0, 0.999, 1].map(formatPercent), ["0 %", "99 %", "100 %"]);
});
