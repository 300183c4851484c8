/** The library in Chromium: on a page of another origin, with a strict policy, over a line that a proxy spoils. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type * as client from "../../client/mod.ts";
import { ADMIN, startApp } from "../support/app.ts";
import { openBrowser } from "../support/browser.ts";
import { listen } from "../support/listening_app.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";
import { tool } from "../support/tools.ts";

const chromium = tool("chromium", import.meta.url);
const MIB = 1024 * 1024;
const SIZE = 24 * MIB;
const SEED = 3;
const SHA256 = randomSha256(SIZE, { seed: SEED });

const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' http://127.0.0.1:*; base-uri 'none'";

/** What the page's own script puts there. */
interface Scene {
  client: typeof client;
  /** Content that the page's server gives. */
  file(): Promise<File>;
}

const PAGE_SCRIPT = `
import * as client from "./mod.js";
globalThis.scene = {
  client,
  async file() { return new File([await (await fetch("/content")).blob()], "film.bin"); },
};
`;

/** The library and its worker, as a page's bundler makes them. */
async function bundle(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of ["mod", "hash_worker"]) {
    const result = await Deno.bundle({
      entrypoints: [new URL(`../../client/${name}.ts`, import.meta.url).pathname],
      platform: "browser",
      minify: true,
      write: false,
    });
    assert.deepEqual(result.errors, []);
    files.set(`/${name}.js`, result.outputFiles![0]!.text());
  }
  return files;
}

function servePage(files: Map<string, string>, asked: string[]) {
  const content = randomBytes(SIZE, { seed: SEED });
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    const headers = { "Content-Security-Policy": POLICY, "Content-Type": "text/javascript" };
    if (pathname === "/content") return new Response(content);
    if (pathname === "/page.js") return new Response(PAGE_SCRIPT, { headers });
    const code = files.get(pathname);
    if (code !== undefined) return new Response(code, { headers });
    if (pathname !== "/") return new Response("", { status: 404 });
    const html = `<!doctype html><script type="module" src="/page.js"></script>`;
    return new Response(html, { headers: { ...headers, "Content-Type": "text/html" } });
  });
}

async function openPage(page: Page, url: string) {
  await page.goto(url);
  await page.waitForFunction(() => "scene" in globalThis);
}

