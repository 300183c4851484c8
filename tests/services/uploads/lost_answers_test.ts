/** A chunk whose commit was applied although its answer was lost, as after a database that hung for a while. */
import assert from "node:assert/strict";
import { Problem } from "../../../services/problem.ts";
import type { Records } from "../../../services/records/records.ts";
import { startApp, type TestApp } from "../../support/app.ts";

const CHUNK = new Uint8Array(262_144).fill(7);

/** The next commit is applied and reported as failed. */
function loseNextAnswer({ services }: TestApp): void {
  const records = services.core.records as { transact: Records["transact"] };
  const real = records.transact;
  records.transact = async (attempt) => {
    records.transact = real;
    await real(attempt);
    throw new Problem("storage-unavailable", "The database does not answer.");
  };
}

Deno.test("bytes that were recorded without an answer count: the same ones are taken again, others are a conflict", async () => {
  await using app = await startApp();
  const session = { fileName: "a.bin", size: 2 * CHUNK.length };
  const { body: { id } } = await app.json("POST", "/api/v1/uploads", { body: session });
  const put = async (bytes: Uint8Array<ArrayBuffer>) => {
    const response = await app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body: bytes });
    return { status: response.status, body: await response.json() };
  };

  loseNextAnswer(app);
  assert.equal((await put(CHUNK)).status, 503);
  const other = await put(new Uint8Array(CHUNK.length));
  assert.equal(other.body.code, "chunk-conflict");
  const same = await put(CHUNK);
  assert.equal(same.status, 200);
  assert.equal(same.body.receivedBytes, CHUNK.length);
  const { body } = await app.json("GET", `/api/v1/uploads/${id}`);
  assert.deepEqual(body.received, [{ offset: 0, size: CHUNK.length }]);
});
