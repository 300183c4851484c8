import assert from "node:assert/strict";
import { startApp } from "../support/app.ts";
import { answer, openUpload, outcome, SMALL_CHUNKS } from "../support/upload_calls.ts";

for (
  const [what, fields, status, code, says] of [
    ["an unknown field", { size: 1, colour: "red" }, 400, "invalid-request", /colour/],
    ["no size", {}, 400, "invalid-request", /size/],
    ["a negative size", { size: -1 }, 400, "invalid-request", /size/],
    ["a fraction", { size: 1.5 }, 400, "invalid-request", /size/],
    ["a size beyond exact numbers", { size: 2 ** 53 }, 400, "invalid-request", /size/],
    ["a size as text", { size: "1" }, 400, "invalid-request", /size/],
    ["a digest that is none", { size: 1, sha256: "xyz" }, 400, "invalid-request", /64 hex/],
    ["an unknown visibility", { size: 1, visibility: "secret" }, 400, "invalid-request", /visibility/],
    ["a broken content type", { size: 1, contentType: "text" }, 400, "invalid-request", /image\/png/],
    ["an unknown business type", { size: 1, businessType: "Toy" }, 400, "unknown-business-type", /Document/],
    [
      "a business type of the language",
      { size: 1, businessType: "constructor" },
      400,
      "unknown-business-type",
      /constructor/,
    ],
    ["an empty name", { size: 1, fileName: " " }, 400, "invalid-file-name", /empty/],
    ["a folder's name", { size: 1, fileName: "a/.." }, 400, "invalid-file-name", /folder/],
    ["control characters", { size: 1, fileName: "a\nb" }, 400, "invalid-file-name", /control/],
    ["half a character", { size: 1, fileName: "a\ud800" }, 400, "invalid-file-name", /Unicode/],
    ["a chunk size below the least", { size: 1, chunkSize: 1023 }, 400, "invalid-request", /1024/],
    ["a chunk size above the most", { size: 1, chunkSize: 65537 }, 400, "invalid-request", /65536/],
    ["more than any type takes", { size: 2 ** 36 + 1 }, 413, "file-too-large", /68719476736/],
    [
      "more than its type takes",
      { fileName: "a.pdf", size: 10 * 2 ** 20 + 1, businessType: "Document" },
      413,
      "file-too-large",
      /Document.*10485760/,
    ],
    [
      "a type that is not allowed",
      { fileName: "a.exe", size: 1, businessType: "Image" },
      415,
      "type-not-allowed",
      /\.png/,
    ],
    ["an empty fingerprint", { size: 1, fingerprint: "" }, 400, "invalid-request", /fingerprint/],
  ] as const
) {
  Deno.test(`a session is not opened for ${what}`, async () => {
    await using app = await startApp({ pawlJson: SMALL_CHUNKS });
    const refused = await openUpload(app, fields);
    assert.deepEqual(outcome(refused), [status, code]);
    assert.match(refused.body.detail, says);
    assert.deepEqual((await app.json("GET", "/api/v1/uploads")).body.items, []);
  });
}

Deno.test("the largest and the smallest allowed values open a session", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  for (
    const fields of [
      { size: 2 ** 36, chunkSize: 1024 },
      { size: 0, chunkSize: 65536 },
      { size: 10 * 2 ** 20, fileName: "A.PDF", businessType: "Document" },
      { size: 1, fileName: "é".repeat(127) + "a" },
    ]
  ) {
    assert.equal((await openUpload(app, fields)).status, 201, JSON.stringify(fields));
  }
});

Deno.test("a session of an empty file is whole from the start", async () => {
  await using app = await startApp();
  const { body } = await openUpload(app, { size: 0 });
  assert.deepEqual([body.totalChunks, body.progress, body.uploadedChunkIndexes], [0, 100, []]);
});

Deno.test("with sessions switched off none is opened, and whole files are named as the way", async () => {
  await using app = await startApp({ pawlJson: { sessions: { enabled: false } } });
  const refused = await openUpload(app, { size: 1 });
  assert.deepEqual(outcome(refused), [403, "sessions-disabled"]);
  assert.match(refused.body.detail, /\/api\/v1\/files\//);
  const whole = await app.request("/api/v1/files/a.bin", { method: "PUT", body: "ten bytes." });
  assert.equal((await answer(whole)).body.size, 10);
});
