/** Uppy with its tus plugin in Chromium, on a page of another site that signs in with tokens. */
import assert from "node:assert/strict";
import { SignJWT } from "jose";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { runProgram } from "../support/client_program.ts";
import { installPackages } from "../support/npm_packages.ts";
import { foreignRequests, startOtherSite } from "../support/other_site.ts";
import { startProxy } from "../support/proxy.ts";
import { randomSha256, randomStream, verifyRandom } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const chromium = tool("chromium", import.meta.url);
const npm = tool("npm", import.meta.url);

const PACKAGES = ["@uppy/core@6.3.1", "@uppy/tus@6.0.0"];
const MIB = 2 ** 20;
const SIZE = 300 * MIB;
const CONTENT = { seed: 6 };
const ALICE = { sub: "alice" };

interface Started {
  name: string;
  meta?: Record<string, string>;
  /** Of the plugin. */
  options?: Record<string, unknown>;
  /** The token of the page ends after so many answers, and is this one from then on. */
  ending?: { after: number; token: string };
}

interface Outcome {
  url: string | null;
  error: string | null;
  /** Of the server, to the request that failed. */
  answer: string | null;
  told: string[];
}

/** Uppy as one script that sets the globals `Uppy` and `Tus`. */
async function bundleUppy(directory: string): Promise<string> {
  await installPackages(npm!, { directory, packages: PACKAGES });
  await Deno.writeTextFile(
    `${directory}/uppy.js`,
    'import Uppy from "@uppy/core";\nimport Tus from "@uppy/tus";\nObject.assign(globalThis, { Uppy, Tus });\n',
  );
  const args = ["bundle", "--quiet", "--platform=browser", "--format=iife", "uppy.js"];
  const { code, text, stderr } = await runProgram(Deno.execPath(), {
    args,
    cwd: directory,
    env: Deno.env.toObject(),
  });
  assert.equal(code, 0, stderr);
  return text;
}

Deno.test({
  name:
    "Uppy in Chromium: 300 MB over a network that breaks, tokens that end on the way, and refusals in our words",
  ignore: chromium === null || npm === null,
  async fn(t) {
    await using dir = await tempDir();
    const scripts = [
      await bundleUppy(dir.path),
      await Deno.readTextFile(new URL("./uppy_page.js", import.meta.url)),
    ];
    await using site = startOtherSite(scripts);
    await using server = await startServer({
      env: { PAWL_CORS_ORIGINS: site.origin },
      config: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
    });
    // The browser's address stays while the server's changes.
    await using proxy = await startProxy(server.url);
    await using browser = await openBrowser({ executable: chromium! });
    const page = await browser.tab();
    const foreign = foreignRequests(page, [site.origin, proxy.url.origin]);
    await page.exposeFunction("newToken", () => server.token(ALICE));
    await page.goto(site.origin);

    const choose = (name: string) => page.locator("#chosen").setInputFiles(dir.join(name));
    const begin = (page: Page, started: Started) =>
      page.evaluate(`begin(${JSON.stringify({ endpoint: new URL("/files", proxy.url).href, ...started })})`);
    const ended = () => page.evaluate<Outcome>("ended()");

    await t.step("300 MB: offline and back, cut connections, a killed server", async () => {
      await Deno.writeFile(dir.join("film.bin"), randomStream(SIZE, CONTENT));
      await choose("film.bin");
      await begin(page, { name: "film 中文.bin" });
      const end = ended();
      const sent = (bytes: number) => Promise.race([proxy.hasPassed("up", bytes), end]);

      await sent(50 * MIB);
      await page.context().setOffline(true);
      proxy.cutAll({ reset: true });
      await page.waitForFunction("!navigator.onLine");
      await page.context().setOffline(false);

      await sent(120 * MIB);
      proxy.cutAll({ reset: true });

      await sent(190 * MIB);
      await server.kill();
      await server.restart();
      proxy.setTarget(server.url);

      const { url, error } = await end;
      assert.equal(error, null);
      const list = await (await server.fetch("/api/v1/attachments", { user: ALICE })).json();
      assert.equal(list.items.length, 1);
      const { fileName, size, sha256, contentType } = list.items[0];
      assert.deepEqual([fileName, size, contentType], ["film 中文.bin", SIZE, "application/x-test"]);
      assert.equal(sha256, randomSha256(SIZE, CONTENT));
      const content = await server.fetch(new URL(url!).pathname, { user: ALICE });
      assert.equal(await verifyRandom(content.body!, CONTENT), SIZE);
      // What had arrived was neither lost nor sent again, but for what was on its way at each of the three breaks.
      assert.ok(proxy.passed.up < SIZE + 100 * MIB, `${Math.round(proxy.passed.up / MIB)} MiB were sent`);
    });

    await t.step(
      "a token that ends on the way is renewed, between chunks and before one large body",
      async () => {
        const token = await new SignJWT({ role: "user" })
          .setProtectedHeader({ alg: "HS256" })
          .setSubject(ALICE.sub)
          .setIssuedAt(Math.floor(Date.now() / 1000) - 7200)
          .setExpirationTime(Math.floor(Date.now() / 1000) - 3600)
          .sign(new TextEncoder().encode(server.secret));
        await Deno.writeFile(dir.join("small.bin"), randomStream(5 * MIB, { seed: 7 }));
        await choose("small.bin");
        for (
          const [options, after, expected] of [
            [{ chunkSize: 2 * MIB }, 2, "POST 201, PATCH 204, PATCH 401, HEAD 200, PATCH 204, PATCH 204"],
            [{}, 1, "POST 201, PATCH 401, HEAD 200, PATCH 204"],
          ] as const
        ) {
          await begin(page, { name: `${after}.bin`, options, ending: { after, token } });
          const { error, told } = await ended();
          assert.deepEqual([error, told.join(", ")], [null, expected]);
          const list = await (await server.fetch("/api/v1/attachments?limit=1", { user: ALICE })).json();
          assert.deepEqual([list.items[0].fileName, list.items[0].sha256], [
            `${after}.bin`,
            randomSha256(5 * MIB, { seed: 7 }),
          ]);
        }
      },
    );

    await t.step("a refusal reaches the person in the server's words", async () => {
      const detail = "Image takes .jpg .jpeg .png .gif .webp .bmp .svg, not .exe.";
      await begin(page, { name: "film.exe", meta: { businessType: "Image" } });
      const { url, error, answer, told } = await ended();
      assert.deepEqual([url, told], [null, ["POST 415", "Failed to upload film.exe"]]);
      assert.ok(error!.includes(detail), error!);
      const problem = JSON.parse(answer!);
      assert.deepEqual([problem.code, problem.detail], ["type-not-allowed", detail]);
    });
    assert.deepEqual([foreign, browser.faults], [[], []]);
  },
});
