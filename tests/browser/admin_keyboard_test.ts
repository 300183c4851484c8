import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { call, openAdmin, storeFile } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

/** Name of what has the focus, as it is told to those who do not see it. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: {
        activeElement: {
          getAttribute(name: string): string | null;
          textContent: string;
          labels?: ArrayLike<{ textContent: string }>;
        };
      };
    };
    const { activeElement } = document;
    return activeElement.getAttribute("aria-label") ?? activeElement.labels?.[0]?.textContent ??
      activeElement.textContent.trim();
  });
}

/** Presses Tab until `name` has the focus; fails when the whole page has been walked through. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const now = await focused(page);
    if (typeof name === "string" ? now === name : name.test(now)) return;
    passed.push(now);
  }
  assert.fail(`${name} was not reached: ${passed.join(" > ")}`);
}

/** Resolves when `name` has the focus. */
async function hasFocus(page: Page, name: string): Promise<void> {
  await page.waitForFunction((name) => {
    const { document } = globalThis as unknown as {
      document: { activeElement: { getAttribute(name: string): string | null; textContent: string } };
    };
    const { activeElement } = document;
    return (activeElement.getAttribute("aria-label") ?? activeElement.textContent.trim()) === name;
  }, name).catch(async (error) => assert.equal(await focused(page), name, String(error)));
}

Deno.test({
  name: "Everything on the administrators' page is done by the keyboard alone",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const user = { sub: "alice" };

    await t.step("the way to a job, its dry run, its run and its history", async () => {
      await using admin = await openAdmin(browser, server);
      const { page } = admin;
      await page.getByText("All is well").waitFor();
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), "Skip to the content");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => location.hash), "#overview");
      await tabTo(page, "Jobs");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
      // Whoever goes through the sections goes on from where they are.
      assert.equal(await focused(page), "Jobs");
      await page.locator("[data-job=orphans]").waitFor();
      await tabTo(page, "Dry run: Delete orphans");
      await page.keyboard.press("Enter");
      await page.getByText("Nothing would go now").waitFor();
      await hasFocus(page, "Close");
      await page.keyboard.press("Enter");
      await hasFocus(page, "Dry run: Delete orphans");
      await page.keyboard.press("Tab");
      assert.equal(await focused(page), "Run now: Delete orphans");
      await page.keyboard.press("Enter");
      await page.locator("[data-job=orphans] [data-run=done]").waitFor();
      assert.equal(await focused(page), "Run now: Delete orphans");
      await page.keyboard.press("Shift+Tab");
      await page.keyboard.press("Shift+Tab");
      assert.equal(await focused(page), "Delete orphans");
      await page.keyboard.press("Enter");
      await page.getByRole("table", { name: "Runs" }).waitFor();
      // What was pressed is gone: the place that it led to has the focus.
      await hasFocus(page, "Delete orphans");
      assert.equal(await page.evaluate(() => location.hash), "#jobs/orphans");
    });

    await t.step(
      "files are walked through, looked at, selected and deleted; the focus is never lost",
      async () => {
        for (const name of ["one.txt", "two.txt", "three.txt"]) await storeFile(server, user, name);
        await using admin = await openAdmin(browser, server, { at: "files" });
        const { page } = admin;
        await page.locator(".row.file").nth(2).waitFor();
        await page.locator(".row.file .name").first().focus();
        await page.keyboard.press("ArrowDown");
        assert.equal(await focused(page), "Show two.txt");
        await page.keyboard.press("Enter");
        await page.locator(".preview pre").waitFor();
        await page.keyboard.press("ArrowRight");
        await page.getByRole("heading", { name: "one.txt" }).waitFor();
        await page.keyboard.press("Escape");
        await hasFocus(page, "Show two.txt");
        await page.keyboard.press("Shift+Tab");
        await page.keyboard.press("Space");
        await page.getByText("1 selected").waitFor();
        await page.keyboard.press("Space");
        await tabTo(page, "More for two.txt");
        await page.keyboard.press("ArrowUp");
        assert.equal(await focused(page), "Delete for good");
        await page.keyboard.press("Escape");
        await hasFocus(page, "More for two.txt");
        await page.locator(".row.file .name").nth(1).focus();
        await page.keyboard.press("Delete");
        // The way back has the focus.
        await hasFocus(page, "Cancel");
        await tabTo(page, "Delete");
        await page.keyboard.press("Enter");
        await page.getByText("1 file deleted.").waitFor();
        await hasFocus(page, "Show one.txt");
      },
    );

    await t.step("a link is revoked", async () => {
      const id = await storeFile(server, user, "offer.txt");
      await call(server, { method: "POST", path: `/api/v1/attachments/${id}/tokens`, user, json: {} });
      await using admin = await openAdmin(browser, server, { at: "links" });
      const { page } = admin;
      await page.locator(".row.link").waitFor();
      await tabTo(page, /^Revoke the link to offer.txt/);
      await page.keyboard.press("Enter");
      await hasFocus(page, "Keep it");
      await tabTo(page, "Revoke");
      await page.keyboard.press("Enter");
      await page.getByText("No link lets anybody in").waitFor();
    });

    await t.step("the audit is narrowed, and an entry is opened", async () => {
      await using admin = await openAdmin(browser, server, { at: "audit" });
      const { page } = admin;
      await page.locator(".entry").first().waitFor();
      await tabTo(page, "Who");
      await page.keyboard.type("alice");
      await page.keyboard.press("Enter");
      await page.locator(".entry", { hasText: "root" }).waitFor({ state: "detached" });
      assert.equal(await focused(page), "Who");
      await tabTo(page, "Details: Link made");
      await page.keyboard.press("Enter");
      await tabTo(page, "All that happened to it");
      await page.keyboard.press("Enter");
      await page.getByText("Link revoked").last().waitFor();
    });
  },
});
