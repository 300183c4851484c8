/** Joining parts is several commits: whichever of them is the last one before a crash, nothing is lost and nothing is left. */
import assert from "node:assert/strict";
import { Problem } from "../../../services/problem.ts";
import type { Records } from "../../../services/records/records.ts";
import { startApp, type TestApp } from "../../support/app.ts";
import { randomBytes } from "../../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { OFFSET_BYTES } from "../../support/tus.ts";

const PARTS = [randomBytes(700, { seed: 1 }), randomBytes(900, { seed: 2 })];

/** After `count` more commits nothing is committed any more; the last one may be applied although it fails. */
function crashAfter({ services }: TestApp, count: number, { applied }: { applied: boolean }) {
  const records = services.core.records as { transact: Records["transact"] };
  const real = records.transact;
  const state = { left: count };
  records.transact = async (attempt) => {
    state.left--;
    if (state.left > 0) return await real(attempt);
    if (state.left === 0 && applied) await real(attempt);
    throw new Problem("storage-unavailable", "The process is dead.");
  };
  return { reached: () => state.left <= 0 };
}

async function send(
  app: TestApp,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Uint8Array<ArrayBuffer>,
) {
  const response = await app.request(path, {
    method,
    headers: {
      "Tus-Resumable": "1.0.0",
      ...(body ? { "Content-Type": OFFSET_BYTES, "Content-Length": `${body.length}` } : {}),
      ...headers,
    },
    body: body ?? null,
  });
  await response.body?.cancel();
  return response;
}

const hasAll = async (app: TestApp, path: string) => {
  const response = await app.request(path);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.bytes(), await new Blob([...PARTS, PARTS[0]!]).bytes());
};

for (const applied of [false, true]) {
  Deno.test(`a crash after any commit of joining parts and letting them go, the last one ${applied ? "applied" : "lost"}`, async () => {
    for (let count = 1;; count++) {
      await using app = await startApp();
      const parts: string[] = [];
      for (const [index, bytes] of PARTS.entries()) {
        // The second one gets its last bytes only after they were joined.
        const first = index === 0 ? bytes : bytes.slice(0, 500);
        const headers = { "Upload-Length": `${bytes.length}`, "Upload-Concat": "partial" };
        parts.push((await send(app, "POST", "/files", headers, first)).headers.get("Location")!);
      }
      const crash = crashAfter(app, count, { applied });
      const list = `final;${[...parts, parts[0]].join(" ")}`;
      const joined = await send(app, "POST", "/files", { "Upload-Concat": list });
      const path = joined.headers.get("Location");
      let ended = false;
      if (path) {
        const offset = { "Upload-Offset": "500" };
        const whole = (await send(app, "PATCH", parts[1]!, offset, PARTS[1]!.slice(500))).status === 204;
        await app.services.core.background.settled();
        const { headers } = await send(app, "HEAD", path);
        for (const part of parts) await send(app, "DELETE", part);
        const file = headers.get("Content-Location");
        if (file) {
          assert.ok(whole);
          await hasAll(app, path);
          ended = (await send(app, "DELETE", `${file}?permanent=true`)).status === 204;
        }
      }
      const reached = crash.reached();
      await app.restart();
      await app.services.core.background.settled();
      await assertConsistent(app);

      // What was acknowledged goes on, unless its parts were given up.
      if (path && !ended) {
        const open = (await send(app, "HEAD", parts[1]!)).headers.get("Upload-Offset");
        if (open === "500") {
          const { status } = await send(
            app,
            "PATCH",
            parts[1]!,
            { "Upload-Offset": "500" },
            PARTS[1]!.slice(500),
          );
          assert.equal(status, 204);
        }
        await app.services.core.background.settled();
        const final = await send(app, "HEAD", path);
        if (final.status === 200 && final.headers.has("Content-Location")) await hasAll(app, path);
        else assert.ok([404, 410, 422].includes(final.status) || open === null, `${final.status}`);
      }
      for (const { id } of (await app.json("GET", "/api/v1/attachments")).body.items) {
        await app.json("DELETE", `/api/v1/attachments/${id}?permanent=true`);
      }
      for (const hours of [25, 10 * 24, 2]) await cleanUp(app, { hours });
      const { blobs, files, uploads } = await assertConsistent(app);
      assert.deepEqual([blobs, [...files], uploads], [[], [], []], `after commit ${count}`);
      if (!reached) {
        assert.ok(count > 8, "the crash came too seldom");
        return;
      }
    }
  });
}
