import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { assertSameBytes, type ServedFile, serveFile } from "../support/client_program.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";

const chromium = tool("chromium", import.meta.url);

interface Seen {
  overflow: number;
  button: string;
  paper: string;
  icon: number;
}

/** Runs in the page. */
const LOOK = `({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  button: getComputedStyle(document.querySelector(".button")).backgroundColor,
  paper: getComputedStyle(document.body).backgroundColor,
  icon: document.querySelector("img").naturalWidth,
})`;

async function makeLink(
  server: TestServer,
  file: ServedFile,
  body: Record<string, unknown>,
): Promise<string> {
  const answer = await server.fetch(`/api/v1/attachments/${file.id}/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201);
  return new URL(new URL((await answer.json()).url).pathname, server.url).href;
}

const usesOf = async (server: TestServer, { id }: ServedFile): Promise<number> =>
  (await (await server.fetch(`/api/v1/attachments/${id}/tokens`)).json()).items[0].uses;

Deno.test({
  name:
    "In a browser: a link shows its page, whole and in its colours at any width, and its button downloads once",
  ignore: chromium === null,
  async fn() {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const file = await serveFile(server, 700_000);
    const link = await makeLink(server, file, {});
    const renamed = await server.fetch(`/api/v1/attachments/${file.id}`, {
      method: "PATCH",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ fileName: `${"Protokoll_".repeat(12)}.bin` }),
    });
    await renamed.body?.cancel();
    const page = await browser.tab();
    const papers = new Map<string, string>();
    for (const [width, colorScheme] of [[320, "light"], [360, "dark"], [1280, "light"]] as const) {
      await page.setViewportSize({ width, height: 700 });
      await page.emulateMedia({ colorScheme });
      await page.goto(link);
      const seen = await page.evaluate<Seen>(LOOK);
      assert.equal(seen.overflow, 0, `${width}`);
      assert.notEqual(seen.button, "rgba(0, 0, 0, 0)", "the style sheet counts");
      papers.set(colorScheme, seen.paper);
      assert.ok(seen.icon > 0);
    }
    assert.equal(new Set(papers.values()).size, 2, "light and dark");
    assert.equal(await usesOf(server, file), 0);

    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    const download = await saved;
    assertSameBytes(await Deno.readFile(await download.path()), file.bytes);
    assert.match(download.suggestedFilename(), /^Protokoll_.*\.bin$/);
    assert.equal(await usesOf(server, file), 1);
    await page.reload();
    await page.getByText("You have begun this download").waitFor();
    assert.deepEqual(browser.faults, []);
  },
});

Deno.test({
  name: "In a browser: whoever follows a personal link from another site is in after one more click",
  ignore: chromium === null,
  async fn() {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });
    const file = await serveFile(server, 1000);
    const link = await makeLink(server, file, { authorizedUserId: "bob" });
    await using mail = Deno.serve(
      { hostname: "localhost", port: 0, onListen() {} },
      () =>
        new Response(`<a href="${link}">a file for you</a>`, { headers: { "Content-Type": "text/html" } }),
    );
    const page = await browser.tab();
    const follow = async () => {
      await page.goto(`http://localhost:${mail.addr.port}/`);
      await page.getByRole("link", { name: "a file for you" }).click();
      await page.getByRole("heading", { name: "This link is for one person" }).waitFor();
      await page.getByRole("link", { name: "Open it again" }).click();
    };
    await follow();
    await page.getByRole("heading", { name: "This link is for one person" }).waitFor();
    const signedIn = await browser.context.request.post(`${server.url}api/v1/session`, {
      headers: { Authorization: `Bearer ${await server.token({ sub: "bob" })}` },
    });
    assert.equal(signedIn.ok(), true);
    await follow();
    await page.getByRole("heading", { name: "served.bin" }).waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    assertSameBytes(await Deno.readFile(await (await saved).path()), file.bytes);
    assert.deepEqual(browser.faults, []);
  },
});
