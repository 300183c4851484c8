import axe from "axe-core";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer, type TestServer, type User } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

interface ExpectedWords {
  language: string;
  theme: string;
  empty: string;
  sending: string;
  rename: string;
  signIn: string;
}

const WORDS: Record<string, ExpectedWords> = {
  "en-US": {
    language: "English",
    theme: "Appearance",
    empty: "Nothing is stored yet",
    sending: "On their way",
    rename: "Rename",
    signIn: "Open your sign-in link",
  },
  "zh-CN": {
    language: "简体中文",
    theme: "外观",
    empty: "还没有文件",
    sending: "正在发送",
    rename: "重命名",
    signIn: "请打开您的登录链接",
  },
};

const WIDTHS = [360, 768, 1280];

/** What an accessibility checker finds wrong: rule, and the elements it is about. */
async function violations(page: Page): Promise<string[]> {
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

/** How many pixels of the page lie beyond the right edge of the window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: { documentElement: { scrollWidth: number; clientWidth: number } };
    };
    return document.documentElement.scrollWidth - document.documentElement.clientWidth;
  });
}

async function fill(server: TestServer, user: User): Promise<void> {
  const long = `${"a very long name without any end ".repeat(6)}.tar.gz`;
  for (
    const name of [
      "photo.png",
      "notes.txt",
      "table.xlsx",
      "film.mp4",
      "song.mp3",
      "archive.zip",
      "main.ts",
      long,
    ]
  ) {
    const answer = await server.fetch(`/api/v1/files/${encodeURIComponent(name)}`, {
      user,
      method: "PUT",
      body: name,
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
  }
  const open = await server.fetch("/api/v1/uploads", {
    user,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fileName: "begun before.iso", size: 1e9 }),
  });
  await open.body?.cancel();
}

Deno.test({
  name: "The page looks right in both languages and themes at every width, and axe finds nothing wrong",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });

    // Each language and each theme once: contrast is the theme's, widths are the language's.
    for (const [locale, colorScheme] of [["en-US", "light"], ["zh-CN", "dark"]] as const) {
      const words = WORDS[locale]!;
      await t.step(`${colorScheme}, ${locale}`, async () => {
        const user = { sub: `reader-${colorScheme}-${locale}` };
        await using home = await openHome(browser, server, { user, colorScheme, locale });
        const { page } = home;
        const wrong: string[] = [];
        const check = async (state: string) => {
          for (const violation of await violations(page)) wrong.push(`${state}: ${violation}`);
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 });
            const pixels = await overflow(page);
            if (pixels > 0) wrong.push(`${state}: ${pixels} pixels too wide at ${width}`);
          }
        };
        const background = await page.evaluate(() =>
          (globalThis as unknown as { getComputedStyle(element: unknown): { backgroundColor: string } })
            .getComputedStyle(
              (globalThis as unknown as { document: { documentElement: unknown } }).document
                .documentElement,
            )
            .backgroundColor
        );
        assert.equal(background === "rgb(244, 246, 244)", colorScheme === "light", background);

        await page.getByText(words.empty).waitFor();
        await check("empty");
        await fill(server, user);
        await page.route("**/chunks/*", () => {}); // Stays on its way.
        await page.reload();
        await page.locator(".unfinished .row").waitFor();
        await home.choose([
          { name: "going up.bin", mimeType: "", buffer: Buffer.alloc(3_000_000) },
          { name: "refused.txt", mimeType: "", buffer: Buffer.alloc(0) },
        ]);
        await page.getByText(words.sending, { exact: true }).waitFor();
        await page.locator(".queue .row.sending").waitFor();
        await check("busy");
        await page.locator(".files .check").first().click();
        await check("selected");
        await page.locator(".files .check").first().click();
        await page.locator(".files .row button[aria-haspopup]").first().click();
        await page.getByRole("menuitem", { name: words.rename }).waitFor();
        await check("menu");
        await page.getByRole("menuitem", { name: words.rename }).click();
        await check("rename");
        await page.keyboard.press("Escape");
        await page.locator(".files .name", { hasText: "notes.txt" }).click();
        await page.locator(".preview pre").waitFor();
        await check("preview");
        await page.keyboard.press("Escape");
        await page.locator(".files .name", { hasText: "song.mp3" }).focus();
        await page.keyboard.press("Delete");
        await page.locator(".toast").waitFor();
        await check("toast");
        await page.context().clearCookies();
        await page.locator(".tabs button").last().click();
        await page.getByRole("heading", { name: words.signIn }).waitFor();
        await check("signed out");
        assert.deepEqual(wrong, []);
      });
    }

    await t.step("language and theme are chosen, take effect at once, and are remembered", async () => {
      await using home = await openHome(browser, server, { colorScheme: "light" });
      const { page } = home;
      const html = page.locator("html");
      await page.getByRole("button", { name: "Language" }).click();
      await page.getByRole("menuitemradio", { name: WORDS["zh-CN"]!.language }).click();
      await page.getByText(WORDS["zh-CN"]!.empty).waitFor();
      assert.equal(await html.getAttribute("lang"), "zh-CN");
      await page.getByRole("button", { name: WORDS["zh-CN"]!.theme }).click();
      await page.getByRole("menuitemradio").last().click();
      assert.equal(await html.getAttribute("data-theme"), "dark");
      await page.reload();
      await page.getByText(WORDS["zh-CN"]!.empty).waitFor();
      assert.deepEqual([await html.getAttribute("lang"), await html.getAttribute("data-theme")], [
        "zh-CN",
        "dark",
      ]);
      await page.getByRole("button", { name: WORDS["zh-CN"]!.theme }).click();
      await page.getByRole("menuitemradio").first().click();
      assert.equal(await html.getAttribute("data-theme"), null);
    });

    await t.step("whoever wants less motion gets none", async () => {
      await using home = await openHome(browser, server, { reducedMotion: "reduce" });
      await home.page.route("**/chunks/*", () => {});
      await home.choose({ name: "going up.bin", mimeType: "", buffer: Buffer.alloc(3_000_000) });
      const safe = home.page.locator(".queue .bar .safe").first();
      await safe.waitFor({ state: "attached" });
      const seconds = await safe.evaluate((element) => {
        const { getComputedStyle } = globalThis as unknown as {
          getComputedStyle(element: unknown): { transitionDuration: string };
        };
        return Number.parseFloat(getComputedStyle(element).transitionDuration);
      });
      assert.ok(seconds < 0.001, `${seconds} s`);
    });
  },
});
