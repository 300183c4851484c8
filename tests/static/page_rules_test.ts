import assert from "node:assert/strict";
import fc from "fast-check";
import { familyOf } from "../../static/files/type_family.ts";
import { previewKind } from "../../static/preview/preview_kind.ts";
import { preferredLanguage, readPreferences } from "../../static/state/preference_values.ts";
import { kept, NOTHING, toggled } from "../../static/state/selection.ts";

Deno.test("the language is the first of the browser's that is spoken here, else English", () => {
  assert.equal(preferredLanguage(["fr-FR", "zh-TW", "en"]), "zh");
  assert.equal(preferredLanguage(["en-GB", "zh"]), "en");
  assert.equal(preferredLanguage([]), "en");
});

Deno.test("stored choices are taken as far as they are right, whatever else is stored", () => {
  const byDefault = { language: "zh", theme: "system", businessType: "General" };
  assert.deepEqual(readPreferences(null, ["zh"]), byDefault);
  assert.deepEqual(readPreferences('{"theme":"dark","language":"en","businessType":"Video"}', ["zh"]), {
    language: "en",
    theme: "dark",
    businessType: "Video",
  });
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    const { language, theme, businessType } = readPreferences(text, ["en"]);
    assert.ok(["en", "zh"].includes(language) && ["system", "light", "dark"].includes(theme));
    assert.equal(typeof businessType, "string");
  }));
});

Deno.test("a file's family is told by its name, else by its type", () => {
  assert.equal(familyOf({ name: "main.ts", contentType: "video/mp2t" }), "code");
  assert.equal(familyOf({ name: "table.XLSX", contentType: "" }), "sheet");
  assert.equal(familyOf({ name: "noname", contentType: "image/png" }), "picture");
  assert.equal(familyOf({ name: ".gitignore", contentType: "" }), "other");
});

Deno.test("only what browsers show without running it is looked at; PDF where there is a viewer", () => {
  const kind = (fileName: string, contentType: string, pdf = true) =>
    previewKind({ fileName, contentType, size: 1 }, { pdf });
  assert.equal(kind("a.svg", "image/svg+xml"), "picture");
  assert.equal(kind("a.html", "text/html"), "text");
  assert.equal(kind("a.js", "application/octet-stream"), "text");
  assert.equal(kind("a.pdf", "application/pdf"), "pdf");
  assert.equal(kind("a.pdf", "application/pdf", false), "none");
  assert.equal(kind("a.tiff", "image/tiff"), "none");
  assert.equal(kind("a.bin", "application/octet-stream"), "none");
  assert.equal(previewKind({ fileName: "a.png", contentType: "image/png", size: 0 }, { pdf: true }), "text");
});

Deno.test("a range is selected from the row before, and what is gone is not selected", () => {
  const shown = ["a", "b", "c", "d", "e"];
  const one = toggled(NOTHING, "b", { shown, range: false });
  const range = toggled(one, "d", { shown, range: true });
  assert.deepEqual([...range.ids], ["b", "c", "d"]);
  const less = toggled(range, "c", { shown, range: false });
  assert.deepEqual([...less.ids].sort(), ["b", "d"]);
  assert.deepEqual([...kept(less, ["d", "e"]).ids], ["d"]);
  assert.equal(kept(less, shown), less);
  // Without a beginning, the shift key selects one.
  assert.deepEqual([...toggled(NOTHING, "c", { shown, range: true }).ids], ["c"]);
});
