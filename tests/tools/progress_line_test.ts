import assert from "node:assert/strict";
import { progressLine } from "../../tools/progress_line.ts";

function shown({ isTerminal, columns = 20 }: { isTerminal: boolean; columns?: number }) {
  const said: string[] = [];
  const clock = { now: 0 };
  const line = progressLine({
    isTerminal,
    columns: () => columns,
    write: (text) => said.push(text),
    print: (text) => said.push(`${text}$`),
    now: () => clock.now,
  });
  return { line, said, clock };
}

Deno.test("on a terminal the line is written over, cut at its end, and makes room for results", () => {
  const { line, said, clock } = shown({ isTerminal: true });
  line.show("one");
  line.show("too soon");
  clock.now += 100;
  line.show("x".repeat(50));
  line.print("result");
  line.print("another");
  clock.now += 100;
  line.show("two");
  line.end();
  line.end();
  const clear = "\r\x1b[K";
  assert.deepEqual(said, [
    `${clear}one`,
    `${clear}${"x".repeat(19)}`,
    clear,
    "result$",
    "another$",
    `${clear}two`,
    clear,
  ]);
});

Deno.test("elsewhere it is a line every ten seconds", () => {
  const { line, said, clock } = shown({ isTerminal: false });
  for (let second = 0; second < 25; second++) {
    line.show(`after ${second}`);
    clock.now += 1000;
  }
  line.print("result");
  line.end();
  assert.deepEqual(said, ["after 10\n", "after 20\n", "result$"]);
});
