import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { openBrowser } from "../support/browser.ts";
import { startServer, type TestServer, type User } from "../support/server.ts";
import { tool } from "../support/tools.ts";
import { call, openAdmin, overflow, storeFile, violations } from "./admin_page.ts";

const chromium = tool("chromium", import.meta.url);

const WIDTHS = [360, 768, 1280];

const TITLES: Record<string, Record<string, string>> = {
  "en-US": {
    overview: "Overview",
    uploads: "Uploads",
    files: "Files",
    bin: "Recycle bin",
    links: "Links",
    people: "People",
    storage: "Storage",
    jobs: "Jobs",
    audit: "Audit",
    refused: "This page is for administrators",
  },
  "zh-CN": {
    overview: "概览",
    uploads: "正在上传",
    files: "文件",
    bin: "回收站",
    links: "链接",
    people: "用户",
    storage: "存储",
    jobs: "任务",
    audit: "审计",
    refused: "此页面仅供管理员使用",
  },
};

/** Something in every section: long names, long owners, what has failed. */
async function fill(server: TestServer): Promise<void> {
  const long = `${"a very long name without any end ".repeat(6)}.tar.gz`;
  const owners: User[] = [
    { sub: "alice" },
    { sub: `procurement.department+${"harbour-authority".repeat(4)}@harbour.example` },
  ];
  for (
    const [index, name] of ["photo.png", "notes.txt", "film.mp4", long, "gone.txt", "back.zip"].entries()
  ) {
    const user = owners[index % 2]!;
    const id = await storeFile(server, user, name);
    const path = `/api/v1/attachments/${id}`;
    if (index < 4) {
      await call(server, {
        method: "POST",
        path: `${path}/tokens`,
        user,
        json: { maxUses: index },
      });
    } else await call(server, { method: "DELETE", path, user });
  }
  for (const user of owners) {
    await call(server, {
      method: "POST",
      path: "/api/v1/uploads",
      user,
      json: { fileName: long, size: 1e9 },
    });
    const refused = await server.fetch("/api/v1/admin/jobs", { user });
    await refused.body?.cancel();
  }
  for (const job of ["storageReport", "orphans"]) {
    await call(server, { method: "POST", path: `/api/v1/admin/jobs/${job}/run` });
  }
  for (;;) {
    const { items } = await (await server.fetch("/api/v1/admin/usage")).json();
    if (items.length > 0) return;
  }
}

/** As a server that has been running for a while answers. */
async function growUp(page: Page): Promise<void> {
  await page.route("**/admin/storage", async (route) => {
    const report = await (await route.fetch()).json();
    const growth = Array.from({ length: 60 }, (_, index) => ({
      day: new Date(Date.UTC(2026, 8, 1 + index)).toISOString().slice(0, 10),
      files: index * 10,
      fileBytes: (60 + index) * 2 ** 32,
      storedBytes: (60 + index) * 2 ** 31,
    }));
    await route.fulfill({ json: { ...report, damagedBlobs: 2, growth } });
  });
  await page.route("**/jobs/recycleBin/runs", async (route) => {
    const states = ["failed", "done", "partial", "interrupted", "done"];
    const items = states.map((state, index) => ({
      job: "recycleBin",
      startedAt: new Date(Date.UTC(2026, 8, 20 - index)).toISOString(),
      endedAt: new Date(Date.UTC(2026, 8, 20 - index)).toISOString(),
      durationMs: 700 * index,
      state,
      lookedAt: index * 7,
      removed: index * 3,
      bytesFreed: index * 2 ** 20,
      bytesRead: 0,
      damaged: 0,
      errors: index === 0 ? 1 : 0,
      messages: index === 0 ? [`The storage did not answer: ${"blobs/2026-09-19/".repeat(9)}`] : [],
      by: null,
    }));
    await route.fulfill({ json: { items } });
  });
  await page.route("**/jobs/recycleBin/run", (route) => {
    const names = ["notes.txt", null, "a very long name without any end ".repeat(6)];
    const items = names.map((name, index) => ({
      kind: name === null ? "upload" : "attachment",
      id: `9153546263113${index}`,
      name,
      reason: "It was hidden from its owner 90 days ago or more, and will be gone for good.",
      since: "2026-05-01T10:00:00.000Z",
      ageSeconds: 1,
      bytes: index * 2 ** 30,
    }));
    return route.fulfill({ json: { dryRun: true, items, more: true } });
  });
}

const TAMPERED = {
  intact: false,
  seals: 800,
  sealed: 40_000,
  unsealed: 3,
  head: "ab12".repeat(16),
  findings: ["Entry 0mx3-45 of seal 17 was changed.", "x".repeat(90)],
};

