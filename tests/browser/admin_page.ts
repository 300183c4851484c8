/** The administrators' page as one who has signed in by a link sees it. */
import axe from "axe-core";
import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { painted, type TestBrowser } from "../support/browser.ts";
import type { TestServer, User } from "../support/server.ts";

export const ADMIN: User = { sub: "root", role: "admin", name: "Root" };

export interface AdminOptions extends BrowserContextOptions {
  user?: User;
  /** The section that it is opened at. */
  at?: string;
}

export interface AdminPage extends AsyncDisposable {
  page: Page;
}

/**
 * Opens the page in a window of its own. Disposing it closes the window, and fails when the page has thrown, broken its
 * policy, or asked another host for anything.
 */
export async function openAdmin(
  browser: TestBrowser,
  server: TestServer,
  { user = ADMIN, at = "", ...options }: AdminOptions = {},
): Promise<AdminPage> {
  const page = await browser.visitor({ viewport: { width: 1200, height: 900 }, ...options });
  // On a machine that does much else at the same time.
  page.setDefaultTimeout(180_000);
  const foreign: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== server.url.origin) foreign.push(request.url());
  });
  await page.goto(`${server.url}admin#token=${await server.token(user)}`);
  await page.locator(".admin, .placard").waitFor();
  await painted(page);
  if (at !== "") await page.goto(`${server.url}admin#${at}`);
  return {
    page,
    async [Symbol.asyncDispose]() {
      await page.context().close();
      assert.deepEqual([...browser.faults], []);
      assert.deepEqual(foreign, []);
    },
  };
}

/** What an accessibility checker finds wrong: rule, and the elements it is about. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    // The viewer of a PDF is the browser's own.
    const { violations } = await axe.run({ exclude: ["iframe"] });
    return violations.map(({ id, impact, nodes }) =>
      `${impact} ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(" | ")}`
    );
  });
}

/** How many pixels lie beyond the right edge of the window, of a dialog, or of a list in one. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    interface Box {
      scrollWidth: number;
      clientWidth: number;
    }
    const { document } = globalThis as unknown as {
      document: { querySelectorAll(selector: string): Iterable<Box> };
    };
    const boxes = [...document.querySelectorAll("html, dialog[open], dialog[open] ul")];
    return Math.max(...boxes.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth));
  });
}

/** Stores a file of `user`'s; its id. */
export async function storeFile(server: TestServer, user: User, name: string, body = name): Promise<string> {
  const path = `/api/v1/files/${encodeURIComponent(name)}`;
  const answer = await server.fetch(path, { user, method: "PUT", body });
  const { id } = await answer.json();
  assert.equal(answer.status, 201);
  return id;
}

/** A request whose answer is not looked at but for its status. */
export async function call(
  server: TestServer,
  { method, path, user, json }: { method: string; path: string; user?: User; json?: unknown },
): Promise<void> {
  const body = json === undefined ? {} : {
    body: JSON.stringify(json),
    headers: { "Content-Type": "application/json" },
  };
  const answer = await server.fetch(path, { method, ...(user ? { user } : {}), ...body });
  await answer.body?.cancel();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
}
