import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

/** Name and role of what has the focus, as it is told to those who do not see it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { activeElement: { getAttribute(name: string): string | null; textContent: string } };
    };
    return document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent.trim();
  });
}

/** Presses Tab until `name` has the focus; fails when the whole page has been walked through. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (now === name) return;
    passed.push(now);
  }
  assert.fail(`${name} was not reached: ${passed.join(" > ")}`);
}

Deno.test({
  name: "Everything is done by the keyboard alone",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const file = (name: string) => ({ name, mimeType: "text/plain", buffer: Buffer.from(name) });

    await t.step("files are chosen, paused, gone on with and cancelled", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      const chooser = page.waitForEvent("filechooser");
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), "Skip to the files");
      await tabTo(page, "Choose files");
      await page.keyboard.press("Enter");
      const held = Promise.withResolvers<void>();
      await page.route("**/chunks/*", async (route) => {
        await held.promise;
        await route.continue().catch(() => {});
      });
      await (await chooser).setFiles([file("a.txt"), file("b.txt")]);
      await home.sending("b.txt").waitFor();
      await tabTo(page, "Pause a.txt");
      await page.keyboard.press("Enter");
      await home.says("a.txt", "Paused");
      await page.keyboard.press("Enter");
      held.resolve();
      await home.says("a.txt", "Stored");
      await home.says("b.txt", "Stored");
      const [first, second] = await page.locator(".queue .name").allTextContents();
      await tabTo(page, `Remove ${first} from this list`);
      await page.keyboard.press("Enter");
      await home.sending(first!).waitFor({ state: "detached" });
      assert.equal(await focused(page), `Remove ${second} from this list`);
    });

    await t.step("the focus stays where it is while figures change around it", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      const held = Promise.withResolvers<void>();
      await page.route("**/chunks/*", async (route) => {
        await held.promise;
        await route.continue().catch(() => {});
      });
      const names = Array.from({ length: 12 }, (_, i) => `file ${i}.txt`);
      await home.choose(names.map(file));
      await home.sending("file 11.txt").waitFor({ state: "attached" });
      const list = page.locator(".queue .rows");
      await list.evaluate((element: { scrollTop: number }) => void (element.scrollTop = 200));
      await page.getByRole("button", { name: "Language" }).click();
      assert.equal(await focused(page), "English");
      held.resolve();
      await page.getByRole("heading", { name: "All sent" }).waitFor();
      assert.equal(await focused(page), "English");
      assert.equal(await list.evaluate((element: { scrollTop: number }) => element.scrollTop), 200);
      await page.keyboard.press("Escape");
      assert.equal(await focused(page), "Language");
    });

    await t.step("files are walked through, selected, renamed, deleted and brought back", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      await home.choose([file("one.txt"), file("two.txt"), file("three.txt")]);
      await home.says("three.txt", "Stored");
      await page.getByRole("button", { name: "Clear finished" }).press("Enter");
      await page.locator(".files .row").nth(2).waitFor();
      const order = await page.locator(".files .name").allTextContents();

      await page.locator(".files .name").first().focus();
      await page.keyboard.press("ArrowDown");
      assert.equal(await focused(page), `Show ${order[1]}`);
      await page.keyboard.press("F2");
      await page.keyboard.type("renamed");
      await page.keyboard.press("Enter");
      await home.stored("renamed.txt").waitFor();
      // The focus is back where it was.
      assert.equal(await focused(page), "Show renamed.txt");

      await page.keyboard.press("Enter");
      await page.locator(".preview").waitFor();
      await page.keyboard.press("Escape");
      await page.locator(".preview").waitFor({ state: "detached" });
      assert.equal(await focused(page), "Show renamed.txt");

      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Space");
      await page.getByText("1 selected").waitFor();
      await page.keyboard.press("Space");

      await tabTo(page, "More for renamed.txt");
      await page.keyboard.press("ArrowDown");
      assert.equal(await focused(page), "Show");
      await page.keyboard.press("End");
      assert.equal(await focused(page), "Delete");
      await page.keyboard.press("Enter");
      await home.stored("renamed.txt").waitFor({ state: "detached" });
      // Not lost: on the file that has taken its place.
      assert.match(await focused(page), /^Show (?:one|two|three)\.txt$/);
      await page.getByRole("button", { name: "Undo" }).press("Enter");
      await home.stored("renamed.txt").waitFor();
    });
  },
});
