import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { startProxy } from "../support/proxy.ts";
import { fillRandom, randomSha256, verifyRandom } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

const MIB = 2 ** 20;
const SIZE = 300 * MIB;
const CONTENT = { seed: 300 };

async function writeFilm(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const piece = new Uint8Array(4 * MIB);
  for (let offset = 0; offset < SIZE; offset += piece.length) {
    fillRandom(piece, { ...CONTENT, offset });
    await file.write(piece);
  }
}

Deno.test({
  name:
    "300 MB survive a lost network, a killed server and a reload, and arrive byte for byte, sent about once",
  ignore: chromium === null,
  async fn() {
    await using dir = await tempDir();
    const film = dir.join("film.mp4");
    await writeFilm(film);
    await using server = await startServer();
    // The browser's address stays while the server's changes.
    await using proxy = await startProxy(server.url);
    await using browser = await openBrowser({ executable: chromium! });
    const user = { sub: "alice" };
    await using home = await openHome(browser, server, { user, url: proxy.url });
    const { page } = home;
    const offline = page.getByText("No connection to the server");

    await home.choose(film);
    await proxy.hasPassed("up", 40 * MIB);
    await page.context().setOffline(true);
    await offline.waitFor();
    await home.says("film.mp4", "Goes on by itself");
    await page.context().setOffline(false);
    await offline.waitFor({ state: "detached" });

    await proxy.hasPassed("up", 110 * MIB);
    await server.kill();
    await offline.waitFor();
    await server.restart();
    proxy.setTarget(server.url);
    await offline.waitFor({ state: "detached" });

    await proxy.hasPassed("up", 180 * MIB);
    await page.reload();
    const waiting = page.locator(".unfinished .row", { hasText: "film.mp4" });
    await waiting.waitFor();
    assert.match(await waiting.locator(".state").innerText(), /^[3-9]\d% of 300 MB is here/);
    await waiting.locator("[data-session]").setInputFiles(film);
    await home.says("film.mp4", "Stored");
    await waiting.waitFor({ state: "detached" });
    await home.stored("film.mp4").waitFor();

    // What had arrived was neither lost nor sent again, but for what was on its way at each of the three breaks.
    assert.ok(proxy.passed.up < SIZE + 100 * MIB, `${Math.round(proxy.passed.up / MIB)} MiB were sent`);
    const list = await (await server.fetch("/api/v1/attachments", { user })).json();
    assert.equal(list.items.length, 1);
    assert.equal(list.items[0].sha256, randomSha256(SIZE, CONTENT));
    const content = await server.fetch(list.items[0].url, { user });
    assert.equal(await verifyRandom(content.body!, CONTENT), SIZE);
  },
});
