import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { call, openAdmin, storeFile } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

/** What is done, to what, in the order of the page. */
const shown = (page: Page) =>
  page.locator(".entry .line").evaluateAll((lines: { childNodes: Iterable<{ textContent: string }> }[]) =>
    lines.map(({ childNodes }) => [...childNodes].map(({ textContent }) => textContent).join(" "))
  );

/** Waits until exactly these are shown. */
async function shows(page: Page, expected: string[]): Promise<void> {
  await page.waitForFunction(
    (text) => {
      const { document } = globalThis as unknown as {
        document: {
          querySelectorAll(selector: string): Iterable<{ childNodes: Iterable<{ textContent: string }> }>;
        };
      };
      const lines = [...document.querySelectorAll(".entry .line")];
      return JSON.stringify(
        lines.map(({ childNodes }) => [...childNodes].map(({ textContent }) => textContent).join(" ")),
      ) === text;
    },
    JSON.stringify(expected),
  ).catch(async (error) => assert.deepEqual(await shown(page), expected, String(error)));
}

Deno.test({
  name: "The audit on the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const [alice, bob] = [{ sub: "alice" }, { sub: "bob" }];
    const id = await storeFile(server, alice, "plan.txt");
    await storeFile(server, bob, "song.mp3");
    await call(server, { method: "DELETE", path: `/api/v1/attachments/${id}`, user: alice });
    const refused = await server.fetch("/api/v1/admin/jobs", { user: bob });
    await refused.body?.cancel();
    assert.equal(refused.status, 403);

    await t.step(
      "it is narrowed by actor, action, target and result, and the address keeps that",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "audit" });
        const { page } = admin;
        await page.locator(".entry.refused").waitFor();
        await page.getByRole("searchbox", { name: "Who" }).fill("alice");
        await shows(page, ["File deleted plan.txt", "File stored plan.txt"]);
        await page.getByRole("combobox", { name: "Action" }).selectOption("attachment.create");
        await shows(page, ["File stored plan.txt"]);
        assert.equal(new URL(page.url()).hash, "#audit?actor=alice&action=attachment.create");
        // What is typed stays as it is typed, though the list is narrowed meanwhile.
        for (const key of ["End", "Space", "Enter"]) {
          await page.getByRole("searchbox", { name: "Who" }).press(key);
        }
        assert.equal(await page.getByRole("searchbox", { name: "Who" }).inputValue(), "alice ");
        await page.reload();
        await shows(page, ["File stored plan.txt"]);
        assert.equal(await page.getByRole("searchbox", { name: "Who" }).inputValue(), "alice");

        await page.getByRole("button", { name: "Details: File stored" }).click();
        await page.getByRole("link", { name: "All that happened to it" }).click();
        await shows(page, ["File deleted plan.txt", "File stored plan.txt"]);
        assert.equal(await page.getByRole("searchbox", { name: "Id of the target" }).inputValue(), id);
        await page.goBack();
        await shows(page, ["File stored plan.txt"]);
        await page.getByRole("button", { name: "Show all" }).first().click();
        await page.getByText("song.mp3").waitFor();

        await page.getByRole("combobox", { name: "Result" }).selectOption("refused");
        await shows(page, ["Request refused GET /api/v1/admin/jobs"]);
        await page.getByText("forbidden", { exact: true }).waitFor();
        await page.getByRole("searchbox", { name: "Who" }).fill("nobody");
        await page.getByText("Nothing matches these filters").waitFor();
        await page.getByRole("button", { name: "Show all" }).last().click();
        await page.getByText("song.mp3").waitFor();
      },
    );

    await t.step("it is narrowed by time", async () => {
      await using admin = await openAdmin(browser, server, { at: "audit" });
      const { page } = admin;
      await page.getByText("song.mp3").waitFor();
      await page.getByLabel("From", { exact: true }).fill("2100-01-01T00:00");
      await page.getByText("Nothing matches these filters").waitFor();
      await page.getByLabel("From", { exact: true }).fill("");
      await page.getByText("song.mp3").waitFor();
      await page.getByLabel("Until").fill("2020-01-01T00:00");
      await page.getByText("Nothing matches these filters").waitFor();
      await page.getByLabel("From", { exact: true }).fill("2019-01-01T00:00");
      await page.getByLabel("Until").fill("2100-01-01T00:00");
      await page.getByText("song.mp3").waitFor();
    });

    await t.step(
      "what happens meanwhile comes in above what is read, which stays open and where it is",
      async () => {
        const user = { sub: "carol" };
        await storeFile(server, user, "0.txt");
        await using admin = await openAdmin(browser, server, { at: "audit?actor=carol" });
        const { page } = admin;
        await shows(page, ["File stored 0.txt"]);
        const turn = page.getByRole("button", { name: "Details: File stored" });
        await turn.click();
        const details = page.getByText("ownerId");
        await details.waitFor();
        await storeFile(server, user, "1.txt");
        await shows(page, ["File stored 1.txt", "File stored 0.txt"]);
        assert.ok(await details.isVisible());
        assert.ok(
          await turn.last().evaluate((button) =>
            (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement ===
              button
          ),
        );
      },
    );

    await t.step(
      "more than a page comes when it is asked for, and stays while the list is kept current",
      async () => {
        const user = { sub: "dave" };
        for (let n = 0; n < 55; n++) await storeFile(server, user, `${n}.txt`);
        await using admin = await openAdmin(browser, server, { at: "audit?actor=dave" });
        const { page } = admin;
        await page.getByText("50 entries and more").waitFor();
        await page.getByRole("button", { name: "Show more" }).click();
        await page.getByText("55 entries").waitFor();
        await storeFile(server, user, "last.txt");
        await page.getByText("56 entries").waitFor();
      },
    );

    await t.step("the chain is verified, and tampering is told", async () => {
      await using admin = await openAdmin(browser, server, { at: "audit" });
      const { page } = admin;
      await page.getByRole("button", { name: "Verify the chain" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByText("The chain is intact").waitFor();
      await dialog.getByRole("button", { name: "Close" }).click();
      await page.route("**/audit/verify", (route) =>
        route.fulfill({
          json: {
            intact: false,
            seals: 3,
            sealed: 40,
            unsealed: 1,
            head: "ab".repeat(32),
            findings: ["Entry x is missing."],
          },
        }));
      await page.getByRole("button", { name: "Verify the chain" }).click();
      await dialog.getByText("The record was tampered with, or is damaged").waitFor();
      await dialog.getByText("Entry x is missing.").waitFor();
      await dialog.getByText("ab".repeat(32)).waitFor();
    });
  },
});
