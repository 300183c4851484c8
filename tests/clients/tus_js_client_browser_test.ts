/** tus-js-client in Chromium, from our own page with its cookie and from a page of another origin with a token. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { installPackages } from "../support/npm_packages.ts";
import { foreignRequests, startOtherSite } from "../support/other_site.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const chromium = tool("chromium", import.meta.url);
const npm = tool("npm", import.meta.url);

const SIZE = 5 * 2 ** 19 + 7;
const VERSIONS = ["4.3.1", "5.0.0-pre2"];
const ALICE = { sub: "alice" };

const WAYS = [
  "plain",
  "chunked",
  "parallel",
  "deferred",
  "stream of known length",
  "during creation",
  "during creation, chunked",
  "other methods forbidden",
  "draft 03",
  "draft 05",
  "draft 05, during creation",
  "stopped and gone on with",
  "gone on with",
  "gone on with, parallel",
  "gone on with, draft 05",
  "terminated",
  "terminated on its way",
];

interface Outcome {
  url: string;
  /** Their methods. */
  requests: string[];
}

interface Request {
  name: string;
  /** Bytes of the file that are left out, so that each upload has content of its own. */
  skip: number;
  endpoint: string;
  /** null: the cookie speaks. */
  token: string | null;
}

const call = (page: Page, way: string, request: Request) =>
  page.evaluate<Outcome>(`uploadBy(${JSON.stringify(way)}, ${JSON.stringify(request)})`);

