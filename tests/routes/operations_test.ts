import assert from "node:assert/strict";
import { healthOf, type HealthOptions } from "../../routes/health.ts";
import { operations } from "../../routes/operations.ts";
import { Problem } from "../../services/problem.ts";

interface Options extends HealthOptions {
  checks?: Record<string, () => Promise<void>>;
  draining?: () => boolean;
}

function app({ checks = {}, draining = () => false, ...options }: Options) {
  return operations({ health: healthOf(checks, options), draining });
}

async function ready(options: Options) {
  const response = await app(options).request("/health/ready");
  return { status: response.status, retry: response.headers.get("retry-after"), body: await response.json() };
}

const well = async () => {};
const broken = () => Promise.reject(new Error("secret at /var/lib"));

Deno.test("it is live even when every check fails and it is stopping", async () => {
  const response = await app({ checks: { records: broken }, draining: () => true }).request("/health/live");
  assert.deepEqual([response.status, await response.json()], [200, { status: "live" }]);
});

Deno.test("it is ready when every check passes", async () => {
  const { status, body } = await ready({ checks: { records: well, storage: well } });
  assert.equal(status, 200);
  assert.deepEqual(body, { status: "ready", checks: { records: "ok", storage: "ok" } });
});

Deno.test("one failed check makes it not ready, names the check and tells nothing of the reason", async () => {
  const { status, body, retry } = await ready({ checks: { records: broken, storage: well } });
  assert.deepEqual([status, retry], [503, "5"]);
  assert.deepEqual(body, { status: "not-ready", checks: { records: "failed", storage: "ok" } });
});

Deno.test("a check that throws at once is a failed one", async () => {
  const { body } = await ready({
    checks: {
      records: () => {
        throw new Error("x");
      },
    },
  });
  assert.equal(body.checks.records, "failed");
});

Deno.test("a full disk takes no new files, but there is more to do: the server stays ready and says so", async () => {
  const full = () => Promise.reject(new Problem("disk-full", "Full."));
  const { status, body } = await ready({ checks: { records: well, storage: full } });
  assert.equal(status, 200);
  assert.deepEqual(body, { status: "ready", checks: { records: "ok", storage: "full" } });
});

Deno.test("a result is told again for a second, however often somebody asks, and then found out anew", async () => {
  let now = 0, asked = 0;
  const check = () => ++asked === 1 ? broken() : well();
  const shared = app({ checks: { records: check }, now: () => now });
  const statusNow = async () => (await shared.request("/health/ready")).status;
  assert.deepEqual([await statusNow(), await statusNow()], [503, 503]);
  now = 1000;
  assert.deepEqual([await statusNow(), asked], [503, 1]);
  now = 1001;
  assert.deepEqual([await statusNow(), asked], [200, 2]);
});

Deno.test("a silent check is waited for until its deadline and not started a second time", async () => {
  let started = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const shared = app({ checks: { records: () => (started++, promise) }, deadlineMs: 1 });
  for (let i = 0; i < 3; i++) {
    const response = await shared.request("/health/ready");
    assert.equal(response.status, 503);
    assert.equal((await response.json()).checks.records, "silent");
  }
  assert.equal(started, 1);
  resolve();
  await promise;
});

Deno.test("a server that is stopping is not ready, however well it is", async () => {
  const { status, body } = await ready({ checks: { records: well }, draining: () => true });
  assert.deepEqual([status, body.status], [503, "stopping"]);
});

Deno.test("ping is empty", async () => {
  const response = await app({}).request("/api/v1/ping");
  assert.deepEqual([response.status, response.body], [204, null]);
});
