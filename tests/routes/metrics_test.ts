import assert from "node:assert/strict";
import fc from "fast-check";
import { ADMIN, ALICE, startApp, type TestApp } from "../support/app.ts";
import { parseFigures, readMetrics, since } from "../support/metrics.ts";
import { encoded } from "../services/images/pictures.ts";
import { randomBytes } from "../support/random_bytes.ts";

const figuresOf = async (app: TestApp) => parseFigures(await readMetrics(app));

/** What `doing` adds to the figures. */
async function added(app: TestApp, doing: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await figuresOf(app);
  await doing();
  return since(before, await figuresOf(app));
}

async function put(app: TestApp, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const response = await app.request(`/api/v1/files/${name}`, { method: "PUT", body: bytes });
  assert.equal(response.status, 201);
  return (await response.json()).id;
}

const open = async (app: TestApp, size: number): Promise<string> => {
  const { body } = await app.json("POST", "/api/v1/uploads", {
    body: { fileName: "a.bin", size, forceNew: true },
  });
  return body.id;
};

async function chunk(app: TestApp, id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const response = await app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body: bytes });
  assert.equal(response.status, 200);
  await response.body?.cancel();
}

const statusOf = async (app: TestApp, init: Parameters<TestApp["request"]>[1]) => {
  const response = await app.request("/metrics", init);
  await response.body?.cancel();
  return response.status;
};

Deno.test("Figures are read by administrators, by the token for it, and from allowed addresses; by nobody else", async () => {
  const token = "a token of the monitoring";
  await using app = await startApp({
    env: {
      PAWL_METRICS_TOKEN: token,
      PAWL_METRICS_ALLOW: "192.0.2.0/24,127.0.0.1",
      PAWL_TRUSTED_PROXIES: "10.0.0.1",
    },
  });
  const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
  assert.equal(await statusOf(app, { user: ADMIN }), 200);
  assert.equal(await statusOf(app, { user: ALICE }), 403);
  assert.equal(await statusOf(app, { user: null }), 401);
  assert.equal(await statusOf(app, { user: null, headers: bearer(token) }), 200);
  assert.equal(await statusOf(app, { user: null, headers: bearer(`${token}x`) }), 401);
  assert.equal(await statusOf(app, { user: null, headers: { Authorization: token } }), 401);

  assert.equal(await statusOf(app, { user: null, peer: "192.0.2.9" }), 200);
  assert.equal(await statusOf(app, { user: null, peer: "::ffff:192.0.2.9" }), 200);
  assert.equal(await statusOf(app, { user: null, peer: "192.0.3.9" }), 401);
  // Through a trusted proxy the address before it counts, through another one none does.
  const forwarded = (address: string) => ({ "X-Forwarded-For": address });
  assert.equal(await statusOf(app, { user: null, peer: "10.0.0.1", headers: forwarded("192.0.2.9") }), 200);
  assert.equal(await statusOf(app, { user: null, peer: "10.0.0.1", headers: forwarded("203.0.113.1") }), 401);
  assert.equal(await statusOf(app, { user: null, peer: "127.0.0.1" }), 200);
  for (const name of ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"]) {
    const headers = { [name]: "192.0.2.9" };
    assert.equal(await statusOf(app, { user: null, peer: "127.0.0.1", headers }), 401, name);
  }
});

Deno.test("The token for the figures opens nothing else, and none is set unless it is configured", async () => {
  const token = "a token of the monitoring";
  await using app = await startApp({ env: { PAWL_METRICS_TOKEN: token } });
  const headers = { Authorization: `Bearer ${token}` };
  const { status, body } = await app.request("/api/v1/admin/jobs", { user: null, headers });
  await body?.cancel();
  assert.equal(status, 401);
  assert.equal(await statusOf(app, { user: null, peer: "127.0.0.1" }), 401);
  assert.ok(!(await readMetrics(app)).includes(token));
});

