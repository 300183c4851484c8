import assert from "node:assert/strict";
import { newOvertaking } from "./overtaking.ts";

const open = new AbortController().signal;

Deno.test("what waits is overtaken by the next piece of another connection", async () => {
  const overtaking = newOvertaking();
  const [first, second] = [Symbol(), Symbol()];
  const arrived: string[] = [];
  const send = async (connection: symbol, piece: string) => {
    const release = await overtaking.turn(connection, open);
    arrived.push(piece);
    release();
  };
  await Promise.all([send(first, "a1"), send(second, "b1")]);
  await Promise.all([send(second, "b2"), send(first, "a2")]);
  assert.deepEqual(arrived, ["b1", "a1", "a2", "b2"]);
});

Deno.test("a piece that nobody overtakes passes in the end", async () => {
  const overtaking = newOvertaking();
  const connection = Symbol();
  (await overtaking.turn(connection, open))();
  (await overtaking.turn(connection, open))();
});

Deno.test("a connection that ends waits no longer", async () => {
  const overtaking = newOvertaking();
  const stop = new AbortController();
  const turn = overtaking.turn(Symbol(), stop.signal);
  stop.abort();
  (await turn)();
});
