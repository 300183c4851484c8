import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openAdmin } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

/** Bytes of each of the temporary files that a crash left behind. */
const LEFT = 1500;

Deno.test({
  name: "Jobs on the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer({
      config: { jobs: { expiredTokens: { enabled: false, schedule: "30 2 * * SUN" } } },
    });
    await using browser = await openBrowser({ executable: chromium! });
    const leave = async (count: number) => {
      await Deno.mkdir(`${server.dataDir}/tmp`, { recursive: true });
      const names = Array.from({ length: count }, () => `chunk-${crypto.randomUUID()}`);
      for (const name of names) {
        const path = `${server.dataDir}/tmp/${name}`;
        await Deno.writeFile(path, new Uint8Array(LEFT));
        await Deno.utime(path, new Date(0), new Date(0));
      }
      return names;
    };

    await t.step(
      "each is shown with its schedule in words, its next run, and whether it is switched off",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "jobs" });
        const { page } = admin;
        const bin = page.locator("[data-job=recycleBin]");
        await bin.getByText("Every day at 04:00 UTC").waitFor();
        assert.match(await bin.locator("dd").nth(1).innerText(), /^in \d+ (?:hour|minute)s?$/);
        const links = page.locator("[data-job=expiredTokens]");
        await links.getByText("Sunday at 02:30 UTC").waitFor();
        await links.getByText("Switched off").waitFor();
        await links.getByText("By hand only").waitFor();
        // Nothing to try where nothing is removed.
        assert.equal(await page.getByRole("button", { name: "Dry run: Verify stored bytes" }).count(), 0);
      },
    );

    await t.step(
      "a dry run says what would go and why, and leaves it; then it is done, and is seen at once",
      async () => {
        const names = await leave(3);
        await using admin = await openAdmin(browser, server, { at: "jobs" });
        const { page } = admin;
        const job = page.locator("[data-job=temporaryFiles]");
        await job.getByText("Not yet").waitFor();
        await page.getByRole("button", { name: "Dry run: Remove temporary files" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByText("3 things would go, which frees 4.39 KB.").waitFor();
        assert.deepEqual((await dialog.locator("strong").allInnerTexts()).sort(), names.toSorted());
        await dialog.getByText("A temporary file whose last change was 2 hours ago or more.").first()
          .waitFor();
        assert.equal([...Deno.readDirSync(`${server.dataDir}/tmp`)].length, 3);

        await dialog.getByRole("button", { name: "Do it now" }).click();
        await page.getByText("“Remove temporary files” has ended: 3 removed, 4.39 KB freed, and 3 looked at.")
          .waitFor();
        await job.locator("[data-run=done]").getByText("3 removed").waitFor();
        await job.locator(".run-chart .run.good").waitFor();
        assert.equal([...Deno.readDirSync(`${server.dataDir}/tmp`)].length, 0);

        await page.getByRole("button", { name: "Dry run: Remove temporary files" }).click();
        await dialog.getByText("Nothing would go now").waitFor();
        await page.keyboard.press("Escape");
      },
    );

    await t.step("a run is followed while it goes on, without a step of the reader's", async () => {
      await leave(2);
      await using admin = await openAdmin(browser, server, { at: "jobs" });
      const { page } = admin;
      const job = page.locator("[data-job=temporaryFiles]");
      await job.locator("[data-run=done]").waitFor();
      // What the page is told next is told when the test has seen what it shows before.
      const { promise: seen, resolve: go } = Promise.withResolvers<void>();
      await page.route("**/api/v1/admin/jobs", async (route) => {
        await seen;
        await route.continue();
      });
      await page.getByRole("button", { name: "Run now: Remove temporary files" }).click();
      await job.locator("[data-run=running]").getByText("Running for").waitFor();
      await job.locator(".run-chart .run.running").waitFor();
      go();
      await job.locator("[data-run=done]").getByText("2 removed").waitFor();
      assert.equal(await job.locator(".run-chart .run").count(), 2);
      await page.getByText("“Remove temporary files” has ended: 2 removed").waitFor();
    });

    await t.step(
      "what somebody else runs appears, and one that runs already is refused in words",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "jobs" });
        const { page } = admin;
        const job = page.locator("[data-job=orphans]");
        await job.getByText("Not yet").waitFor();
        const answer = await server.fetch("/api/v1/admin/jobs/orphans/run", { method: "POST" });
        await answer.body?.cancel();
        await job.locator("[data-run=done]").waitFor();
        await page.route("**/orphans/run", (route) =>
          route.fulfill({
            status: 409,
            contentType: "application/problem+json",
            body: JSON.stringify({ code: "job-running", status: 409, title: "", detail: "It runs." }),
          }));
        await page.getByRole("button", { name: "Run now: Delete orphans" }).click();
        await page.getByText("This job runs already. Wait until it has ended.").waitFor();
      },
    );

    await t.step("each has a place of its own with all of its runs; back leads to all jobs", async () => {
      await using admin = await openAdmin(browser, server, { at: "jobs" });
      const { page } = admin;
      await page.getByRole("link", { name: "Remove temporary files" }).click();
      await page.getByRole("heading", { name: "Remove temporary files", level: 1 }).waitFor();
      assert.equal(new URL(page.url()).hash, "#jobs/temporaryFiles");
      assert.equal(await page.title(), "Remove temporary files · Pawl");
      const rows = page.getByRole("table", { name: "Runs" }).getByRole("row");
      await rows.nth(2).waitFor();
      assert.deepEqual(await rows.nth(1).getByRole("cell").nth(4).innerText(), "2");
      assert.deepEqual(await rows.nth(1).getByRole("cell").last().innerText(), "root");
      await page.reload();
      await rows.nth(2).waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Jobs", level: 1 }).waitFor();
    });

    await t.step("jobs that cannot be had say so, and are asked for again", async () => {
      await using admin = await openAdmin(browser, server, { at: "jobs" });
      const { page } = admin;
      let broken = true;
      await page.route("**/api/v1/admin/jobs", (route) =>
        broken
          ? route.fulfill({
            status: 500,
            contentType: "application/problem+json",
            body: JSON.stringify({ code: "internal", status: 500, title: "", detail: "Broken." }),
          })
          : route.continue());
      await page.reload();
      await page.getByText("This cannot be shown. Something went wrong at the server.").waitFor();
      broken = false;
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator("[data-job=orphans]").waitFor();
    });
  },
});
