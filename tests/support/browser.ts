/** Debian's Chromium, driven by `playwright-core`, with a profile of its own for each test. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** A new tab. */
  tab(): Promise<Page>;
  /** What pages have thrown and what the policy of a page has refused, so far. */
  readonly faults: readonly string[];
}

export interface BrowserOptions {
  /** As `tool("chromium", import.meta.url)` gives it. */
  executable: string;
  /** Language tag, `en-US` unless set. */
  locale?: string;
}

/** Dispose it before the servers that it talks to. */
export async function openBrowser({ executable, locale = "en-US" }: BrowserOptions): Promise<TestBrowser> {
  // Tests run as root in containers, where Chromium has no sandbox of its own.
  const browser: Browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
  const context = await browser.newContext({ locale });
  context.setDefaultTimeout(60_000);
  const faults: string[] = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
  });
  return {
    context,
    tab: () => context.newPage(),
    faults,
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
