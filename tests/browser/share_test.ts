/** Links, archives and the meter of limits on the page, by clicks in Chromium. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { openBrowser } from "../support/browser.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);
const ALICE = { sub: "alice" };
const MIB = 2 ** 20;

async function put(server: TestServer, name: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await server.fetch(`/api/v1/files/${encodeURIComponent(name)}`, {
    user: ALICE,
    method: "PUT",
    body,
  });
  assert.equal(answer.status, 201, await answer.text());
}

Deno.test({
  name: "On the page a file is shared, several are fetched as a ZIP, and what is left of the day is seen",
  ignore: chromium === null,
  async fn(t) {
    const limits = { uploadsAtOnce: 5, uploadsPerMinute: 20, bytesPerDay: "40 MiB" };
    await using server = await startServer({ config: { limits } });
    await using browser = await openBrowser({ executable: chromium! });
    const bytes = randomBytes(3 * MIB, { seed: 1 });
    await put(server, "plan.bin", bytes);
    await put(server, "notes.txt", new TextEncoder().encode("notes"));
    await using home = await openHome(browser, server, { user: ALICE });
    const { page } = home;
    const button = (name: string | RegExp) => page.getByRole("button", { name });

    await t.step(
      "a link is made with its terms, shown once with its code, works, and is taken back",
      async () => {
        await button("More for plan.bin").click();
        await page.getByRole("menuitem", { name: "Share…" }).click();
        const dialog = page.getByRole("dialog", { name: /Share “plan\.bin”/ });
        await dialog.getByText("There is none yet.").waitFor();
        await dialog.getByLabel("Works for").last().selectOption("1 week");
        await dialog.getByLabel("Downloads").last().selectOption("5 times");
        await dialog.getByLabel(/Only from this address/).fill("nonsense");
        await button("Make a link").click();
        await dialog.locator(".wrong", { hasText: /address/i }).waitFor();
        await dialog.getByLabel(/Only from this address/).fill("127.0.0.0/8");
        await button("Make a link").click();
        const link = await dialog.locator("[data-link]").inputValue();
        assert.ok(link.startsWith(`${server.url.origin}/d/`), link);
        await dialog.getByRole("img", { name: "The link as a QR code" }).waitFor();
        const got = await fetch(link, { headers: { "User-Agent": "test" } });
        assertSameBytes(await got.bytes(), bytes);
        await dialog.getByText(/5 downloads left .* only from 127\.0\.0\.0\/8/).waitFor();
        await dialog.getByRole("button", { name: /^Revoke the link/ }).click();
        await dialog.getByText("revoked").waitFor();
        await dialog.locator("[data-link]").waitFor({ state: "detached" });
        const refused = await fetch(link, { headers: { "User-Agent": "test" } });
        assert.equal(refused.status, 403);
        await refused.body?.cancel();
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
      },
    );

    await t.step("a selection comes as one ZIP", async () => {
      for (const name of ["plan.bin", "notes.txt"]) await home.stored(name).getByRole("checkbox").check();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        button("Download as ZIP").click(),
      ]);
      assert.equal(download.suggestedFilename(), "files.zip");
      const { size } = await Deno.stat(await download.path());
      assert.ok(size > 3 * MIB && size < 3 * MIB + 1000, `${size}`);
      await button("Clear the selection").click();
    });

    await t.step("the meter tells what is used of the day, and goes up with an upload", async () => {
      await page.locator(".usage", { hasText: "3 MB of 40 MB" }).waitFor();
      await home.choose({
        name: "more.bin",
        mimeType: "application/octet-stream",
        buffer: Buffer.alloc(20 * MIB, 7),
      });
      await home.stored("more.bin").waitFor();
      await page.locator(".usage", { hasText: "23 MB of 40 MB" }).waitFor();
    });

    await t.step("what is over the day's limit is refused in words", async () => {
      await home.choose({
        name: "huge.bin",
        mimeType: "application/octet-stream",
        buffer: Buffer.alloc(30 * MIB, 3),
      });
      await home.says("huge.bin", /left of today's 40 MB: 17 MB\. Goes on at/);
    });

    await t.step("what fits into the rest of the day is sent all the same", async () => {
      await home.choose([
        { name: "also huge.bin", mimeType: "", buffer: Buffer.alloc(25 * MIB, 4) },
        { name: "small.txt", mimeType: "", buffer: Buffer.from("small") },
      ]);
      await home.says("small.txt", "Stored");
      await home.says("also huge.bin", /40 MB.*Goes on at/);
    });
  },
});