Deno.test("Requests count by their route, method and class of status, and refusals by their code", async () => {
  await using app = await startApp();
  const id = await open(app, 4);
  const grown = await added(app, async () => {
    await app.json("GET", `/api/v1/uploads/${id}`);
    await app.json("GET", "/api/v1/uploads/unknown");
    await app.json("GET", "/api/v1/uploads", { user: null });
    await app.json("GET", "/nowhere/at/all");
    await app.json("DELETE", `/api/v1/uploads/${id}`);
  });
  const requests = Object.entries(grown).filter(([series]) => series.startsWith("pawl_http_requests_total"));
  const series = (method: string, route: string, status: string) =>
    `pawl_http_requests_total{method="${method}",route="${route}",status="${status}"}`;
  assert.deepEqual(Object.fromEntries(requests), {
    [series("GET", "/metrics", "2xx")]: 1,
    [series("GET", "/api/v1/uploads/{id}", "2xx")]: 1,
    [series("GET", "/api/v1/uploads/{id}", "4xx")]: 1,
    [series("GET", "/api/v1/uploads", "4xx")]: 1,
    [series("GET", "none", "4xx")]: 1,
    [series("DELETE", "/api/v1/uploads/{id}", "2xx")]: 1,
  });
  assert.equal(grown['pawl_http_refusals_total{code="not-found"}'], 1);
  assert.equal(grown['pawl_http_refusals_total{code="unauthenticated"}'], 1);
  const durations = 'pawl_http_request_duration_seconds_count{method="GET",route="/api/v1/uploads/{id}"}';
  assert.equal(grown[durations], 2);
});

Deno.test("Bytes count as they come and go, also those of a download that breaks off", async () => {
  await using app = await startApp();
  const bytes = randomBytes(3 * 1024 * 1024, { seed: 1 });
  let id = "";
  const up = await added(app, async () => id = await put(app, "a.bin", bytes));
  assert.equal(up.pawl_received_bytes_total, bytes.length);
  const content = `/api/v1/attachments/${id}/content`;
  const down = await added(app, async () => await (await app.request(content)).bytes());
  assert.equal(down.pawl_sent_bytes_total, bytes.length);
  assert.equal(down['pawl_downloads_total{end="whole"}'], 1);
  const small = await added(app, async () => {
    await (await app.request(content, { headers: { Range: "bytes=0-9" } })).bytes();
  });
  assert.equal(small.pawl_sent_bytes_total, 10);
  const broken = await added(app, async () => {
    const reader = (await app.request(content)).body!.getReader();
    await reader.read();
    await reader.cancel();
  });
  assert.equal(broken['pawl_downloads_total{end="broken"}'], 1);
  assert.ok(broken.pawl_sent_bytes_total! > 0 && broken.pawl_sent_bytes_total! < bytes.length);
});

Deno.test("Uploads count once, by what became of them; sessions that are open are known after a restart, too", async () => {
  await using app = await startApp();
  const ends = async (doing: () => Promise<unknown>) => {
    const grown = await added(app, doing);
    const names = ["finished", "failed", "cancelled", "expired"];
    return names.filter((name) => grown[`pawl_uploads_total{end="${name}"}`]).map((name) =>
      `${name} ${grown[`pawl_uploads_total{end="${name}"}`]}`
    );
  };
  const openNow = async () => (await figuresOf(app)).get("pawl_upload_sessions_open");
  const bytes = randomBytes(4, { seed: 1 });

  const [first, second, third] = [await open(app, 4), await open(app, 4), await open(app, 4)];
  assert.equal(await openNow(), 3);
  await chunk(app, first, bytes);
  assert.deepEqual(
    await ends(async () => {
      // Asked twice, it is one upload.
      for (let time = 0; time < 2; time++) await app.json("POST", `/api/v1/uploads/${first}/complete`);
    }),
    ["finished 1"],
  );
  assert.deepEqual(await ends(() => app.json("DELETE", `/api/v1/uploads/${second}`)), ["cancelled 1"]);
  await chunk(app, third, bytes);
  const wrong = { body: { sha256: "0".repeat(64) } };
  assert.deepEqual(await ends(() => app.json("POST", `/api/v1/uploads/${third}/complete`, wrong)), [
    "failed 1",
  ]);
  assert.deepEqual(await ends(() => put(app, "whole.bin", bytes)), ["finished 1"]);

  await open(app, 4);
  assert.equal(await openNow(), 1);
  await app.restart();
  assert.equal(await openNow(), 1);
  app.clock += 25 * 3_600_000;
  assert.deepEqual(
    await ends(async () => {
      await app.json("POST", "/api/v1/admin/jobs/expiredSessions/run", { user: ADMIN });
      await app.services.core.background.settled();
    }),
    ["expired 1"],
  );
  assert.equal(await openNow(), 0);
});

