import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer, type TestServer, type User } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

async function store(server: TestServer, user: User, names: string[], query = ""): Promise<void> {
  for (const name of names) {
    // Longer names have more bytes, so that sorting by size has something to sort.
    const body = (name.endsWith(".pdf") ? "%PDF-" : "").padEnd(name.length * 10, "x");
    const answer = await server.fetch(`/api/v1/files/${encodeURIComponent(name)}${query}`, {
      user,
      method: "PUT",
      body,
    });
    assert.equal(answer.status, 201, await answer.text());
  }
}

const names = (page: Page) => page.locator(".files .name").allTextContents();

/** The names in the list, once they are these. */
async function shows(page: Page, expected: string[]): Promise<void> {
  await page.locator(".files .name").nth(expected.length).waitFor({ state: "detached" });
  for (const [index, name] of expected.entries()) {
    await page.locator(".files .row").nth(index).locator(".name", { hasText: name }).waitFor();
  }
  assert.deepEqual(await names(page), expected);
}

Deno.test({
  name: "The list of files in a browser",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
    const item = (page: Page, name: string) => page.getByRole("menuitem", { name, exact: true });
    const more = (page: Page, name: string) => button(page, `More for ${name}`).click();

    await t.step(
      "it is searched while typing, filtered by kind, sorted, and says when nothing is found",
      async () => {
        const user = { sub: "searcher" };
        await store(server, user, ["harbour at dawn.txt", "b.txt", "notes.txt"]);
        await store(server, user, ["scan.pdf"], "?businessType=Document");
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        await shows(page, ["scan.pdf", "notes.txt", "b.txt", "harbour at dawn.txt"]);
        await page.getByLabel("Sort by").selectOption("name");
        await shows(page, ["b.txt", "harbour at dawn.txt", "notes.txt", "scan.pdf"]);
        await page.getByLabel("Sort by").selectOption("size");
        await shows(page, ["harbour at dawn.txt", "notes.txt", "scan.pdf", "b.txt"]);
        await page.getByLabel("Kind", { exact: true }).selectOption("Document");
        await shows(page, ["scan.pdf"]);
        const search = page.getByLabel("Search by name");
        await search.pressSequentially("dawn");
        await page.getByText("Nothing is called that").waitFor();
        await button(page, "Show all files").click();
        await shows(page, ["harbour at dawn.txt", "notes.txt", "scan.pdf", "b.txt"]);
        await search.fill("DAWN");
        await shows(page, ["harbour at dawn.txt"]);
        await page.getByText("1 file found.").waitFor();
        await search.press("Escape");
        await shows(page, ["harbour at dawn.txt", "notes.txt", "scan.pdf", "b.txt"]);
        await page.getByLabel("Kind", { exact: true }).selectOption("Video");
        await page.getByText("Nothing of this kind is here").waitFor();
        await button(page, "Show all files").click();
        await shows(page, ["harbour at dawn.txt", "notes.txt", "scan.pdf", "b.txt"]);
      },
    );

    await t.step(
      "the drop zone has room as long as there are no files, and its size before the list is there",
      async () => {
        const user = { sub: "newcomer" };
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        const roomy = page.locator(".drop.roomy");
        const list = /\/api\/v1\/attachments\?/;
        const whileLoading = async () => {
          const released = Promise.withResolvers<void>();
          await page.route(list, async (route) => {
            await released.promise;
            await route.continue();
          }, { times: 1 });
          await page.reload();
          await page.locator(".files .waiting").waitFor();
          const before = await roomy.count();
          released.resolve();
          await page.locator(".files .waiting").waitFor({ state: "detached" });
          return [before, await roomy.count()];
        };
        assert.deepEqual(await whileLoading(), [1, 1]);
        await button(page, "Recycle bin").click();
        await page.getByText("The recycle bin is empty").waitFor();
        assert.equal(await roomy.count(), 1);
        await store(server, user, ["first.txt"]);
        await button(page, /^Files$/).click();
        await shows(page, ["first.txt"]);
        assert.deepEqual(await whileLoading(), [0, 0]);
      },
    );

    await t.step("a file is renamed; a name that the server refuses is told in the form", async () => {
      const user = { sub: "renamer" };
      await store(server, user, ["draft.txt"]);
      await using home = await openHome(browser, server, { user });
      const { page } = home;
      await more(page, "draft.txt");
      await item(page, "Rename").click();
      const field = page.getByLabel("New name");
      // The stem is selected, so that typing keeps the extension.
      await page.keyboard.type("final");
      assert.equal(await field.inputValue(), "final.txt");
      await field.fill("  ");
      await button(page, /^Rename$/).click();
      await page.getByText("A name needs at least one character.").waitFor();
      await field.fill("..");
      await button(page, /^Rename$/).click();
      await page.getByText("The server does not take this name.").waitFor();
      await field.fill("报".repeat(100));
      await button(page, /^Rename$/).click();
      await page.getByText("The name is too long.").waitFor();
      await field.fill("final.txt");
      await field.press("Enter");
      await shows(page, ["final.txt"]);
      await page.getByText("Its name is “final.txt” now.").waitFor();
    });

    await t.step("a deleted file comes back by undo, and out of the recycle bin", async () => {
      const user = { sub: "deleter" };
      await store(server, user, ["one.txt", "two.txt"]);
      await using home = await openHome(browser, server, { user });
      const { page } = home;
      await more(page, "one.txt");
      await item(page, "Delete").click();
      await shows(page, ["two.txt"]);
      await button(page, "Undo").click();
      await shows(page, ["two.txt", "one.txt"]);
      await more(page, "two.txt");
      await item(page, "Delete").click();
      await shows(page, ["one.txt"]);
      await button(page, "Recycle bin").click();
      await shows(page, ["two.txt"]);
      await more(page, "two.txt");
      await item(page, "Restore").click();
      await page.getByText("The recycle bin is empty").waitFor();
      await button(page, /^Files$/).click();
      await shows(page, ["two.txt", "one.txt"]);
    });

    await t.step("on a phone the rows stay under the finger that selects them", async () => {
      const user = { sub: "walker" };
      await store(server, user, ["a.txt", "b.txt"]);
      await using home = await openHome(browser, server, { user, viewport: { width: 360, height: 740 } });
      const { page } = home;
      await shows(page, ["b.txt", "a.txt"]);
      const top = async () => Math.round((await home.stored("a.txt").boundingBox())!.y);
      await page.getByLabel("Select a.txt").click();
      await page.getByText("1 selected").waitFor();
      const selected = await top();
      await page.getByLabel("Select a.txt").click();
      await page.getByText("1 selected").waitFor({ state: "detached" });
      assert.equal(await top(), selected);
    });

    await t.step("many are selected with the shift key, deleted, restored and deleted for good", async () => {
      const user = { sub: "sorter" };
      await store(server, user, ["a.txt", "b.txt", "c.txt", "d.txt"]);
      await using home = await openHome(browser, server, { user });
      const { page } = home;
      await shows(page, ["d.txt", "c.txt", "b.txt", "a.txt"]);
      await page.getByLabel("Select d.txt").click();
      await page.getByLabel("Select b.txt").click({ modifiers: ["Shift"] });
      await page.getByText("3 selected").waitFor();
      await page.getByRole("group", { name: "3 selected" }).getByRole("button", { name: "Delete" }).click();
      await shows(page, ["a.txt"]);
      await page.getByText("3 files are in the recycle bin.").waitFor();
      await button(page, "Recycle bin").click();
      await shows(page, ["d.txt", "c.txt", "b.txt"]);
      await page.getByLabel("Select c.txt").click();
      await button(page, /^Restore$/).click();
      await shows(page, ["d.txt", "b.txt"]);
      await page.locator(".files .name").first().focus();
      await page.keyboard.press("Control+a");
      await page.getByText("2 selected").waitFor();
      await button(page, "Delete for good").click();
      await page.getByRole("heading", { name: "Delete 2 files for good?" }).waitFor();
      await page.locator("dialog").getByRole("button", { name: "Delete for good" }).click();
      await page.getByText("The recycle bin is empty").waitFor();
      await button(page, /^Files$/).click();
      await shows(page, ["c.txt", "a.txt"]);
    });

    await t.step("a link is copied and says who can open it; who that is can be changed", async () => {
      const user = { sub: "sharer" };
      await store(server, user, ["offer.txt"]);
      await using home = await openHome(browser, server, {
        user,
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const { page } = home;
      await more(page, "offer.txt");
      await item(page, "Copy link").click();
      await page.getByText("Link copied. Only you can open it.").waitFor();
      const link = await page.evaluate(() =>
        (navigator as unknown as { clipboard: { readText(): Promise<string> } }).clipboard.readText()
      );
      assert.ok(link.startsWith(server.url.href), link);
      for (const [who, status] of [[user, 200], [null, 401]] as const) {
        const answer = await server.fetch(link, { user: who });
        await answer.body?.cancel();
        assert.equal(answer.status, status);
      }
      await button(page, "Show offer.txt").click();
      await page.getByLabel("Who can open it").selectOption("public");
      await page.getByText("Anybody with the link can open it now.").waitFor();
      const open = await server.fetch(link, { user: null });
      assert.deepEqual([open.status, await open.text()], [200, "x".repeat(90)]);
    });

    await t.step("a download has the file's name and bytes", async () => {
      const user = { sub: "reader" };
      await store(server, user, ["résumé 简历.txt"]);
      await using home = await openHome(browser, server, { user });
      const [download] = await Promise.all([
        home.page.waitForEvent("download"),
        home.page.getByRole("link", { name: "Download résumé 简历.txt" }).click(),
      ]);
      assert.equal(download.suggestedFilename(), "résumé 简历.txt");
      assert.equal(await Deno.readTextFile(await download.path()), "x".repeat(130));
    });

    await t.step(
      "more than a page is loaded when the end comes near",
      async () => {
        const user = { sub: "collector" };
        await store(server, user, Array.from({ length: 60 }, (_, i) => `file ${i}.txt`));
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        await page.getByText("50 files and more").waitFor();
        await page.locator(".foot").scrollIntoViewIfNeeded();
        await page.getByText("60 files", { exact: true }).waitFor();
        await home.stored("file 0.txt").waitFor();
      },
    );

    await t.step("a list that cannot be had says so, and is asked for again", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      await page.route("**/api/v1/attachments?*", (route) =>
        route.fulfill({
          status: 500,
          contentType: "application/problem+json",
          body: JSON.stringify({ code: "internal", status: 500, title: "", detail: "Broken." }),
        }));
      await button(page, "Recycle bin").click();
      await page.getByText("The list cannot be shown.").waitFor();
      await page.unroute("**/api/v1/attachments?*");
      await button(page, "Try again").click();
      await page.getByText("The recycle bin is empty").waitFor();
    });
  },
});
