import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import * as fc from "fast-check";
import type { AttachmentRecord } from "../../services/model.ts";
import { putAttachment } from "../../services/records/attachments.ts";
import { ADMIN, BOB, startApp, type TestApp } from "../support/app.ts";
import { putFile, type StoredFile } from "../support/stored_files.ts";

const PATH = "/api/v1/attachments";

interface Page {
  items: StoredFile[];
  cursor: string | null;
}

async function page(app: TestApp, query: Record<string, string | number> = {}): Promise<Page> {
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  const { status, body } = await app.json("GET", `${PATH}?${search}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** All pages, one after the other; `between` runs after each. */
async function pages(
  app: TestApp,
  query: Record<string, string | number>,
  between: (count: number) => Promise<unknown> = () => Promise.resolve(),
): Promise<Page[]> {
  const all: Page[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const next: Page = await page(app, cursor === "" ? query : { ...query, cursor });
    all.push(next);
    assert.ok(all.length < 100, "the list has no end");
    await between(all.length);
    cursor = next.cursor;
  }
  return all;
}

const names = (list: Page[] | Page) =>
  [list].flat().flatMap(({ items }) => items.map((item) => item.fileName));

async function putAll(app: TestApp, fileNames: string[]): Promise<StoredFile[]> {
  const made: StoredFile[] = [];
  for (const fileName of fileNames) made.push(await putFile(app, { fileName }));
  return made;
}

/** Puts records in without bytes: lists of thousands in a moment. */
async function putRecords(
  app: TestApp,
  count: number,
  facts: (index: number) => Partial<AttachmentRecord>,
): Promise<void> {
  const { core } = app.services;
  for (let done = 0; done < count; done += 100) {
    await core.records.transact((commit) => {
      for (let index = done; index < Math.min(done + 100, count); index++) {
        putAttachment(commit, {
          id: core.newAttachmentId(),
          fileName: `file ${index}`,
          contentType: "text/plain",
          businessType: "General",
          businessId: null,
          visibility: "private",
          ownerId: "alice",
          blobId: "none",
          size: index,
          sha256: "0".repeat(64),
          sourceSha256: "0".repeat(64),
          crc32: 0,
          createdAt: core.now(),
          updatedAt: core.now(),
          deletedAt: null,
          ...facts(index),
        });
      }
      return Promise.resolve();
    });
  }
}

Deno.test("The list is newest first, in pages that hold every file once", async () => {
  await using app = await startApp();
  assert.deepEqual(await page(app), { items: [], cursor: null });
  const all = ["1", "2", "3", "4", "5", "6", "7"];
  await putAll(app, all);
  await putFile(app, { fileName: "of bob", user: BOB });
  for (const limit of [1, 2, 3, 7, 100]) {
    const list = await pages(app, { limit });
    assert.deepEqual(names(list), all.toReversed(), `limit ${limit}`);
    assert.equal(list.length, Math.ceil(all.length / limit), "no empty page at the end");
  }
});

Deno.test("Pages neither repeat nor skip what was there, while files come and go", async () => {
  await using app = await startApp();
  const made = await putAll(app, ["1", "2", "3", "4", "5", "6"]);
  const idOf = (name: string) => made.find(({ fileName }) => fileName === name)!.id;
  const list = await pages(app, { limit: 2 }, async (count) => {
    if (count !== 1) return; // 6 and 5 have been listed.
    await putFile(app, { fileName: "new" });
    await app.json("DELETE", `${PATH}/${idOf("5")}`); // the cursor's own
    await app.json("DELETE", `${PATH}/${idOf("4")}?permanent=true`);
  });
  assert.deepEqual(names(list), ["6", "5", "3", "2", "1"]);
  assert.deepEqual(names(await pages(app, {})), ["new", "6", "3", "2", "1"]);
});

Deno.test("Files are found by a part of their name, whatever its case and however it is composed", async (t) => {
  await using app = await startApp();
  await putAll(app, [
    "Report.PDF",
    "r\u00e9sum\u00e9.txt",
    "\u5408\u540c \u8349\u6848.docx",
    "\u{1f600} party.png",
    "100%_done.txt",
    "\u039f\u0394\u039f\u03a3.txt", // capital sigma
  ]);
  const cases: [q: string, found: string[]][] = [
    ["report", ["Report.PDF"]],
    ["PORT.p", ["Report.PDF"]],
    ["re\u0301sume\u0301", ["r\u00e9sum\u00e9.txt"]],
    ["R\u00c9SUM\u00c9", ["r\u00e9sum\u00e9.txt"]],
    ["\u540c \u8349", ["\u5408\u540c \u8349\u6848.docx"]],
    ["\u{1f600}", ["\u{1f600} party.png"]],
    ["%_", ["100%_done.txt"]],
    ["\u03bf\u03b4\u03bf\u03c3", ["\u039f\u0394\u039f\u03a3.txt"]],
    ["\u039f\u0394\u039f\u03a3", ["\u039f\u0394\u039f\u03a3.txt"]],
    [".*", []],
    ["nothing", []],
  ];
  for (const [q, found] of cases) {
    await t.step(q, async () => assert.deepEqual(names(await pages(app, { q })), found));
  }
  await t.step("no part is every name", async () => {
    assert.equal((await page(app, { q: "" })).items.length, 6);
  });
  await t.step("a new name counts at once", async () => {
    const [{ id }] = (await page(app, { q: "party" })).items as [StoredFile];
    await app.json("PATCH", `${PATH}/${id}`, { body: { fileName: "wedding.png" } });
    assert.deepEqual(names(await page(app, { q: "party" })), []);
    assert.deepEqual(names(await page(app, { q: "wedding" })), ["wedding.png"]);
  });
});

Deno.test("Files are found by what they belong to, and apart from those in the recycle bin", async () => {
  await using app = await startApp();
  await putFile(app, { fileName: "a.pdf", body: "%PDF-1", businessType: "Document", businessId: "1" });
  await putFile(app, { fileName: "b.pdf", body: "%PDF-2", businessType: "Document", businessId: "2" });
  const gone = await putFile(app, {
    fileName: "c.pdf",
    body: "%PDF-3",
    businessType: "Document",
    businessId: "2",
  });
  await putFile(app, { fileName: "d.bin", businessId: "2" });
  await app.json("DELETE", `${PATH}/${gone.id}`);

  const found = async (query: Record<string, string>) => names(await pages(app, query));
  assert.deepEqual(await found({}), ["d.bin", "b.pdf", "a.pdf"]);
  assert.deepEqual(await found({ businessType: "Document" }), ["b.pdf", "a.pdf"]);
  assert.deepEqual(await found({ businessType: "Document", businessId: "2" }), ["b.pdf"]);
  assert.deepEqual(await found({ businessType: "General", businessId: "2" }), ["d.bin"]);
  assert.deepEqual(await found({ businessType: "Nonsense" }), []);
  assert.deepEqual(await found({ state: "deleted" }), ["c.pdf"]);
  assert.deepEqual(await found({ state: "deleted", businessType: "Document", businessId: "2" }), ["c.pdf"]);
  assert.deepEqual(await found({ state: "deleted", businessType: "Document", businessId: "1" }), []);
  const { status, body } = await app.json("GET", `${PATH}?businessId=2`);
  assert.equal(status, 400);
  assert.match(body.detail, /businessType/);
});

Deno.test("The list can be sorted by name as people do, and by size, in pages", async () => {
  await using app = await startApp();
  const sizes = { "file 10": 3, "File 2": 1, "\u00c4pfel": 5, "file 1": 3, "\u4f60": 0, "zebra": 3 };
  for (const [fileName, size] of Object.entries(sizes)) {
    await putFile(app, { fileName, body: "x".repeat(size) });
  }
  await putFile(app, { fileName: "zebra", body: "xx" }); // the same name again, newer
  const byName = ["\u00c4pfel", "file 1", "File 2", "file 10", "zebra", "zebra", "\u4f60"];
  const bySize = ["\u00c4pfel", "zebra", "file 1", "file 10", "zebra", "File 2", "\u4f60"];
  for (const limit of [1, 2, 3, 100]) {
    const named = await pages(app, { sort: "name", limit });
    assert.deepEqual(names(named), byName, `limit ${limit}`);
    assert.deepEqual(
      named.flatMap(({ items }) => items).filter((i) => i.fileName === "zebra").map((i) => i.size),
      [
        2,
        3,
      ],
    );
    assert.deepEqual(names(await pages(app, { sort: "size", limit })), bySize, `limit ${limit}`);
  }
  assert.deepEqual(names(await pages(app, { sort: "name", q: "ile", limit: 2 })), [
    "file 1",
    "File 2",
    "file 10",
  ]);
});

Deno.test("A sorted list goes on behind its last file, also when that one is gone", async () => {
  await using app = await startApp();
  const made = await putAll(app, ["a", "b", "c", "d"]);
  const list = await pages(app, { sort: "name", limit: 2 }, async (count) => {
    if (count !== 1) return;
    await app.json("DELETE", `${PATH}/${made[1]!.id}?permanent=true`);
    await putAll(app, ["a2", "bb"]);
  });
  assert.deepEqual(names(list), ["a", "b", "bb", "c", "d"]);
});

Deno.test("A search by name looks at a bounded number of files a page, and goes on by its cursor", async () => {
  await using app = await startApp();
  await putRecords(app, 2100, (index) => index === 5 ? { fileName: "needle" } : {});
  const list = await pages(app, { q: "NEEDLE" });
  assert.deepEqual(list.map(({ items }) => items.length), [0, 0, 1]);
  assert.deepEqual(names(list), ["needle"]);
  const all = await pages(app, { limit: 100 });
  assert.equal(new Set(all.flatMap(({ items }) => items.map((item) => item.id))).size, 2100);
});

Deno.test("Beyond 10,000 files only the order of creation is offered, and the refusal says what to do", async () => {
  await using app = await startApp();
  await putRecords(app, 10_000, (index) => index < 3 ? { businessType: "Document" } : {});
  assert.equal((await page(app, { sort: "size", limit: 1 })).items[0]!.size, 9999);
  await putRecords(app, 1, () => ({}));
  for (const sort of ["name", "size"]) {
    const { status, body } = await app.json("GET", `${PATH}?sort=${sort}`);
    assert.deepEqual([status, body.code], [400, "invalid-request"]);
    assert.match(body.detail, /10000.*created.*businessType/);
  }
  assert.equal((await page(app)).items.length, 50);
  assert.equal((await page(app, { sort: "name", businessType: "Document" })).items.length, 3);
});

Deno.test("Limits, states and orders that are none are refused by name", async (t) => {
  await using app = await startApp();
  const bad = [
    ...["0", "-1", "101", "1.5", "x", "", "1e9", "NaN", "Infinity", "0x10000"].map((limit) =>
      `limit=${limit}`
    ),
    "state=all",
    "sort=date",
    "sort=constructor",
    `q=${"x".repeat(256)}`,
    `businessType=${"x".repeat(65)}`,
    `businessType=General&businessId=${"x".repeat(257)}`,
    `cursor=${"x".repeat(2049)}`,
  ];
  for (const query of bad) {
    await t.step(query.slice(0, 40), async () => {
      const { status, body } = await app.json("GET", `${PATH}?${query}`);
      assert.deepEqual([status, body.code], [400, "invalid-request"]);
      const parameter = query.split("&").at(-1)!.split("=")[0];
      assert.equal(body.errors[0].parameter, parameter);
    });
  }
});

Deno.test("A cursor that is none, or of another list, is refused and never a server's fault", async (t) => {
  await using app = await startApp();
  await putAll(app, ["a", "b", "c"]);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const bad = [
    "",
    "x",
    "%00",
    encode(null),
    encode({}),
    encode([]),
    encode([1]),
    encode([{ id: "-1" }]),
    encode([{ id: "9".repeat(30) }]),
    encode([{ id: 5 }]),
    encode([{ id: "1" }, 2]),
    encode([null]),
    Buffer.from('[{"id":"1"}').toString("base64url"),
  ];
  for (const cursor of bad) {
    await t.step(`created: ${cursor}`, async () => {
      const { status, body } = await app.json("GET", `${PATH}?cursor=${cursor}`);
      assert.deepEqual([status, body.code], [400, "invalid-cursor"]);
    });
  }
  const hostile = [[1, "1"], ["a", "x"], ["a", 1], ["x".repeat(1025), "1"], ["a", "-1"], [null, "1"], ["a"]];
  for (const parts of hostile) {
    await t.step(`name: ${JSON.stringify(parts).slice(0, 20)}`, async () => {
      const { status, body } = await app.json("GET", `${PATH}?sort=name&cursor=${encode(parts)}`);
      assert.deepEqual([status, body.code], [400, "invalid-cursor"]);
    });
  }

  await t.step("whatever is sent", async () => {
    const part = fc.oneof(
      fc.string(),
      fc.double(),
      fc.record({ id: fc.oneof(fc.string(), fc.nat().map(String)) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ maxLength: 100 }), fc.array(part, { maxLength: 3 }).map(encode)),
        fc.constantFrom("created", "name", "size"),
        async (cursor, sort) => {
          const query = new URLSearchParams({ cursor: cursor.toWellFormed(), sort });
          const { status } = await app.json("GET", `${PATH}?${query}`);
          assert.ok(status === 200 || status === 400, String(status));
        },
      ),
      { numRuns: 150 },
    );
  });
});

Deno.test("An administrator's list is their own", async () => {
  await using app = await startApp();
  await putFile(app);
  await putFile(app, { user: ADMIN, fileName: "of root" });
  const { body } = await app.json("GET", PATH, { user: ADMIN });
  assert.deepEqual(names(body), ["of root"]);
});
