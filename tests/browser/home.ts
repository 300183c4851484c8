/** The page as somebody who has signed in by a link sees it, and what tests look for in it. */
import assert from "node:assert/strict";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { painted, type TestBrowser } from "../support/browser.ts";
import type { TestServer, User } from "../support/server.ts";

export interface HomeOptions extends BrowserContextOptions {
  user?: User;
  /** Where the browser finds the server, when that is not the server's own address. */
  url?: URL;
}

export interface Home extends AsyncDisposable {
  page: Page;
  /** The row of a file on its way. */
  sending(name: string): Locator;
  /** The row of a stored file. */
  stored(name: string): Locator;
  /** Chooses files as the button does. */
  choose(files: Parameters<Locator["setInputFiles"]>[0]): Promise<void>;
  /** Resolves when the row of a file on its way says so. */
  says(name: string, text: string | RegExp): Promise<void>;
}

/**
 * Opens the page in a window of its own. Disposing it closes the window, and fails when the page has thrown, broken its
 * policy, or asked another host for anything.
 */
export async function openHome(
  browser: TestBrowser,
  server: TestServer,
  { user = { sub: `user-${crypto.randomUUID().slice(0, 8)}` }, url = server.url, ...options }: HomeOptions =
    {},
): Promise<Home> {
  const page = await browser.visitor({ viewport: { width: 1100, height: 900 }, ...options });
  // On a machine that does much else at the same time.
  page.setDefaultTimeout(180_000);
  const foreign: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== url.origin) foreign.push(request.url());
  });
  // Nobody is asked whether they want to leave.
  page.on("dialog", (dialog) => void dialog.accept());
  await page.goto(`${url}#token=${await server.token(user)}`);
  // With all that the page asks for at first: nothing moves any more under a test's hand.
  await page.locator(".drop .kind:not(.unknown)").waitFor();
  await page.locator(".files .waiting").waitFor({ state: "detached" });
  await painted(page);
  const sending = (name: string) => page.locator(".queue .row", { hasText: name });
  return {
    page,
    sending,
    stored: (name) => page.locator(".files .row", { hasText: name }),
    choose: (files) => page.locator("[data-files]").setInputFiles(files),
    says: (name, text) => sending(name).locator(".state", { hasText: text }).waitFor(),
    async [Symbol.asyncDispose]() {
      await page.context().close();
      assert.deepEqual([...browser.faults], []);
      assert.deepEqual(foreign, []);
    },
  };
}
