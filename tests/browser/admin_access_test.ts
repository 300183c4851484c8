import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { ADMIN, openAdmin } from "./admin_page.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

Deno.test({
  name: "Who sees the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });

    await t.step("administrators find it from their files, and the way back", async () => {
      await using home = await openHome(browser, server, { user: ADMIN });
      const { page } = home;
      await page.getByRole("link", { name: "Administration" }).click();
      await page.waitForURL(`${server.url}admin`);
      await page.getByRole("navigation", { name: "Sections" }).waitFor();
      await page.getByRole("link", { name: "Files", exact: true }).first().click();
      await page.waitForURL(server.url.href);
      await page.locator(".drop").waitFor();
    });

    await t.step(
      "nobody else is shown the way; whoever finds it is told so, and asks for nothing",
      async () => {
        const user = { sub: "alice", name: "Alice" };
        await using home = await openHome(browser, server, { user });
        const { page } = home;
        assert.equal(await page.getByRole("link", { name: "Administration" }).count(), 0);
        const asked: string[] = [];
        page.on("request", (request) => asked.push(new URL(request.url()).pathname));
        await page.goto(`${server.url}admin#audit`);
        await page.getByRole("heading", { name: "This page is for administrators" }).waitFor();
        await page.getByText("You are signed in as Alice, who is none.").waitFor();
        assert.deepEqual(asked.filter((path) => path.startsWith("/api/v1/admin")), []);
        await page.getByRole("link", { name: "To your files" }).click();
        await page.locator(".drop").waitFor();
      },
    );

    await t.step(
      "whoever is signed out signs in there by a link, also in the same tab, and is where they wanted",
      async () => {
        const page = await browser.visitor();
        await page.goto(`${server.url}admin#audit`);
        await page.getByRole("heading", { name: "Open your sign-in link" }).waitFor();
        await page.goto(`${server.url}admin#token=${await server.token(ADMIN)}`);
        await page.getByRole("heading", { name: "Audit", level: 1 }).waitFor();
        assert.equal(page.url(), `${server.url}admin#audit`);
        await page.getByRole("button", { name: "Account: Root" }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await page.getByRole("heading", { name: "Open your sign-in link" }).waitFor();
        await page.context().close();
        assert.deepEqual([...browser.faults], []);
      },
    );

    await t.step(
      "a sign-in that ends while the page is open leads to the sign-in, and back to the same place",
      async () => {
        await using admin = await openAdmin(browser, server, { at: "audit" });
        const { page } = admin;
        await page.locator(".entry").first().waitFor();
        await page.context().clearCookies();
        await page.getByText("Your sign-in has ended. Sign in again to go on.").waitFor();
        await page.goto(`${server.url}admin#token=${await server.token(ADMIN)}`);
        await page.locator(".entry").first().waitFor();
      },
    );

    await t.step("a server that cannot be reached is waited for; what was there stays", async () => {
      await using admin = await openAdmin(browser, server, { at: "audit" });
      const { page } = admin;
      await page.locator(".entry").first().waitFor();
      let away = true;
      await page.route("**/api/**", (route) => away ? route.abort() : route.continue());
      await page.getByText("No connection to the server.").waitFor();
      assert.ok(await page.locator(".entry").count() > 0);
      away = false;
      await page.getByText("No connection to the server.").waitFor({ state: "detached" });
    });
  },
});