Deno.test({
  name: "in a browser files go up with smooth progress, survive the line and a reload, and come down again",
  ignore: chromium === null,
  async fn(t) {
    const asked: string[] = [];
    const files = await bundle();
    await using host = servePage(files, asked);
    const origin = `http://127.0.0.1:${host.addr.port}`;
    await using app = await startApp({
      env: { PAWL_CORS_ORIGINS: origin },
      pawlJson: { chunks: { max: 32 * MIB } },
    });
    await using server = listen(app);
    await using proxy = await startProxy(server.url);
    await using browser = await openBrowser({ executable: chromium! });
    const page = await browser.tab();
    await openPage(page, origin);
    const to = { url: proxy.url.href, token: await app.token(ADMIN) };

    await t.step("progress moves within chunks, and the worker hashes", async () => {
      proxy.setFault({ kind: "slow", direction: "up", bytesPerSecond: 12 * MIB });
      const seen = await page.evaluate(async ({ url, token }) => {
        const { client, file } = (globalThis as unknown as { scene: Scene }).scene;
        const pawl = client.connect({ baseUrl: url, token });
        const moved = new Set<number>();
        const states: string[] = [];
        const upload = pawl.upload(await file(), {
          // Larger than what the buffers of loopback connections swallow at once.
          chunkSize: 32 * 1024 * 1024,
          progressInterval: 0,
          onProgress: ({ transferredBytes, confirmedBytes }) => moved.add(transferredBytes - confirmedBytes),
          onState: ({ state }) => states.push(state),
        });
        const { sha256 } = await upload.result;
        return { sha256, own: upload.sha256, states, moved: moved.size, all: [...moved] };
      }, to);
      assert.deepEqual([seen.sha256, seen.own], [SHA256, SHA256]);
      assert.deepEqual(seen.states, ["opening", "uploading", "finishing", "completed"]);
      console.log(seen.all);
      // The one chunk alone would give two figures.
      assert.ok(seen.moved > 3, `${seen.moved} different figures`);
      assert.ok(asked.includes("/hash_worker.js"));
    });

    await t.step("a connection that is cut, and a browser that is offline, only cost time", async () => {
      proxy.setFault({ kind: "cut", direction: "up", bytes: 6 * MIB, reset: true });
      proxy.cutAll();
      const running = page.evaluate(async ({ url, token }) => {
        const { client, file } = (globalThis as unknown as { scene: Scene }).scene;
        const pawl = client.connect({ baseUrl: url, token, hashWorkerUrl: "/no_such_worker.js" });
        const waits: string[] = [];
        const upload = pawl.upload(await file(), {
          chunkSize: 1024 * 1024,
          forceNew: true,
          fileName: "second.bin",
          retries: 3,
          verify: false,
          onState: ({ state, error }) => state === "waiting" && waits.push(error!.code),
        });
        return { sha256: (await upload.result).sha256, waits };
      }, to);
      await proxy.hasPassed("up", SIZE + 8 * MIB);
      await browser.context.setOffline(true);
      proxy.setFault({ kind: "pass" });
      proxy.cutAll();
      await page.waitForFunction(() => !(navigator as { onLine?: boolean }).onLine);
      await browser.context.setOffline(false);
      assert.equal((await running).sha256, SHA256);
    });

    await t.step("after a reload the chosen file goes on where it was", async () => {
      const part = await page.evaluate(async ({ url, token }) => {
        const { client, file } = (globalThis as unknown as { scene: Scene }).scene;
        const pawl = client.connect({ baseUrl: url, token });
        // Content that is nowhere yet.
        const source = new File([await file(), "and more"], "film.bin");
        const upload = pawl.upload(source, { chunkSize: 1024 * 1024, progressInterval: 0 });
        while (upload.progress.confirmedBytes < 3 * 1024 * 1024) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        return upload.sessionId;
      }, to);
      await openPage(page, origin);
      const seen = await page.evaluate(async ({ url, token }) => {
        const { client, file } = (globalThis as unknown as { scene: Scene }).scene;
        const pawl = client.connect({ baseUrl: url, token, hashWorkerUrl: "/no_such_worker.js" });
        const upload = pawl.upload(new File([await file(), "and more"], "film.bin"));
        const { size } = await upload.result;
        return { size, session: upload.sessionId, resumed: upload.progress.resumedBytes };
      }, to);
      assert.equal(seen.session, part);
      assert.equal(seen.size, SIZE + 8);
      assert.ok(seen.resumed >= 3 * MIB);
      // Without a worker the page has hashed it itself.
      assert.ok(asked.includes("/no_such_worker.js"));
    });

    await t.step("a file comes down in ranges, and a refusal carries its code", async () => {
      proxy.setFault({ kind: "cut", direction: "down", bytes: 5 * MIB });
      proxy.cutAll();
      const seen = await page.evaluate(async ({ url, token }) => {
        const { client } = (globalThis as unknown as { scene: Scene }).scene;
        const pawl = client.connect({ baseUrl: url, token });
        const [newest] = (await pawl.attachments.list({ limit: 1 })).items;
        const download = pawl.download(newest!);
        const { byteLength } = await new Response(download.stream).arrayBuffer();
        const refused = await pawl.attachments.get("1").catch((error) => error.code);
        return { byteLength, verified: (await download.result).verified, refused };
      }, to);
      assert.deepEqual(seen, { byteLength: SIZE + 8, verified: true, refused: "not-found" });
    });

    assert.deepEqual(browser.faults, []);
  },
});
