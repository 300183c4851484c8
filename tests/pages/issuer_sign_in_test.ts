import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { CLIENT_ID, type OidcProvider, startOidcProvider } from "../support/oidc_provider.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";

const chromium = tool("chromium", import.meta.url);

/** What the person does at the provider. */
async function signInThere(page: Page, provider: OidcProvider, login: string) {
  await page.waitForURL(`${provider.issuer}/**`);
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", "any");
  await page.click("button[type=submit]");
  await page.getByRole("button", { name: "Continue" }).click();
}

Deno.test({
  name:
    "In a browser: a person signs in at the issuer, is back where they were, stays, and signs out in both places",
  ignore: chromium === null,
  async fn() {
    await using provider = await startOidcProvider({
      people: { alice: { name: "Alice Liddell", role: "admin" } },
    });
    await using server = await startServer({
      env: { PAWL_JWT_ISSUER: provider.issuer, PAWL_OIDC_CLIENT_ID: CLIENT_ID },
    });
    await using browser = await openBrowser({ executable: chromium! });
    const page = await browser.tab();
    const others: string[] = [];
    page.on("request", (request) => {
      const { origin, pathname } = new URL(request.url());
      const ours = origin === server.url.origin;
      if (!ours && page.url().startsWith(server.url.href) && !request.isNavigationRequest()) {
        others.push(origin + pathname);
      }
    });

    await page.goto(`${server.url}?a=b#attachment=5`);
    const button = page.getByRole("button", { name: `Sign in with ${new URL(provider.issuer).host}` });
    await button.click();
    await signInThere(page, provider, "alice");
    await page.waitForURL(`${server.url}?a=b#attachment=5`);
    const account = page.getByRole("button", { name: "Account" });
    await account.waitFor();
    assert.deepEqual(others, [`${provider.issuer}/token`]);

    const kept = await page.evaluate(() =>
      [localStorage, sessionStorage].flatMap((storage) => Object.values({ ...storage })).join()
    );
    assert.doesNotMatch(kept, /eyJ|sign-in|code/, "no token is left in the browser");
    // Ports share their cookies, so the provider's are there too.
    const ourCookie = async () =>
      (await browser.context.cookies()).find(({ name }) => name === "pawl_session");
    const cookie = await ourCookie();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);

    await page.reload();
    await account.click();
    await page.getByText("Administrator").waitFor();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.waitForURL(`${provider.issuer}/session/end**`);
    assert.equal(await ourCookie(), undefined);
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await page.waitForURL(server.url.href);

    // Nobody is signed in there either: the provider asks who it is. Whoever began on another page is back there.
    await page.goto(`${server.url}admin#audit`);
    await button.click();
    await signInThere(page, provider, "alice");
    await page.waitForURL(`${server.url}admin#audit`);
    await page.getByRole("heading", { name: "Audit", level: 1 }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
});

Deno.test({
  name: "In a browser: a sign-in that fails says why, in the person's language, and the page stays usable",
  ignore: chromium === null,
  async fn() {
    await using provider = await startOidcProvider({ origins: [] });
    await using server = await startServer({
      env: { PAWL_JWT_ISSUER: provider.issuer, PAWL_OIDC_CLIENT_ID: CLIENT_ID },
    });
    await using browser = await openBrowser({ executable: chromium!, locale: "zh-CN" });
    const page = await browser.tab();

    // A link that somebody made to sign this person in as somebody else.
    await page.goto(`${server.url}?code=stolen&state=made-up&iss=${provider.issuer}`);
    await page.getByText("这次登录不是在此标签页中开始的").waitFor();
    assert.equal(page.url(), server.url.href);

    const button = page.getByRole("button", { name: /^使用 .* 登录$/ });
    await button.click();
    await page.waitForURL(`${provider.issuer}/**`);
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByText("登录被取消").waitFor();
    assert.equal(page.url(), server.url.href);

    // The token endpoint is not open to this page.
    await button.click();
    await signInThere(page, provider, "alice");
    await page.getByText("目前无法连接登录服务").waitFor();
    assert.equal(page.url(), server.url.href);
    assert.equal(await button.isEnabled(), true);
    assert.deepEqual(browser.faults, []);
  },
});