Deno.test("A session is active while a request works with it", async () => {
  await using app = await startApp();
  const id = await open(app, 4);
  const { promise: rest, resolve: send } = Promise.withResolvers<void>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const body = new ReadableStream({
    async pull(controller) {
      begin();
      await rest;
      controller.enqueue(new Uint8Array(4));
      controller.close();
    },
  }, { highWaterMark: 0 });
  const upload = app.request(`/api/v1/uploads/${id}/chunks/0`, { method: "PUT", body });
  await begun;
  const during = await figuresOf(app);
  assert.equal(during.get("pawl_upload_sessions_active"), 1);
  assert.equal(during.get("pawl_http_requests_running"), 2);
  send();
  await (await upload).body?.cancel();
  assert.equal((await figuresOf(app)).get("pawl_upload_sessions_active"), 0);
});

Deno.test("Jobs count by how they ended, and when one last went well is known after a restart, too", async () => {
  await using app = await startApp();
  const run = async () => {
    await app.json("POST", "/api/v1/admin/jobs/orphans/run", { user: ADMIN });
    await app.services.core.background.settled();
  };
  const last = 'pawl_job_last_success_timestamp_seconds{name="orphans"}';
  assert.equal((await figuresOf(app)).get(last), undefined);
  app.clock = 1_900_000_000_000;
  const grown = await added(app, run);
  assert.equal(grown['pawl_job_runs_total{name="orphans",state="done"}'], 1);
  assert.equal(grown['pawl_job_duration_seconds_count{name="orphans"}'], 1);
  assert.equal((await figuresOf(app)).get('pawl_job_enabled{name="orphans"}'), 1);
  await app.restart();
  assert.equal((await figuresOf(app)).get(last), 1_900_000_000);
});

Deno.test("Work on pictures is counted with its time, and what waits for it", async () => {
  await using app = await startApp();
  const picture = await encoded("png", { width: 400, height: 300 });
  const grown = await added(app, async () => {
    const url = `/api/v1/attachments/${await put(app, "a.png", picture)}/content?variant=thumbnail`;
    await (await app.request(url)).bytes();
    const torn = picture.slice();
    torn.fill(0xff, torn.length - 212, torn.length - 62);
    const broken = `/api/v1/attachments/${await put(app, "b.png", torn)}/content?variant=thumbnail`;
    assert.equal((await app.json("GET", broken)).status, 404);
  });
  assert.equal(grown['pawl_image_job_duration_seconds_count{result="done"}'], 1);
  assert.equal(grown['pawl_image_job_duration_seconds_count{result="failed"}'], 1);
  assert.equal(grown.pawl_image_job_wait_seconds_count, 2);
  const figures = await figuresOf(app);
  assert.equal(figures.get('pawl_image_jobs{state="waiting"}'), 0);
  assert.equal(figures.get('pawl_image_jobs{state="working"}'), 0);
});

