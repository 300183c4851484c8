import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { type Home, openHome } from "./home.ts";

const chromium = tool("chromium", import.meta.url);

/** Red, 1 by 1. */
const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
);

/** Half a second of silence: RIFF, 8 kHz, 8 bit, mono. */
function wav(): Uint8Array<ArrayBuffer> {
  const samples = 4000;
  const view = new DataView(new ArrayBuffer(44 + samples));
  const text = (at: number, value: string) =>
    [...value].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  text(36, "data");
  view.setUint32(40, samples, true);
  new Uint8Array(view.buffer, 44).fill(128);
  return new Uint8Array(view.buffer);
}

/** Calls `pawned` wherever a script in it gets to run. */
const SCRIPT = "parent.pawned?.(); top.pawned?.(); self.pawned?.(); document.title = 'pawned'";
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" onload="${SCRIPT}">` +
  `<script>${SCRIPT}</script><rect width="40" height="40" fill="red"/></svg>`;
const HTML = `<!doctype html><title>x</title><img src=x onerror="${SCRIPT}"><script>${SCRIPT}</script>Hello`;
const PDF = `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(${SCRIPT})>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj
trailer<</Root 1 0 R>>
`;

const FILES: [name: string, content: string | Uint8Array<ArrayBuffer>, type: string][] = [
  ["picture.png", PNG, "image/png"],
  ["drawing.svg", SVG, "image/svg+xml"],
  ["page.html", HTML, "text/html"],
  ["script.js", SCRIPT, "text/javascript"],
  ["long.txt", "line of text\n".repeat(40_000), "text/plain"],
  ["empty.txt", "", "text/plain"],
  ["utf16.txt", new Uint8Array([0xff, 0xfe, 0x60, 0x4f, 0x7d, 0x59]), "text/plain"],
  ["silence.wav", wav(), "audio/wav"],
  ["broken.mp4", "this is no film", "video/mp4"],
  ["paper.pdf", PDF, "application/pdf"],
  ["archive.zip", "PK", "application/zip"],
];

Deno.test({
  name: "Files are looked at in a browser, and nothing that is in them runs",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    const user = { sub: "onlooker" };
    for (const [name, body, type] of FILES) {
      const query = new URLSearchParams({ contentType: type });
      const answer = await server.fetch(`/api/v1/files/${name}?${query}`, { user, method: "PUT", body });
      assert.equal(answer.status, 201, await answer.text());
    }
    await using browser = await openBrowser({ executable: chromium! });
    await using home: Home = await openHome(browser, server, { user });
    const { page } = home;
    const pawned: string[] = [];
    await page.context().exposeFunction("pawned", () => void pawned.push(page.url()));
    const stage = page.locator(".preview .stage");

    async function look(name: string): Promise<Locator> {
      await page.getByRole("button", { name: `Show ${name}` }).click();
      await page.getByRole("heading", { name }).waitFor();
      return stage;
    }
    const close = async (page: Page) => {
      await page.getByRole("button", { name: "Close" }).click();
      await stage.waitFor({ state: "detached" });
    };

    await t.step("pictures, drawings too, are shown as pictures", async () => {
      for (const [name, width] of [["picture.png", 1], ["drawing.svg", 40]] as const) {
        const picture = (await look(name)).locator("img");
        await picture.waitFor();
        const natural = await picture.evaluate(
          async (img: { decode(): Promise<void>; naturalWidth: number }) => {
            await img.decode();
            return img.naturalWidth;
          },
        );
        assert.equal(natural, width, name);
        await close(page);
      }
    });

    await t.step("text of every kind is shown as its characters", async () => {
      assert.equal(await (await look("page.html")).locator("pre").innerText(), HTML);
      await close(page);
      assert.equal(await (await look("script.js")).locator("pre").innerText(), SCRIPT);
      await close(page);
      assert.equal(await (await look("utf16.txt")).locator("pre").innerText(), "\u4f60\u597d");
      await close(page);
      await (await look("empty.txt")).getByText("This file is empty.").waitFor();
      await close(page);
      await (await look("long.txt")).getByText("The first 256 KB are shown.").waitFor();
      const shown = await stage.locator("pre").evaluate((pre: { textContent: string }) =>
        pre.textContent.length
      );
      assert.equal(shown, 256 * 1024);
      await close(page);
    });

    await t.step("sound is played by the browser; what it cannot play says so", async () => {
      const audio = (await look("silence.wav")).locator("audio");
      const seconds = await audio.evaluate((element: EventTarget & { duration: number }) =>
        new Promise<number>((resolve) => {
          const tell = () => resolve(element.duration);
          if (element.duration > 0) tell();
          else element.addEventListener("loadedmetadata", tell);
        })
      );
      assert.equal(seconds, 0.5);
      await close(page);
      await (await look("broken.mp4")).getByText("This cannot be shown here").waitFor();
      await close(page);
    });

    await t.step("a PDF is shown in a frame of its own, which is no page of ours", async () => {
      const answered = page.waitForResponse((response) => response.url().endsWith("?preview=1"));
      const frame = (await look("paper.pdf")).locator("iframe");
      const answer = await answered;
      assert.equal(answer.status(), 200);
      assert.equal(answer.headers()["content-type"], "application/pdf");
      // Chromium keeps no more of the policy of a PDF.
      assert.match(answer.headers()["content-security-policy"]!, /frame-ancestors 'self'/);
      assert.equal(await frame.getAttribute("title"), "Pages of paper.pdf");
      await close(page);
    });

    await t.step("what cannot be looked at is offered for download", async () => {
      await (await look("archive.zip")).getByText("There is no preview for this type").waitFor();
      await page.getByRole("link", { name: "Download archive.zip" }).last().waitFor();
      await close(page);
    });

    await t.step(
      "the arrows lead from file to file, and the details belong to the one that is shown",
      async () => {
        await look("archive.zip");
        assert.equal(await page.getByRole("button", { name: "The file before" }).count(), 0);
        await page.keyboard.press("ArrowRight");
        await page.getByRole("heading", { name: "paper.pdf" }).waitFor();
        await page.getByRole("button", { name: "The next file" }).click();
        await page.getByRole("heading", { name: "broken.mp4" }).waitFor();
        await page.locator(".details dd", { hasText: "video/mp4" }).waitFor();
        await page.keyboard.press("Escape");
        await stage.waitFor({ state: "detached" });
      },
    );

    await t.step("the addresses themselves run nothing either", async () => {
      const { items } = await (await server.fetch("/api/v1/attachments", { user })).json();
      for (const { url, fileName } of items) {
        if (!/\.(?:svg|html|js|pdf)$/.test(fileName)) continue;
        for (const query of ["", "?preview=1"]) {
          const tab = await page.context().newPage();
          // What is not shown is offered to be saved, which is no page at all.
          await tab.goto(new URL(url + query, server.url).href).catch(() => {});
          assert.notEqual(await tab.title(), "pawned", fileName);
          await tab.close();
        }
      }
    });

    assert.deepEqual(pawned, []);
    assert.equal(await page.title(), "Pawl");
  },
});
