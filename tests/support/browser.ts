/** Debian's Chromium, driven by `playwright-core`, with a profile of its own for each test. */
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "playwright-core";

export interface TestBrowser extends AsyncDisposable {
  readonly context: BrowserContext;
  /** A new tab. */
  tab(): Promise<Page>;
  /** A tab of somebody else, with cookies, window and taste of their own. */
  visitor(options?: BrowserContextOptions): Promise<Page>;
  /** What pages have thrown and what the policy of a page has refused, so far. */
  readonly faults: readonly string[];
}

export interface BrowserOptions {
  /** As `tool("chromium", import.meta.url)` gives it. */
  executable: string;
  /** Language tag, `en-US` unless set. */
  locale?: string;
}

/**
 * Runs in each page: what a script sends from memory it sends as a Blob. Of other bodies each byte is told to this process,
 * in Base64, which takes thirty times as long as the sending itself.
 */
function sendBlobs(): void {
  const { XMLHttpRequest } = globalThis as unknown as {
    XMLHttpRequest: { prototype: { send(this: unknown, body?: unknown): void } };
  };
  const { send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.send = function (body) {
    send.call(this, body instanceof Uint8Array ? new Blob([body as Uint8Array<ArrayBuffer>]) : body);
  };
}

/** Dispose it before the servers that it talks to. */
export async function openBrowser({ executable, locale = "en-US" }: BrowserOptions): Promise<TestBrowser> {
  // Tests run as root in containers, where Chromium has no sandbox of its own.
  const browser: Browser = await chromium.launch({ executablePath: executable, args: ["--no-sandbox"] });
  const faults: string[] = [];
  async function newContext(options: BrowserContextOptions): Promise<BrowserContext> {
    const context = await browser.newContext({ locale, ...options });
    context.setDefaultTimeout(60_000);
    await context.addInitScript(sendBlobs);
    context.on("weberror", (error) => faults.push(String(error.error())));
    context.on("console", (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
    });
    return context;
  }
  const context = await newContext({});
  return {
    context,
    tab: () => context.newPage(),
    visitor: async (options = {}) => await (await newContext(options)).newPage(),
    faults,
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** Resolves when the page has been painted. Chromium drops what is clicked before, as nobody can have seen it. */
export async function painted(page: Page): Promise<void> {
  await page.evaluate(() =>
    new Promise<void>((resolve) => {
      const { requestAnimationFrame } = globalThis as unknown as {
        requestAnimationFrame(callback: () => void): void;
      };
      new PerformanceObserver((_, observer) => {
        observer.disconnect();
        // In the next frame but one: what was drawn for the next is on the screen then.
        requestAnimationFrame(() => requestAnimationFrame(resolve));
      }).observe({ type: "paint", buffered: true });
    })
  );
}