Deno.test("The database, the disk and the process are measured", async () => {
  await using app = await startApp();
  const grown = await added(app, async () => {
    const id = await open(app, 4);
    await chunk(app, id, new Uint8Array(4));
  });
  for (
    const series of [
      'pawl_kv_duration_seconds_count{operation="read"}',
      'pawl_kv_duration_seconds_count{operation="commit"}',
      'pawl_kv_commits_total{result="committed"}',
      'pawl_disk_duration_seconds_count{operation="write"}',
      'pawl_disk_duration_seconds_count{operation="sync"}',
    ]
  ) assert.ok(grown[series]! > 0, series);
  const figures = await figuresOf(app);
  const { total, free } = {
    total: figures.get("pawl_disk_total_bytes")!,
    free: figures.get("pawl_disk_free_bytes")!,
  };
  assert.ok(0 < free && free < total);
  for (
    const name of [
      "pawl_disk_reserve_bytes",
      "pawl_open_fds_min",
      "process_resident_memory_bytes",
      "process_heap_bytes",
      "process_cpu_seconds_total",
      "process_start_time_seconds",
    ]
  ) assert.ok(figures.get(name)! > 0, name);
  assert.ok(figures.has('pawl_event_loop_lag_seconds_bucket{le="+Inf"}'));
  assert.equal(figures.get(`pawl_build_info{version="test",deno="${Deno.version.deno}"}`), 1);
});

Deno.test("A disk that stands still keeps nobody from reading the other figures", async () => {
  await using app = await startApp();
  const { blobs } = app.services.core;
  const stuck = Promise.withResolvers<null>();
  const { room } = blobs;
  blobs.room = () => stuck.promise;
  const figures = await figuresOf(app);
  assert.ok(Number.isNaN(figures.get("pawl_disk_free_bytes")));
  assert.equal(figures.get("pawl_http_requests_running"), 1);
  stuck.resolve(null);
  blobs.room = room;
  assert.ok((await figuresOf(app)).get("pawl_disk_free_bytes")! > 0);
});

Deno.test("Whatever is asked for makes no series more than there are routes, methods and classes, and none names it", async () => {
  await using app = await startApp();
  const id = await put(app, "secret-name.bin", new Uint8Array(4));
  const token = (await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} })).body.token;
  const ask = async (path: string, init: Parameters<TestApp["request"]>[1]) => {
    const response = await app.request(path, init);
    await response.body?.cancel();
  };
  await ask(`/d/${token}`, { user: null });
  await ask(`/api/v1/attachments/${id}/content`, { user: { sub: "secret-person" } });
  const paths = fc.oneof(
    fc.webPath(),
    fc.string().map((text) => `/d/${encodeURIComponent(text)}`),
    fc.string().map((text) =>
      `/api/v1/attachments/${encodeURIComponent(text)}/content?q=${encodeURIComponent(text)}`
    ),
    fc.string().map((text) => `/api/v1/admin/jobs/${encodeURIComponent(text)}/runs`),
  );
  const methods = fc.oneof(
    fc.constantFrom("GET", "HEAD", "POST", "PUT", "DELETE"),
    fc.stringMatching(/^[A-Z]{3,8}$/),
  );
  await fc.assert(
    fc.asyncProperty(paths, methods, async (path, method) => {
      if (method === "CONNECT" || method === "TRACE" || method === "TRACK") return;
      await ask(path, { method, user: { sub: `user-${Math.random()}` } });
    }),
    { numRuns: 300 },
  );
  const text = await readMetrics(app);
  assert.ok(!text.includes(id) && !text.includes(token) && !/secret|alice|user-/.test(text));

  const routes = new Set(app.routes().map(({ path }) => path.replace(/:(\w+)(\{[^}]*\})?/g, "{$1}")));
  const seen = [...text.matchAll(/pawl_http_requests_total\{method="(.*?)",route="(.*?)",status="(.*?)"\}/g)];
  for (const [, method, route, status] of seen) {
    assert.ok(
      ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"].includes(method!),
      method,
    );
    assert.ok(route === "none" || routes.has(route!), route);
    assert.match(status!, /^[1-5]xx$/);
  }
  assert.ok(seen.some(([, method]) => method === "other"));
  assert.ok(seen.some(([, , route]) => route === "none"));
});
