/** What every example of a reverse proxy must do: each one runs this suite from its own test file. */
import assert from "node:assert/strict";
import { runProgram } from "../support/client_program.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

export interface ProxyPlaces {
  /** Scratch folder of its own. */
  folder: string;
  /** Where it listens, on 127.0.0.1, for https. */
  port: number;
  /** Where it listens for http, if it does. */
  plainPort: number;
  /** Where Pawl listens, `127.0.0.1:<port>`. */
  backend: string;
  /** Files in PEM, for `localhost`. */
  certificate: string;
  key: string;
}

/** Starts the example with these places in it, and nothing else changed. */
export type StartProxy = (places: ProxyPlaces) => Promise<AsyncDisposable>;

interface Setup extends AsyncDisposable {
  server: TestServer;
  /** `https://localhost:<port>` */
  origin: string;
  plainPort: number;
  client: Deno.HttpClient;
  /** In PEM. */
  certificate: { path: string; text: string };
}

const MIB = 1024 * 1024;
/** What uploads through it are said to be long. */
const LARGE = 2 * 1024 * MIB;

function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

async function makeCertificate(
  openssl: string,
  folder: string,
): Promise<{ certificate: string; key: string }> {
  const [certificate, key] = [`${folder}/certificate.pem`, `${folder}/key.pem`];
  const { code, stderr } = await runProgram(openssl, {
    args: [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate],
    ],
    cwd: folder,
  });
  assert.equal(code, 0, stderr);
  return { certificate, key };
}