Deno.test({
  name:
    "tus-js-client in Chromium uploads in all its ways, with a token from another site and with our cookie",
  ignore: chromium === null || npm === null,
  async fn(t) {
    await using dir = await tempDir();
    await installPackages(npm!, {
      directory: dir.path,
      packages: VERSIONS.map((version, n) => `client-${n}@npm:tus-js-client@${version}`),
    });
    const bytes = randomBytes(SIZE, { seed: 4 });
    await Deno.writeFile(dir.join("file.bin"), bytes);
    const script = await Deno.readTextFile(new URL("./tus_js_client_page.js", import.meta.url));
    await using site = startOtherSite();
    await using server = await startServer({
      env: { PAWL_CORS_ORIGINS: site.origin },
      config: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
    });
    await using browser = await openBrowser({ executable: chromium! });
    const page = await browser.tab();
    const foreign = foreignRequests(page, [site.origin, site.unlisted, server.url.origin]);
    const token = await server.token(ALICE);
    const endpoint = new URL("/files", server.url).href;
    let skip = 0;

    async function open(address: string, n: number): Promise<void> {
      const client = await Deno.readTextFile(dir.join(`node_modules/client-${n}/dist/tus.js`));
      await page.goto(address);
      // As the console does, which no policy of a page keeps from it.
      await page.evaluate(`${client}\nglobalThis.tusVersion = "${VERSIONS[n]}";\n${script}`);
      await page.locator("#chosen").setInputFiles(dir.join("file.bin"));
    }

    async function newest() {
      const list = await server.fetch("/api/v1/attachments?limit=1", { user: ALICE });
      return (await list.json()).items[0];
    }

    for (const [n, version] of VERSIONS.entries()) {
      const { version: installed } = JSON.parse(
        await Deno.readTextFile(dir.join(`node_modules/client-${n}/package.json`)),
      );
      assert.equal(installed, version);
      for (const from of ["another site", "our own page"]) {
        const own = from === "our own page";
        const address = own ? server.url.href : site.origin;
        if (own) await signIn(page, server.url, token);
        await open(address, n);
        for (const way of WAYS) {
          await t.step(`${version} from ${from}: ${way}`, async () => {
            const name = `${version} ${way} ${++skip}.bin`;
            const request = { name, skip, endpoint, token: own ? null : token };
            if (way.startsWith("gone on with")) {
              await call(page, way.replace("gone on with", "begun"), request);
              await open(address, n);
            }
            const { url, requests } = await call(page, way, request);
            const { pathname } = new URL(url);
            if (way.startsWith("terminated")) {
              assert.equal(requests.at(-1), "DELETE");
              const headers = { "Tus-Resumable": "1.0.0" };
              const gone = await server.fetch(pathname, { method: "HEAD", user: ALICE, headers });
              assert.equal(gone.status, 410);
              return;
            }
            const { fileName, size, contentType } = await newest();
            assert.deepEqual([fileName, size, contentType], [name, SIZE - skip, "application/x-test"]);
            const got = await server.fetch(pathname, { user: ALICE });
            assert.equal(got.status, 200);
            assertSameBytes(await got.bytes(), bytes.subarray(skip));
            const count = (method: string) => requests.filter((made) => made === method).length;
            if (way === "parallel") assert.equal(count("POST"), 5);
            if (way === "other methods forbidden") assert.equal(count("PATCH"), 0);
            // It goes on instead of beginning anew; the one POST joins the parts.
            if (way === "gone on with, parallel") assert.deepEqual([count("HEAD"), count("POST")], [4, 1]);
            else if (way.startsWith("gone on with")) assert.equal(requests.slice(0, 2).join(), "HEAD,PATCH");
          });
        }
      }
      await t.step(`${version} from a page of an origin that is not listed: nothing`, async () => {
        const before = await newest();
        await open(site.unlisted, n);
        for (const bearer of [token, null]) {
          const request = { name: "stranger.bin", skip: ++skip, endpoint, token: bearer };
          await assert.rejects(call(page, "plain", request), /tus: /);
        }
        assert.deepEqual(await newest(), before);
      });
    }

    await t.step("the IETF draft by fetch, from another site: every header can be read", async () => {
      await page.goto(site.origin);
      const answers = await page.evaluate<Record<string, string>[]>(
        `(${FETCH_DRAFT})(${JSON.stringify({ endpoint, token })})`,
      );
      const [created, head, wrong, last] = answers;
      assert.match(created!["location"]!, /^\/files\/[\w-]{22}$/);
      assert.match(created!["upload-limit"]!, /^max-size=\d+, min-size=0, max-age=\d+$/);
      const offsets = answers.map((headers) => [headers["upload-complete"], headers["upload-offset"]]);
      assert.deepEqual(offsets, [["?0", "5"], ["?0", "5"], ["?0", "5"], ["?1", "11"]]);
      assert.equal(head!["upload-length"], "11");
      assert.match(wrong!["content-type"]!, /problem\+json/);
      assert.equal(last!["content-location"], `/api/v1/attachments/${last!["pawl-attachment-id"]}`);
      assert.match(last!["repr-digest"]!, /^sha-256=:/);
    });
    assert.deepEqual([foreign, browser.faults], [[], []]);
  },
});

/** Runs in the page: the headers that its script can read of a creation, a look, a wrong append and the last one. */
const FETCH_DRAFT = `async ({ endpoint, token }) => {
  const send = async (method, url, headers, body) => {
    const common = { "Authorization": "Bearer " + token, "Upload-Draft-Interop-Version": "8" };
    const answer = await fetch(url, { method, headers: { ...common, ...headers }, body });
    return Object.fromEntries(answer.headers);
  };
  const first = { "Upload-Complete": "?0", "Upload-Length": "11" };
  const created = await send("POST", endpoint, first, "hello");
  const url = new URL(created.location, endpoint).href;
  const append = (offset, complete, body) =>
    send("PATCH", url, {
      "Content-Type": "application/partial-upload",
      "Upload-Offset": offset,
      "Upload-Complete": complete,
    }, body);
  const head = await send("HEAD", url, {});
  const wrong = await append("3", "?0", " world");
  return [created, head, wrong, await append("5", "?1", " world")];
}`;

async function signIn(page: Page, url: URL, token: string): Promise<void> {
  const answer = await page.context().request.post(new URL("/api/v1/session", url).href, {
    headers: { Authorization: `Bearer ${token}` },
  });
  assert.equal(answer.ok(), true);
}
