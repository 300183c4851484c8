import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

const MIB = 2 ** 20;

/** Holds every chunk back until `go`, so that a test finds the upload in the middle. */
async function holdChunks(page: Page): Promise<{ go(): void; held: Promise<void> }> {
  const { promise: released, resolve: go } = Promise.withResolvers<void>();
  const { promise: held, resolve: first } = Promise.withResolvers<void>();
  await page.route("**/chunks/*", async (route) => {
    first();
    await released;
    await route.continue().catch(() => {}); // Given up by the page meanwhile.
  });
  return { go, held };
}

Deno.test({
  name: "The queue in a browser",
  ignore: chromium === null,
  async fn(t) {
    await using dir = await tempDir();
    const write = async (name: string, size: number, seed: number) => {
      await Deno.writeFile(dir.join(name), randomBytes(size, { seed }));
      return dir.join(name);
    };
    const clip = await write("clip.mp4", 12 * MIB, 1);
    const notes = await write("notes.txt", 2000, 2);
    const copy = await write("copy of notes.txt", 2000, 2);
    const photo = await write("photo.png", 6 * MIB, 3);
    await using server = await startServer({
      config: { businessTypes: { Scan: { maxBytes: 1_000_000, extensions: [".tif", ".png"] } } },
    });
    await using browser = await openBrowser({ executable: chromium! });
    const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

    await t.step("a file is paused, keeps what has arrived, goes on and is stored once", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      const chunks = await holdChunks(page);
      await home.choose(clip);
      await chunks.held;
      await button(page, "Pause clip.mp4").click();
      await home.says("clip.mp4", "Paused");
      chunks.go();
      // Its place is free for others.
      await home.choose(notes);
      await home.says("notes.txt", "Stored");
      await home.says("clip.mp4", "Paused");
      await button(page, "Go on with clip.mp4").click();
      await home.says("clip.mp4", "Stored");
      await home.stored("clip.mp4").waitFor();
      assert.equal(await page.locator(".files .row").count(), 2);
      await button(page, "Clear finished").click();
      await page.locator(".queue").waitFor({ state: "detached" });
    });

    await t.step("a file is cancelled, and nothing of it stays at the server", async () => {
      const user = { sub: "canceller" };
      await using home = await openHome(browser, server, { user });
      const chunks = await holdChunks(home.page);
      await home.choose(clip);
      await chunks.held;
      const cancelled = home.page.waitForResponse((r) => r.request().method() === "DELETE");
      await button(home.page, "Cancel clip.mp4").click();
      assert.equal((await cancelled).status(), 204);
      await home.page.locator(".queue").waitFor({ state: "detached" });
      chunks.go();
      const sessions = await (await server.fetch("/api/v1/uploads", { user })).json();
      assert.deepEqual(sessions.items, []);
    });

    await t.step("all are paused, go on, and are cancelled only after a question", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      const chunks = await holdChunks(page);
      await home.choose([clip, notes, photo]);
      await chunks.held;
      await button(page, "Pause all").click();
      for (const name of ["clip.mp4", "notes.txt", "photo.png"]) await home.says(name, "Paused");
      await button(page, "Go on with all").click();
      await button(page, "Cancel all").click();
      await button(page, "Keep sending").click();
      assert.equal(await page.locator(".queue .row").count(), 3);
      await button(page, "Cancel all").click();
      await button(page, "Cancel them").click();
      await page.locator(".queue").waitFor({ state: "detached" });
      chunks.go();
    });

    await t.step("one that failed says why in words, and is retried", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      await page.route("**/api/v1/uploads", (route) =>
        route.request().method() === "POST"
          ? route.fulfill({
            status: 400,
            contentType: "application/problem+json",
            body: JSON.stringify({ code: "invalid-file-name", status: 400, title: "", detail: "No." }),
          })
          : route.continue(), { times: 1 });
      await home.choose(notes);
      await home.says("notes.txt", /Give the file a simpler one/);
      await button(page, "Retry notes.txt").click();
      await home.says("notes.txt", "Stored");
      await home.stored("notes.txt").waitFor();
    });

    await t.step(
      "each refusal is told in words for people; the file can be sent as another kind",
      async () => {
        await using home = await openHome(browser, server);
        const { page } = home;
        const kind = page.getByLabel("Kind of file");
        await kind.selectOption("Scan");
        await page.getByText("up to 977 KB").waitFor();
        await home.choose([notes, photo]);
        await home.says(
          "notes.txt",
          "“Scan” takes no such files. Choose another kind above, or a file of .tif .png.",
        );
        await home.says("photo.png", "The file is too large: “Scan” takes up to 977 KB.");
        await page.getByRole("heading", { name: "Not everything could be sent" }).waitFor();
        await page.getByText("2 failed", { exact: true }).waitFor();
        const all = page.getByRole("progressbar", { name: "All files" });
        assert.equal(await all.getAttribute("aria-valuenow"), "0");
        await kind.selectOption("General");
        await home.choose([notes, photo]);
        await home.says("notes.txt", "Stored");
        await home.says("photo.png", "Stored");
        assert.equal(await page.locator(".queue .row").count(), 2);
      },
    );

    await t.step("a limit says when it is free again, and the file goes on by itself then", async () => {
      await using home = await openHome(browser, server);
      const { page } = home;
      await page.clock.install();
      await page.route("**/api/v1/uploads", (route) =>
        route.request().method() === "POST"
          ? route.fulfill({
            status: 429,
            headers: { "Retry-After": "3600" },
            contentType: "application/problem+json",
            body: JSON.stringify({
              code: "bytes-per-day",
              status: 429,
              title: "",
              detail: "Enough.",
              max: 104857600,
            }),
          })
          : route.continue(), { times: 1 });
      await home.choose(notes);
      await home.says("notes.txt", /as much as you may today: 100 MB\. Goes on at (\w+ \d+, )?\d+:\d\d/);
      await page.clock.fastForward("01:05:00");
      await home.says("notes.txt", "Stored");
    });

    await t.step("two files with the same content are both stored, each under its name", async () => {
      await using home = await openHome(browser, server);
      await home.choose([notes, copy]);
      await home.page.locator(".queue .row.done").nth(1).waitFor();
      await home.page.locator(".files .row").nth(1).waitFor();
      const names = await home.page.locator(".files .name").allTextContents();
      assert.deepEqual(names.sort(), ["copy of notes.txt", "notes.txt"]);
    });

    await t.step(
      "an upload begun elsewhere waits for its file; another file is not taken for it",
      async () => {
        const user = { sub: "traveller" };
        const size = 6 * MIB;
        const open = await server.fetch("/api/v1/uploads", {
          user,
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ fileName: "photo.png", size }),
        });
        const { id } = await open.json();
        const sent = await server.fetch(`/api/v1/uploads/${id}/chunks/0`, {
          user,
          method: "PUT",
          body: randomBytes(3 * MIB, { seed: 3 }),
        });
        assert.equal(sent.status, 200);
        await sent.body?.cancel();
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        const row = page.locator(".unfinished .row");
        await row.locator(".state", { hasText: "50% of 6 MB is here" }).waitFor();
        const field = page.locator(`[data-session="${id}"]`);

        await field.setInputFiles(notes);
        await page.getByText("That is another file: photo.png has 6 MB, the chosen one 1.95 KB.").waitFor();
        const other = await write("other.png", size, 4);
        await field.setInputFiles(other);
        await home.says("other.png", "not the file that was begun");
        await button(page, "Cancel other.png").click();

        await row.waitFor();
        await field.setInputFiles(photo);
        await home.says("photo.png", "Stored");
        await row.waitFor({ state: "detached" });
      },
    );

    await t.step("what another window of the browser is sending is not asked for again", async () => {
      await using home = await openHome(browser, server);
      const chunks = await holdChunks(home.page);
      await home.choose(clip);
      await chunks.held;
      const other = await home.page.context().newPage();
      await other.goto(server.url.href);
      await other.getByText("Being sent in another window").waitFor();
      assert.equal(await other.getByText("Choose a file again").count(), 0);
      chunks.go();
      await home.says("clip.mp4", "Stored");
    });

    await t.step("what was begun can be thrown away", async () => {
      const user = { sub: "tidy" };
      const open = await server.fetch("/api/v1/uploads", {
        user,
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ fileName: "old.iso", size: 10 }),
      });
      await open.body?.cancel();
      await using home = await openHome(browser, server, { user });
      await button(home.page, "Throw away what has arrived of old.iso").click();
      await button(home.page, /^Throw away$/).click();
      await home.page.locator(".unfinished").waitFor({ state: "detached" });
      assert.deepEqual((await (await server.fetch("/api/v1/uploads", { user })).json()).items, []);
    });
  },
});
