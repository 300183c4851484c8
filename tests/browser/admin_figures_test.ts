import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { ADMIN, openAdmin, storeFile } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

/** Until then what is stored may be in it or not. */
async function firstCount(server: TestServer): Promise<void> {
  const isDone = async () => {
    const answer = await server.fetch("/api/v1/admin/jobs/storageReport/runs", { user: ADMIN });
    return (await answer.json()).items[0]?.state === "done";
  };
  while (!await isDone());
}

Deno.test({
  name: "Figures on the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    await firstCount(server);
    const body = "x".repeat(2048);
    await storeFile(server, { sub: "alice" }, "one.txt", body);
    await storeFile(server, { sub: "bob" }, "two.txt", body);
    await storeFile(server, { sub: "bob" }, "three.txt", "y".repeat(1024));

    await t.step(
      "the first files are counted when somebody looks, and all anew when somebody asks",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "storage" });
        const { page } = admin;
        const tile = (name: string) =>
          page.locator(".tile").filter({ has: page.getByText(name, { exact: true }) });
        await tile("Files").getByText("5 KB").waitFor();
        await tile("Files").getByText("3 files").waitFor();
        await tile("Contents on the disk").getByText("3 KB").waitFor();
        await tile("Saved by storing equal content once").getByText("2 KB").waitFor();
        await page.getByText("40% of what people have stored").waitFor();
        await page.getByText(/^[\d.]+ [GT]B of [\d.]+ [GT]B are free\./).waitFor();
        await page.getByText("There is a line as soon as two days have been counted.").waitFor();
        await page.getByText(/^Counted \d+ (second|minute)s? ago\.$/).waitFor();
        await page.getByRole("button", { name: "Count now" }).click();
        await page.getByText("“Count the storage” has ended").waitFor();
      },
    );

    await t.step("days make a line, which is told for each of them, and is a table too", async () => {
      await using admin = await openAdmin(browser, server, { at: "storage" });
      const { page } = admin;
      await page.route("**/admin/storage", async (route) => {
        const report = await (await route.fetch()).json();
        const growth = [1, 2, 4].map((size, index) => ({
          day: `2026-11-0${index + 1}`,
          files: size,
          fileBytes: size * 2 ** 30,
          storedBytes: size * 2 ** 29,
        }));
        await route.fulfill({ json: { ...report, growth } });
      });
      await page.reload();
      const chart = page.getByRole("img", {
        name: "From Nov 1 to Nov 3, what is taken on the disk went from 512 MB to 2 GB.",
      });
      await chart.waitFor();
      await page.getByText("Stored by people: 4 GB").waitFor();
      await chart.hover({ position: { x: 2, y: 20 } });
      await page.getByText("Stored by people: 1 GB").waitFor();
      await page.getByText("Taken on the disk: 512 MB").waitFor();
      await page.getByText("As a table").click();
      const rows = page.getByRole("table", { name: "Growth" }).getByRole("row");
      assert.deepEqual(await rows.nth(1).getByRole("cell").allInnerTexts(), ["Nov 3", "4", "4 GB", "2 GB"]);
    });

    await t.step(
      "people are listed by what they have stored or by name, and lead to what is theirs",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "people" });
        const { page } = admin;
        const people = page.locator(".table .person a");
        await people.nth(1).waitFor();
        assert.deepEqual(await people.allTextContents(), ["bob", "alice"]);
        await page.getByRole("combobox", { name: "Sort by" }).selectOption("name");
        await page.waitForFunction(() => {
          const { document } = globalThis as unknown as {
            document: { querySelector(selector: string): { textContent: string } | null };
          };
          return document.querySelector(".table .person a")?.textContent === "alice";
        });
        await page.getByRole("button", { name: "More for bob" }).click();
        await page.getByRole("menuitem", { name: "What they did" }).click();
        await page.getByText("three.txt").first().waitFor();
        assert.equal(new URL(page.url()).hash, "#audit?actor=bob");
        await page.goBack();
        await page.getByRole("link", { name: "bob" }).click();
        await page.getByText("2 files").waitFor();
      },
    );

    await t.step("the overview says that all is well, or what is not and where to mend it", async () => {
      await using admin = await openAdmin(browser, server);
      const { page } = admin;
      await page.getByText("All is well").waitFor();
      await page.getByRole("link", { name: "Uploads in progress" }).waitFor();
      await page.getByText(/^3 files, counted \d+ (second|minute)s? ago$/).waitFor();
      await page.locator(".latest .entry").first().waitFor();
      await page.route("**/admin/overview", async (route) => {
        const overview = await (await route.fetch()).json();
        await route.fulfill({
          json: { ...overview, jobsFailed: ["recycleBin"], health: { records: true, storage: false } },
        });
      });
      await page.getByText("2 things need you").waitFor();
      await page.getByText("The storage does not answer.").waitFor();
      await page.getByRole("link", { name: "Look: The last run of “Empty the recycle bin” failed." }).click();
      await page.getByRole("heading", { name: "Empty the recycle bin", level: 1 }).waitFor();
    });

    await t.step(
      "nothing is asked for in a tab that nobody sees, and all of it when somebody does",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "uploads" });
        const { page } = admin;
        await page.getByText("Nobody is uploading").waitFor();
        const see = (visible: boolean) =>
          page.evaluate((visible) => {
            const { document, Event } = globalThis as unknown as {
              document: { dispatchEvent(event: unknown): void };
              Event: new (type: string) => unknown;
            };
            Object.defineProperty(document, "visibilityState", {
              configurable: true,
              value: visible ? "visible" : "hidden",
            });
            document.dispatchEvent(new Event("visibilitychange"));
          }, visible);
        let asked = 0;
        await page.clock.install();
        await see(false);
        page.on("request", (request) => request.url().includes("/api/v1/admin/") && asked++);
        await page.clock.runFor(600_000);
        assert.equal(asked, 0);
        await see(true);
        await page.clock.runFor(3000);
        assert.ok(asked > 0);
      },
    );
  },
});
