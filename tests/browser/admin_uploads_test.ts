import assert from "node:assert/strict";
import { openBrowser } from "../support/browser.ts";
import { startServer, type User } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { call, openAdmin, storeFile } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

const MIB = 2 ** 20;

Deno.test({
  name: "Uploads and links of all owners on the administrators' page",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });

    const begin = async (user: User, fileName: string, size: number): Promise<string> => {
      const answer = await server.fetch("/api/v1/uploads", {
        user,
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ fileName, size, chunkSize: MIB }),
      });
      return (await answer.json()).id;
    };
    const send = async (user: User, id: string, offset: number) => {
      const answer = await server.fetch(`/api/v1/uploads/${id}/chunks/${offset}`, {
        user,
        method: "PUT",
        body: new Uint8Array(MIB),
      });
      await answer.body?.cancel();
      return answer.status;
    };

    await t.step("an upload is followed as it goes on, and cancelled", async () => {
      const user = { sub: "alice" };
      await using admin = await openAdmin(browser, server, { at: "uploads" });
      const { page } = admin;
      await page.getByText("Nobody is uploading").waitFor();
      const id = await begin(user, "film.mp4", 4 * MIB);
      const row = page.locator(".row.upload", { hasText: "film.mp4" });
      await row.getByText("0% · 0 bytes of 4 MB").waitFor();
      await send(user, id, 0);
      await row.getByText("25% · 1 MB of 4 MB").waitFor();
      assert.equal(await row.getByRole("progressbar").getAttribute("aria-valuenow"), "25");

      await page.getByRole("button", { name: "Cancel the upload of film.mp4" }).click();
      await page.getByText("What has arrived is thrown away, and alice is told").waitFor();
      await page.getByRole("button", { name: "Let it go on" }).click();
      assert.equal(await send(user, id, MIB), 200);
      await page.getByRole("button", { name: "Cancel the upload of film.mp4" }).click();
      await page.getByRole("button", { name: "Cancel the upload", exact: true }).click();
      await page.getByText("The upload of “film.mp4” is cancelled.").waitFor();
      await row.waitFor({ state: "detached" });
      await page.getByText("Nobody is uploading").waitFor();
      assert.equal(await send(user, id, 2 * MIB), 410);
    });

    await t.step("rows stay where they are while others overtake them; owners narrow the list", async () => {
      const [bob, carol] = [{ sub: "bob" }, { sub: "carol" }];
      const first = await begin(bob, "first.bin", 4 * MIB);
      await send(bob, first, 0);
      await begin(carol, "second.bin", 3 * MIB);
      await using admin = await openAdmin(browser, server, { at: "uploads" });
      const { page } = admin;
      const names = page.locator(".row.upload .name");
      await names.nth(1).waitFor();
      const before = await names.allTextContents();
      const cancel = page.getByRole("button", { name: /^Cancel the upload of first/ });
      await cancel.focus();
      await send(bob, first, MIB);
      await page.getByText("50% · 2 MB of 4 MB").waitFor();
      assert.deepEqual(await names.allTextContents(), before);
      assert.ok(
        await cancel.evaluate((element) =>
          (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement ===
            element
        ),
      );
      await page.getByRole("searchbox", { name: "Owner" }).fill("carol");
      await page.getByText("1 upload", { exact: true }).waitFor();
      assert.deepEqual(await names.allTextContents(), ["second.bin"]);
    });

    await t.step(
      "a link is revoked, which its user is told, and is among those that have ended",
      async () => {
        const user = { sub: "dave" };
        const id = await storeFile(server, user, "offer.txt");
        const made = await server.fetch(`/api/v1/attachments/${id}/tokens`, {
          user,
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ maxUses: 0 }),
        });
        const { url, preview } = await made.json();
        await call(server, { method: "GET", path: url });
        await using admin = await openAdmin(browser, server, { at: "links" });
        const { page } = admin;
        const row = page.locator(".row.link", { hasText: "offer.txt" });
        await row.getByText("1 download, any number allowed").waitFor();
        await row.getByText(`begins with ${preview}`).waitFor();
        await page.getByRole("button", { name: `Revoke the link to offer.txt that begins with ${preview}` })
          .click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
        await page.getByText("The link to “offer.txt” is revoked.").waitFor();
        await page.getByText("No link lets anybody in").waitFor();
        const refused = await server.fetch(url, { user: null });
        assert.deepEqual([refused.status, (await refused.json()).code], [403, "link-revoked"]);
        await page.getByRole("button", { name: "Ended" }).click();
        await row.getByText("Revoked").waitFor();
      },
    );
  },
});