async function setUp(start: StartProxy, openssl: string): Promise<Setup> {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir());
  await Deno.chmod(dir.path, 0o755);
  const pem = await makeCertificate(openssl, dir.path);
  const [port, plainPort] = freePorts(2) as [number, number];
  const origin = `https://localhost:${port}`;
  const server = stack.use(
    await startServer({
      env: {
        PAWL_PUBLIC_URL: origin,
        PAWL_TRUSTED_PROXIES: "127.0.0.1",
        PAWL_METRICS_ALLOW: "127.0.0.0/8",
      },
      config: { businessTypes: { General: { maxBytes: LARGE } } },
    }),
  );
  stack.use(await start({ folder: dir.path, port, plainPort, backend: server.url.host, ...pem }));
  const text = await Deno.readTextFile(pem.certificate);
  const client = Deno.createHttpClient({ caCerts: [text] });
  stack.defer(() => client.close());
  const owned = stack.move();
  return {
    server,
    origin,
    plainPort,
    client,
    certificate: { path: pem.certificate, text },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** `fetch` through the proxy, over HTTP/2, as an administrator unless it says otherwise. */
async function ask(
  { server, origin, client }: Setup,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${await server.token()}`);
  return await fetch(new URL(path, origin), { ...init, headers, client });
}

const TUS = { "Tus-Resumable": "1.0.0" };

/** Opens a large upload by tus; gives its path. */
async function openLarge(setup: Setup): Promise<string> {
  const created = await ask(setup, "/files", {
    method: "POST",
    headers: { ...TUS, "Upload-Length": String(LARGE) },
  });
  await created.body?.cancel();
  assert.equal(created.status, 201);
  const location = created.headers.get("location")!;
  assert.ok(location.startsWith(`${setup.origin}/files/`), location);
  return new URL(location).pathname;
}

async function offsetOf(setup: Setup, path: string): Promise<number> {
  const { headers } = await ask(setup, path, { method: "HEAD", headers: TUS });
  return Number(headers.get("upload-offset"));
}

export interface ReverseProxy {
  /** null: it is not installed. */
  start: StartProxy | null;
  /** URL of the test module. */
  module: string;
  /** Whether it listens at `plainPort` too, and sends everybody to https. */
  redirects: boolean;
}

export function testReverseProxy(name: string, { start, module, redirects }: ReverseProxy): void {
  const curl = tool("curl", module);
  const openssl = tool("openssl", module);
  const ignore = start === null || curl === null || openssl === null;
  const test = (what: string, check: (setup: Setup) => Promise<void>) =>
    Deno.test({
      name: `behind ${name} ${what}`,
      ignore,
      async fn() {
        await using setup = await setUp(start!, openssl!);
        await check(setup);
      },
    });
  const curled = async ({ server, certificate }: Setup, args: string[]) => {
    const header = `Authorization: Bearer ${await server.token()}`;
    const all = ["-4sS", "--cacert", certificate.path, "-H", header, ...args];
    const { code, text, stderr } = await runProgram(curl!, { args: all, cwd: "/tmp" });
    assert.equal(code, 0, text + stderr);
    return text;
  };

  test("an upload of 2 GiB is taken, and its bytes arrive before it ends and count when it breaks", async (setup) => {
    const { server, origin, certificate } = setup;
    const path = await openLarge(setup);
    {
      using upload = await rawConnect(new URL(origin), { caCerts: [certificate.text], deadlineMs: 60_000 });
      const lines = [
        `PATCH ${path} HTTP/1.1`,
        `Host: ${new URL(origin).host}`,
        `Authorization: Bearer ${await server.token()}`,
        "Tus-Resumable: 1.0.0",
        "Upload-Offset: 0",
        "Content-Type: application/offset+octet-stream",
        `Content-Length: ${LARGE}`,
      ];
      await upload.send(lines.join("\r\n") + "\r\n\r\n");
      await upload.send(randomBytes(MIB, { seed: 1 }));
      // Asked past the proxy: what it keeps back, is not there.
      const arrived = async () => {
        const { headers } = await server.fetch(path, { method: "HEAD", headers: TUS });
        return Number(headers.get("upload-offset"));
      };
      // Each question asks the running request to make count what it has, and ends it.
      let offset = await arrived();
      for (let tries = 0; offset === 0 && tries < 2000; tries++) offset = await arrived();
      assert.ok(offset > 0 && offset <= MIB, `${offset} bytes arrived`);
    }
    assert.ok(await offsetOf(setup, path) > 0);
  });

  test("a client that does not end its head is cut off", async ({ origin, certificate }) => {
    using slow = await rawConnect(new URL(origin), { caCerts: [certificate.text], deadlineMs: 60_000 });
    await slow.send("GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Slow: y");
    await slow.rest();
  });

  test("the audit has the client's own address, whatever it says of itself", async (setup) => {
    const { origin } = setup;
    await curled(setup, [
      ...[
        "--interface",
        "127.0.0.2",
        "-H",
        "X-Forwarded-For: 203.0.113.7",
        "-H",
        "Forwarded: for=203.0.113.7",
      ],
      ...["-X", "PUT", "--data-binary", "data", `${origin}/api/v1/files/a.txt`],
    ]);
    const { items } = await (await ask(setup, "/api/v1/admin/audit?action=attachment.create")).json();
    assert.deepEqual(items.map(({ actor }: { actor: { address: string } }) => actor.address), ["127.0.0.2"]);
  });

  test("ranges, conditions and entity tags are those of Pawl", async (setup) => {
    const bytes = randomBytes(3 * MIB, { seed: 2 });
    const put = await ask(setup, "/api/v1/files/a.html", { method: "PUT", body: bytes });
    assert.equal(put.status, 201);
    const { url } = await put.json();
    const whole = await ask(setup, url, { headers: { "Accept-Encoding": "gzip, br" } });
    const etag = whole.headers.get("etag")!;
    assert.match(etag, /^"[0-9a-f]{64}"$/);
    assert.equal(whole.headers.get("content-length"), String(bytes.length));
    assert.deepEqual(await whole.bytes(), bytes);

    const part = await ask(setup, url, { headers: { Range: "bytes=1000000-2999999", "If-Range": etag } });
    assert.deepEqual([part.status, part.headers.get("content-range")], [
      206,
      `bytes 1000000-2999999/${bytes.length}`,
    ]);
    assert.deepEqual(await part.bytes(), bytes.slice(1_000_000, 3_000_000));
    const other = await ask(setup, url, { headers: { Range: "bytes=0-9", "If-Range": '"other"' } });
    assert.equal(other.status, 200);
    assert.equal((await other.bytes()).length, bytes.length);
    for (
      const [headers, status] of [
        [{ Range: "bytes=99999999-" }, 416],
        [{ "If-None-Match": etag }, 304],
        [{ "If-Match": '"other"' }, 412],
        [{ Range: "bytes=0-0,-1" }, 206],
      ] as const
    ) {
      const answer = await ask(setup, url, { headers });
      await answer.body?.cancel();
      assert.equal(answer.status, status, JSON.stringify(headers));
    }
    const head = await ask(setup, url, { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), String(bytes.length));
  });

  test("clients speak HTTP/2, and those that wait for 100 (Continue) get it", async (setup) => {
    const { origin } = setup;
    await using dir = await tempDir();
    const path = dir.join("a.bin");
    await Deno.writeFile(path, randomBytes(2 * MIB, { seed: 3 }));
    for (const version of ["--http1.1", "--http2"]) {
      const url = `${origin}/api/v1/files/a.bin`;
      const format = ["-o", "/dev/null", "-w", "%{http_code} %{http_version}"];
      const text = await curled(setup, [version, "-H", "Expect: 100-continue", ...format, "-T", path, url]);
      assert.equal(text, version === "--http2" ? "201 2" : "201 1.1");
    }
    const trace = await curled(setup, [
      ...["--http1.1", "-v", "--stderr", "-", "-H", "Expect: 100-continue", "-T", path],
      `${origin}/api/v1/files/b.bin`,
    ]);
    assert.match(trace, /< HTTP\/1\.1 100 Continue/);
  });

  test("figures are for those inside, and the rest is there under its public address", async (setup) => {
    const { server } = setup;
    const outside = await ask(setup, "/metrics");
    await outside.body?.cancel();
    assert.equal(outside.status, 404);
    const inside = await server.fetch("/metrics", { user: null });
    await inside.body?.cancel();
    assert.equal(inside.status, 200);
    for (const path of ["/", "/docs", "/health/ready"]) {
      const answer = await ask(setup, path);
      await answer.body?.cancel();
      assert.equal(answer.status, 200, path);
    }
    if (redirects) {
      const plain = await fetch(`http://127.0.0.1:${setup.plainPort}/docs?a=1`, { redirect: "manual" });
      await plain.body?.cancel();
      assert.deepEqual([plain.status, plain.headers.get("location")], [301, "https://127.0.0.1/docs?a=1"]);
    }
    const options = await ask(setup, "/files", { method: "OPTIONS" });
    await options.body?.cancel();
    assert.ok(options.headers.get("tus-extension")?.includes("creation"));
  });
}
