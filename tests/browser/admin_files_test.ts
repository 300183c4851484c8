import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer, type TestServer, type User } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { call, openAdmin, storeFile } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

const files = (page: Page): Locator => page.locator(".row.file .name");

/** Resolves when exactly these files are shown, in this order. */
async function shows(page: Page, expected: string[]): Promise<void> {
  await page.waitForFunction(
    (text) => {
      const { document } = globalThis as unknown as {
        document: { querySelectorAll(selector: string): Iterable<{ textContent: string }> };
      };
      const names = [...document.querySelectorAll(".row.file .name")].map(({ textContent }) => textContent);
      return JSON.stringify(names) === text;
    },
    JSON.stringify(expected),
  ).catch(async (error) => assert.deepEqual(await files(page).allTextContents(), expected, String(error)));
}

const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
const item = (page: Page, name: string) => page.getByRole("menuitem", { name, exact: true });
const status = async (server: TestServer, user: User, id: string) => {
  const answer = await server.fetch(`/api/v1/attachments/${id}`, { user });
  await answer.body?.cancel();
  return answer.status;
};

Deno.test({
  name: "Files of all owners on the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const [alice, bob] = [{ sub: "alice" }, { sub: "bob" }];

    await t.step(
      "they are searched by name and owner; an owner leads to the rest of what is theirs",
      async () => {
        for (const [user, name] of [[alice, "plan.txt"], [bob, "plan b.txt"], [alice, "song.mp3"]] as const) {
          await storeFile(server, user, name);
        }
        await using admin = await openAdmin(browser, server, { at: "files" });
        const { page } = admin;
        await shows(page, ["song.mp3", "plan b.txt", "plan.txt"]);
        await page.getByRole("searchbox", { name: "Search by name" }).fill("plan");
        await shows(page, ["plan b.txt", "plan.txt"]);
        await page.getByRole("link", { name: "alice" }).click();
        await shows(page, ["song.mp3", "plan.txt"]);
        assert.equal(await page.getByRole("searchbox", { name: "Owner" }).inputValue(), "alice");
        await page.goBack();
        await shows(page, ["plan b.txt", "plan.txt"]);
        await page.getByRole("searchbox", { name: "Search by name" }).fill("nothing like that");
        await page.getByText("Nothing matches").waitFor();
        await button(page, "Show all").click();
        await shows(page, ["song.mp3", "plan b.txt", "plan.txt"]);
        await page.getByRole("combobox", { name: "Kind" }).selectOption("Image");
        await page.getByText("Nothing matches").waitFor();
        assert.equal(new URL(page.url()).hash, "#files?businessType=Image");
      },
    );

    await t.step("one is looked at, deleted, brought back and deleted for good", async () => {
      const user = { sub: "carol" };
      const id = await storeFile(server, user, "letter.txt", "Dear Pawl");
      await using admin = await openAdmin(browser, server, { at: "files?owner=carol" });
      const { page } = admin;
      await button(page, "Show letter.txt").click();
      await page.locator(".preview pre", { hasText: "Dear Pawl" }).waitFor();
      const facts = page.locator(".preview .details");
      await facts.getByText("carol", { exact: true }).waitFor();
      await facts.getByText("Its owner").waitFor();
      await page.locator(".preview").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { name: "Delete 1 file?" }).waitFor();
      await page.getByRole("dialog").last().getByRole("button", { name: "Delete" }).click();
      await page.getByText("1 file deleted.").waitFor();
      await page.locator(".preview").waitFor({ state: "detached" });
      await page.getByText("Nothing matches").waitFor();

      await page.goto(`${server.url}admin#bin?owner=carol`);
      await shows(page, ["letter.txt"]);
      await button(page, "More for letter.txt").click();
      await item(page, "Restore").click();
      await page.getByText("1 file restored.").waitFor();
      await page.getByText("Nothing matches").waitFor();
      assert.equal(await status(server, user, id), 200);

      await page.goto(`${server.url}admin#files?owner=carol`);
      await button(page, "More for letter.txt").click();
      await item(page, "Delete for good").click();
      await page.getByRole("heading", { name: "Delete 1 file for good?" }).waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Delete for good" }).click();
      await page.getByText("1 file gone for good.").waitFor();
      assert.equal(await status(server, user, id), 404);
      await page.goto(`${server.url}admin#audit?targetKind=attachment&targetId=${id}`);
      const done = page.locator(".entry", { hasText: "File gone for good" });
      await done.getByText("root").waitFor();
    });

    await t.step("many in recycle bins are restored and deleted for good at once", async () => {
      const user = { sub: "dave" };
      const ids: string[] = [];
      for (const name of ["a.txt", "b.txt", "c.txt", "d.txt"]) ids.push(await storeFile(server, user, name));
      for (const id of ids) await call(server, { method: "DELETE", path: `/api/v1/attachments/${id}`, user });
      await using admin = await openAdmin(browser, server, { at: "bin?owner=dave" });
      const { page } = admin;
      await shows(page, ["d.txt", "c.txt", "b.txt", "a.txt"]);
      await page.getByLabel("Select d.txt").click();
      await page.getByLabel("Select c.txt").click({ modifiers: ["Shift"] });
      await page.getByText("2 selected").waitFor();
      await button(page, "Restore").click();
      await page.getByText("2 files restored.").waitFor();
      await shows(page, ["b.txt", "a.txt"]);
      await page.getByLabel("Select b.txt").click();
      await button(page, "Select all").click();
      await button(page, "Delete for good").click();
      await page.getByRole("heading", { name: "Delete 2 files for good?" }).waitFor();
      await page.getByRole("dialog").getByRole("button", { name: "Delete for good" }).click();
      await page.getByText("2 files gone for good.").waitFor();
      assert.deepEqual(
        await Promise.all(ids.map((id) => status(server, user, id))),
        [404, 404, 200, 200],
      );
      await button(page, "Hidden from owners").click();
      assert.equal(new URL(page.url()).hash, "#bin?owner=dave&state=binned");
      await page.getByText("Nothing matches").waitFor();
    });

    await t.step(
      "what is stored meanwhile comes in, and an open menu and the scroll position stay",
      async () => {
        const user = { sub: "erin" };
        for (let n = 0; n < 20; n++) await storeFile(server, user, `${n}.txt`);
        await using admin = await openAdmin(browser, server, { at: "files?owner=erin" });
        const { page } = admin;
        await page.clock.install();
        await page.reload();
        await page.getByText("20 files").waitFor();
        const last = button(page, "More for 0.txt");
        await last.scrollIntoViewIfNeeded();
        await last.click();
        await item(page, "Show").waitFor();
        const scrolled = () => page.evaluate(() => (globalThis as unknown as { scrollY: number }).scrollY);
        assert.ok(await scrolled() > 0);
        await storeFile(server, user, "new.txt");
        await page.clock.fastForward("00:20");
        await page.getByText("21 files").waitFor();
        assert.ok(await item(page, "Show").isVisible());
        assert.ok(await scrolled() > 0);
        await page.keyboard.press("Escape");
      },
    );
  },
});
