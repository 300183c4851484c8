import assert from "node:assert/strict";
import { verifyAudit } from "../../services/audit/verify.ts";
import { type AuditRecord } from "../../services/audit/entry.ts";
import { sealAudit } from "../../services/audit/seal.ts";
import type { AttachmentRecord } from "../../services/model.ts";
import { keys } from "../../services/records/keys.ts";
import type { LimitsRecord } from "../../services/records/limits.ts";
import { cleanEnvironment } from "../support/environment.ts";
import { startApp } from "../support/app.ts";
import { startServer, type TestServer, type User } from "../support/server.ts";
import { until } from "../support/upload_calls.ts";

const MIB = 2 ** 20;
const ANNA: User = { sub: "anna" };
const LIMITS = { uploadsAtOnce: 3, uploadsPerMinute: 900, bytesPerDay: "40 MiB" };

async function usage(server: TestServer) {
  return await (await server.fetch("/api/v1/usage", { user: ANNA })).json();
}

/** A body that begins and never ends; breaks with its server. */
function endless(size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(size)),
  });
}

Deno.test("after a kill in the middle of single requests their share is back at the next start", async () => {
  await using server = await startServer({ config: { limits: LIMITS } });
  const kept = await server.fetch("/api/v1/files/kept.bin", {
    method: "PUT",
    body: new Uint8Array(MIB),
    user: ANNA,
  });
  assert.equal(kept.status, 201, await kept.text());
  const opened = await server.fetch("/api/v1/uploads", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fileName: "session.bin", size: 2 * MIB }),
    user: ANNA,
  });
  assert.equal(opened.status, 201, await opened.text());
  const stop = new AbortController();
  const broken = ["a.bin", "b.bin"].map((name) =>
    server.fetch(`/api/v1/files/${name}`, {
      method: "PUT",
      body: endless(100_000),
      user: ANNA,
      signal: stop.signal,
    }).then((response) => response.body?.cancel(), () => {})
  );
  await until(async () => (await usage(server)).uploadsAtOnce.used === 3);
  assert.equal((await usage(server)).bytesPerDay.used, 19 * MIB);

  await server.kill();
  stop.abort();
  await Promise.all(broken);
  await server.restart();
  const { uploadsAtOnce, uploadsPerMinute, bytesPerDay } = await usage(server);
  assert.deepEqual([uploadsAtOnce.used, uploadsPerMinute.used, bytesPerDay.used], [1, 4, 3 * MIB]);
  for (const name of ["c.bin", "d.bin"]) {
    const again = await server.fetch(`/api/v1/files/${name}`, { method: "PUT", body: "again", user: ANNA });
    assert.equal(again.status, 201, await again.text());
  }
});

Deno.test("after kills at random moments counts, files and audit agree, and the chain is whole", async () => {
  const config = { limits: { ...LIMITS, uploadsAtOnce: 0, bytesPerDay: "900 MiB" } };
  await using server = await startServer({ config });
  for (let kill = 0; kill < 4; kill++) {
    const stop = new AbortController();
    const clients = Array.from({ length: 6 }, async (_, client) => {
      for (let file = 0; !stop.signal.aborted; file++) {
        const body = `${kill} ${client} ${file} `.padEnd(1000 + client, "x");
        const path = `/api/v1/files/${kill}-${client}-${file}.bin`;
        const response = await server.fetch(path, { method: "PUT", body, user: ANNA, signal: stop.signal })
          .catch(() => null);
        await response?.body?.cancel().catch(() => {});
        if (!response) return;
      }
    });
    await until(async () => (await usage(server)).bytesPerDay.used > (kill + 1) * 20_000);
    await server.kill();
    stop.abort();
    await Promise.all(clients);
    await server.restart();
  }
  assert.equal((await server.stop()).code, 0);
  const verified = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "audit", "verify"],
    cwd: new URL("../../", import.meta.url),
    env: cleanEnvironment({ PAWL_DATA_DIR: server.dataDir, PAWL_JWT_SECRET: server.secret }),
    clearEnv: true,
  }).output();
  const said = new TextDecoder();
  assert.match(said.decode(verified.stdout), /Intact/, said.decode(verified.stderr));

  await using app = await startApp({ dataDir: server.dataDir, pawlJson: config });
  const { records } = app.services.core;
  const all = async <T>(prefix: Deno.KvKey) =>
    (await records.page<T>(prefix, { limit: 100_000 })).map(({ value }) => value);
  const files = await all<AttachmentRecord>(["attachment"]);
  const { value: counted } = await records.get<LimitsRecord>(keys.limits("anna"));
  assert.equal(counted!.bytes, files.reduce((sum, { size }) => sum + size, 0));
  assert.deepEqual([counted!.slots, await all(keys.limitsShares())], [{}, []]);
  const created = (await all<AuditRecord>(keys.auditAll())).filter(({ action }) =>
    action === "attachment.create"
  );
  assert.deepEqual(created.map(({ target }) => target.id).sort(), files.map(({ id }) => id).sort());
  while ((await sealAudit(app.services.core)).more);
  const { findings, sealed } = await verifyAudit(records, { now: app.clock });
  assert.deepEqual(findings, []);
  assert.ok(sealed >= files.length);
});