Deno.test({
  name:
    "The administrators' page looks right in both languages and themes at every width, and axe finds nothing wrong",
  ignore: chromium === null,
  async fn(t) {
    await using server = await startServer();
    await using browser = await openBrowser({ executable: chromium! });

    // Each language and each theme once: contrast is the theme's, widths are the language's.
    for (const [locale, colorScheme] of [["en-US", "light"], ["zh-CN", "dark"]] as const) {
      await t.step(`${colorScheme}, ${locale}`, async () => {
        const titles = TITLES[locale]!;
        await using admin = await openAdmin(browser, server, { colorScheme, locale });
        const { page } = admin;
        const wrong: string[] = [];
        const check = async (state: string) => {
          for (const width of WIDTHS) {
            await page.setViewportSize({ width, height: 900 });
            const pixels = await overflow(page);
            if (pixels > 0) wrong.push(`${state}: ${pixels} pixels too wide at ${width}`);
          }
          for (const violation of await violations(page)) wrong.push(`${state}: ${violation}`);
        };
        const open = async (section: string, ready: string) => {
          await page.goto(`${server.url}admin#${section}`);
          const [name] = section.split(/[/?]/);
          await page.getByRole("heading", { level: 1 }).waitFor();
          if (section === name) {
            await page.getByRole("heading", { name: titles[name!]!, level: 1, exact: true }).waitFor();
          }
          await page.locator(ready).first().waitFor();
        };
        if (locale === "en-US") {
          for (const section of ["uploads", "files", "bin", "links"]) {
            await open(section, ".placard");
            await check(`empty ${section}`);
          }
          await fill(server);
        }
        await growUp(page);
        await page.reload();
        await open("overview", ".growth");
        await page.locator(".concerns.bad").waitFor();
        await check("overview");
        await open("uploads", ".row.upload");
        await check("uploads");
        await page.locator(".row.upload .button").first().click();
        await page.getByRole("dialog").waitFor();
        await check("cancel");
        await page.keyboard.press("Escape");
        await open("links", ".row.link");
        await check("links");
        await open("files", ".row.file");
        await page.locator(".row.file .check").nth(1).click();
        await check("selected");
        await page.locator(".row.file .check").nth(1).click();
        await page.locator(".row.file [aria-haspopup]").first().click();
        await page.getByRole("menuitem").first().waitFor();
        await check("menu");
        await page.keyboard.press("Escape");
        await page.locator(".row.file .name", { hasText: "notes.txt" }).click();
        await page.locator(".preview pre").waitFor();
        await check("view");
        await page.keyboard.press("Escape");
        await open("bin", ".row.file");
        await check("bin");
        await open("people", ".table .person");
        await check("people");
        await open("storage", ".growth");
        await page.locator("summary").click();
        await check("storage");
        await open("jobs", ".job .run");
        await check("jobs");
        await page.locator("[data-job=softDeleted] button").first().click();
        await page.locator(".dry-run .placard").waitFor();
        await check("empty dry run");
        await page.keyboard.press("Escape");
        await page.locator("[data-job=recycleBin] button").first().click();
        await page.locator(".candidates li").first().waitFor();
        await check("dry run");
        await page.keyboard.press("Escape");
        await open("jobs/recycleBin", ".table .note");
        await check("job");
        await open("audit", ".entry.refused");
        await page.locator(".entry .turn").first().click();
        await page.setViewportSize({ width: 360, height: 900 });
        await page.locator(".filters .unfold").click();
        await check("audit");
        await page.locator(".tools .button").click();
        await page.locator(".verdict").waitFor();
        await check("intact");
        await page.keyboard.press("Escape");
        await page.route("**/audit/verify", (route) => route.fulfill({ json: TAMPERED }));
        await page.locator(".tools .button").click();
        await page.locator(".findings").waitFor();
        await check("tampered");
        await page.keyboard.press("Escape");
        await open("audit?actor=nobody", ".placard");
        await check("nothing found");
        await page.route(
          "**/admin/tokens?*",
          (route) => route.fulfill({ status: 500, json: { code: "internal" } }),
        );
        await page.reload();
        await open("links", ".notice.bad");
        await check("failed");
        await page.goto(`${server.url}admin#token=${await server.token({ sub: "erin" })}`);
        await page.getByRole("heading", { name: titles.refused! }).waitFor();
        await check("refused");
        assert.deepEqual(wrong, []);
      });
    }

    await t.step("the language is changed where somebody is, also in what is said in passing", async () => {
      await using admin = await openAdmin(browser, server, { at: "jobs" });
      const { page } = admin;
      await page.locator("[data-job=orphans]").waitFor();
      await page.getByRole("button", { name: "Run now: Delete orphans" }).click();
      await page.locator(".toast").getByText("“Delete orphans” has ended: nothing to do.").waitFor();
      await page.locator(".toasts").hover();
      await page.getByRole("button", { name: "Language" }).press("Enter");
      await page.getByRole("menuitemradio", { name: "简体中文" }).press("Enter");
      await page.getByRole("heading", { name: "任务", level: 1 }).waitFor();
      await page.locator(".toast").getByText("“删除无归属的文件”已完成：没有需要处理的内容。").waitFor();
      assert.equal(await page.title(), "任务 · Pawl");
    });
  },
});
