import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startProxy } from "../support/proxy.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

/** As when somebody turns to this tab again. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
}

Deno.test({
  name: "Being signed in on the page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer({ config: { siteName: "Harbour Files" } });
    await using browser = await openBrowser({ executable: chromium! });
    const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") };

    await t.step(
      "a link signs in and leaves no trace; the cookie is renewed while the page is open",
      async () => {
        await using home = await openHome(browser, server, { user: { sub: "alice", name: "Alice" } });
        const { page } = home;
        assert.equal(page.url(), server.url.href);
        await page.getByRole("button", { name: "Account: Alice" }).waitFor();
        assert.equal(await page.title(), "Harbour Files");
        await page.goto("about:blank");
        await page.clock.install();
        await page.goto(server.url.href);
        await page.getByRole("button", { name: "Account: Alice" }).waitFor();
        const renewed = page.waitForResponse((response) =>
          response.url().endsWith("/api/v1/session") && response.request().method() === "POST"
        );
        await page.clock.fastForward("31:00");
        assert.equal((await renewed).status(), 200);
      },
    );

    await t.step("a link that is wrong says so, and does not sign out who is signed in", async () => {
      const page = await browser.visitor();
      await page.goto(`${server.url}#token=wrong`);
      await page.getByText("This sign-in link is not valid. Ask for a new one.").waitFor();
      await page.goto(`${server.url}#token=${await server.token({ sub: "bob", name: "Bob" })}`);
      await page.getByRole("button", { name: "Account: Bob" }).waitFor();
      await page.goto(`${server.url}#token=wrong`);
      await page.reload();
      await page.getByRole("button", { name: "Account: Bob" }).waitFor();
      await page.context().close();
    });

    await t.step(
      "files wait while nobody is signed in, go on for the same person, and for nobody else",
      async () => {
        const user = { sub: "carol" };
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        await page.context().clearCookies();
        await home.choose(notes);
        await page.getByText("1 file of this window waits").waitFor();
        await page.goto(`${server.url}#token=${await server.token(user)}`);
        await home.says("notes.txt", "Stored");
        await home.stored("notes.txt").waitFor();

        await page.context().clearCookies();
        await home.choose({ ...notes, name: "private.txt" });
        await page.getByText("1 file of this window waits").waitFor();
        await page.goto(`${server.url}#token=${await server.token({ sub: "mallory" })}`);
        await page.getByText("Nothing is stored yet").waitFor();
        assert.equal(await page.locator(".queue .row").count(), 0);
      },
    );

    await t.step(
      "looking elsewhere for the link loses nothing that waits; a sign-in in another tab is noticed",
      async () => {
        const user = { sub: "frank" };
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        await page.context().clearCookies();
        await home.choose(notes);
        await page.getByText("1 file of this window waits").waitFor();
        const asked = page.waitForResponse((response) => response.url().endsWith("/api/v1/session"));
        await comeBack(page);
        assert.equal((await asked).status(), 401);
        await page.goto(`${server.url}#token=wrong`);
        await page.getByText("This sign-in link is not valid. Ask for a new one.").waitFor();
        await page.getByText("1 file of this window waits").waitFor();
        const other = await page.context().newPage();
        await other.goto(`${server.url}#token=${await server.token(user)}`);
        await other.locator(".drop").waitFor();
        await comeBack(page);
        await home.says("notes.txt", "Stored");
      },
    );

    await t.step("signing out ends everything here", async () => {
      await using home = await openHome(browser, server, { user: { sub: "dave", name: "Dave" } });
      const { page } = home;
      await home.choose(notes);
      await home.says("notes.txt", "Stored");
      await page.getByRole("button", { name: "Account: Dave" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "Open your sign-in link" }).waitFor();
      assert.equal(await page.locator(".queue").count(), 0);
      const cookies = await page.context().cookies();
      assert.deepEqual(cookies.filter(({ value }) => value !== ""), []);
    });

    await t.step("a server that does not answer is waited for", async () => {
      await using proxy = await startProxy(server.url);
      const page = await browser.visitor();
      await page.goto(`${proxy.url}#token=${await server.token({ sub: "erin", name: "Erin" })}`);
      await page.locator(".drop").waitFor();
      let away = true;
      await page.route("**/api/**", (route) => away ? route.abort() : route.continue());
      await page.reload();
      await page.getByRole("heading", { name: "The server does not answer" }).waitFor();
      away = false;
      await page.getByRole("button", { name: "Account: Erin" }).waitFor();
      await page.context().close();
    });
    assert.deepEqual([...browser.faults], []);
  },
});
