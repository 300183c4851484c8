import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

const FOLDERS = 10;
const FILES = 1000;
const STORED = 100;
/** More rows than these are never drawn, however many files there are. */
const DRAWN = 30;

/** Drops files or folders on the middle of the page, as a file manager does. */
async function drop(page: Page, paths: string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  const dispatch = (type: "dragEnter" | "dragOver" | "drop") =>
    session.send("Input.dispatchDragEvent", { type, x: 500, y: 400, data });
  await dispatch("dragEnter");
  await dispatch("dragOver");
  await page.getByText("Let go to send them").waitFor();
  // What lay under the pointer may have been drawn anew since; file managers tell where it is all the time.
  await dispatch("dragOver");
  await dispatch("drop");
}

Deno.test({
  name: "Many files, folders and pasted pictures in a browser",
  ignore: chromium === null,
  async fn(t) {
    await using dir = await tempDir();
    const album = dir.join("album");
    const empty = dir.join("empty");
    const small = dir.join("small");
    await Deno.mkdir(empty);
    await Deno.mkdir(`${small}/a/b`, { recursive: true });
    for (const name of ["one.txt", "a/two.txt", "a/b/deep.txt"]) {
      await Deno.writeTextFile(`${small}/${name}`, name);
    }
    for (let i = 0; i < FILES; i++) {
      const folder = `${album}/part ${i % FOLDERS}`;
      if (i < FOLDERS) await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/note ${i}.txt`, `This is note ${i}.\n`);
    }
    // Administrators have no limits.
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });

    await t.step(
      "of a folder of 1,000 files few rows are drawn, and the page answers while it is sent",
      async () => {
        await using home = await openHome(browser, server, { user: { sub: "archivist", role: "admin" } });
        const { page } = home;
        // The others stay on their way until they are cancelled. What a pause breaks off comes again.
        const passing = new Set<string>();
        await page.route("**/chunks/*", (route) => {
          const session = /uploads\/([^/]+)\//.exec(route.request().url())![1]!;
          if (passing.size < STORED) passing.add(session);
          return passing.has(session) ? route.continue() : undefined;
        });
        await page.locator("[data-folder]").setInputFiles(album);
        await page.locator(".queue .facts", { hasText: "of 1,000 files" }).waitFor();
        const rows = page.locator(".queue .row");
        assert.ok(await rows.count() < DRAWN, `${await rows.count()} rows`);
        const folder = await rows.first().locator(".aside").textContent();
        assert.match(folder!, /^in album\/part \d\/$/);

        // Scrolled to the end, other rows are drawn, and no more of them.
        const list = page.locator(".queue .rows");
        await list.evaluate((element: { scrollTop: number; scrollHeight: number }) => {
          element.scrollTop = element.scrollHeight;
        });
        await page.locator('.queue .row[aria-posinset="1000"]').waitFor();
        assert.ok(await rows.count() < DRAWN);
        await list.evaluate((element: { scrollTop: number }) => void (element.scrollTop = 0));

        // What people do is answered while hundreds are on their way.
        await page.getByRole("button", { name: "Pause all" }).click();
        await page.getByRole("button", { name: "Go on with all" }).click();
        await page.locator(".queue .facts", { hasText: `${STORED} of 1,000 files` }).waitFor();
        const told = page.locator("[data-told]", { hasText: `${STORED} of 1,000 files stored.` });
        await told.waitFor({ state: "attached" });
        assert.match(await page.title(), /^\d\d?% · Pawl$/);

        // Enough: the rest is cancelled at once, and what was stored stays.
        await page.getByRole("button", { name: "Cancel all" }).click();
        await page.getByRole("button", { name: "Cancel them" }).click();
        await page.getByRole("heading", { name: "All sent" }).waitFor();
        assert.equal(await page.title(), "Pawl");
        await page.locator(".queue .facts", { hasText: `${STORED} of ${STORED} files` }).waitFor();
      },
    );

    await t.step("folders are dropped with all that is in them, an empty one says so", async () => {
      await using home = await openHome(browser, server, { user: { sub: "dropper", role: "admin" } });
      const { page } = home;
      await drop(page, [small, `${album}/part 4/note 4.txt`]);
      await page.locator(".queue .facts", { hasText: "4 of 4 files" }).waitFor();
      assert.equal(await home.sending("deep.txt").locator(".aside").textContent(), "in small/a/b/");
      await page.getByRole("button", { name: "Clear finished" }).click();
      await drop(page, [empty]);
      await page.getByText("There were no files in that.").waitFor();
    });

    await t.step("a picture from the clipboard gets the time as its name", async () => {
      await using home = await openHome(browser, server);
      await home.page.evaluate(() => {
        const page = globalThis as unknown as Record<
          string,
          new (...args: unknown[]) => { items: { add(file: File): void } }
        >;
        const data = new page.DataTransfer!();
        data.items.add(new File([new Uint8Array([1, 2, 3])], "image.png", { type: "image/png" }));
        const event = new page.ClipboardEvent!("paste", {
          clipboardData: data,
          bubbles: true,
          cancelable: true,
        });
        (globalThis as unknown as { document: EventTarget }).document.dispatchEvent(
          event as unknown as Event,
        );
      });
      await home.says("Pasted ", "Stored");
      assert.match((await home.page.locator(".files .name").textContent())!, /^Pasted .*20\d\d.*\.png$/);
    });
  },
});
