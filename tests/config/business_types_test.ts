import assert from "node:assert/strict";
import { configOf, mistakesOf } from "./load_support.ts";

const MIB = 2 ** 20;

Deno.test("the built-in business types have the documented limits", async () => {
  const { businessTypes } = await configOf();
  const limits = Object.entries(businessTypes).map((
    [name, { maxBytes, visibility }],
  ) => [name, maxBytes, visibility]);
  assert.deepEqual(limits, [
    ["General", 64 * 1024 * MIB, "private"],
    ["Avatar", 2 * MIB, "private"],
    ["Image", 5 * MIB, "private"],
    ["Document", 10 * MIB, "private"],
    ["Video", 50 * MIB, "private"],
    ["Audio", 10 * MIB, "private"],
  ]);
  assert.equal(businessTypes.General?.extensions, null);
  assert.deepEqual(businessTypes.Avatar?.extensions, businessTypes.Image?.extensions);
  assert(businessTypes.Document?.extensions?.includes(".md"));
});

Deno.test("pawl.json changes a business type member by member and adds others", async () => {
  const { businessTypes } = await configOf({}, {
    businessTypes: {
      Avatar: { maxBytes: "4 MiB" },
      Image: { extensions: null, generateMultipleSizes: true },
      Invoice: { extensions: [".pdf"], visibility: "users" },
    },
  });
  assert.equal(businessTypes.Avatar?.maxBytes, 4 * MIB);
  assert(businessTypes.Avatar?.extensions?.includes(".png"));
  assert.deepEqual(businessTypes.Image, {
    maxBytes: 5 * MIB,
    extensions: null,
    visibility: "private",
    removeExif: true,
    generateThumbnail: true,
    generateMultipleSizes: true,
    addWatermark: false,
    orphanHours: 24,
  });
  assert.deepEqual(businessTypes.Invoice, {
    maxBytes: 64 * 1024 * MIB,
    extensions: [".pdf"],
    visibility: "users",
    removeExif: false,
    generateThumbnail: true,
    generateMultipleSizes: false,
    addWatermark: false,
    orphanHours: null,
  });
});

Deno.test("a name that every object has is no business type", async () => {
  const { businessTypes } = await configOf();
  assert.equal(businessTypes["constructor"], undefined);
  assert.equal(businessTypes["__proto__"], undefined);
});

Deno.test("mistakes in a business type name the member, what was given and what is allowed", async () => {
  const businessTypes = {
    Avatar: { maxByte: 1, maxBytes: 0, extensions: [".png", "JPG"], visibility: "everyone" },
    Image: { extensions: [] },
    Scan: { addWatermark: "yes" },
    Plan: 5,
    "no blanks": {},
  };
  assert.deepEqual(await mistakesOf({}, { businessTypes }), [
    'businessTypes.Avatar.maxBytes in pawl.json is 0: it must be a size from 1 B to 1024 TiB: bytes as a number, or text like "2 MiB".',
    'businessTypes.Avatar.extensions in pawl.json holds "JPG": it must be a list of lower-case extensions with their dot, such as .pdf, or null for any.',
    'businessTypes.Avatar.visibility in pawl.json is "everyone": it must be private, users or public.',
    'businessTypes.Avatar in pawl.json has an unknown member "maxByte", did you mean maxBytes?',
    "businessTypes.Image.extensions in pawl.json is []: it must be a list of lower-case extensions with their dot, such as .pdf, or null for any.",
    'businessTypes.Scan.addWatermark in pawl.json is "yes": it must be true or false.',
    "businessTypes.Plan in pawl.json is 5: it must be an object with maxBytes, extensions, visibility, removeExif, generateThumbnail, generateMultipleSizes, addWatermark or orphanHours.",
    'businessTypes in pawl.json has a name "no blanks": it must be a letter and then at most 63 letters, digits, _ or -.',
  ]);
});
