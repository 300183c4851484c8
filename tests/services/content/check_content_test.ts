import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { checkContent } from "../../../services/content/check_content.ts";
import { Problem } from "../../../services/problem.ts";
import { startApp, type TestApp } from "../../support/app.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (text: string) => Uint8Array.fromBase64(text);

const PNG = base64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);
const GIF = base64("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
const JPEG = base64(
  "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
);
const PDF = utf8("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n");
const BMP = base64("Qk06AAAAAAAAADYAAAAoAAAAAQAAAAEAAAABABgAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAA////AA==");
const WEBP = base64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==");
const EXE = new Uint8Array([0x4d, 0x5a, ...new Array(200).fill(0)]);

/** A ZIP of empty stored entries. */
function zip(...names: string[]): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const name of names) {
    const text = Buffer.from(name);
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50);
    head.writeUInt32LE(crc32(""), 14);
    head.writeUInt16LE(text.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50);
    entry.writeUInt16LE(text.length, 28);
    entry.writeUInt32LE(offset, 42);
    local.push(head, text);
    central.push(entry, text);
    offset += head.length + text.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

/** A Compound File whose directory has these entries; its table is in sector 0, the directory behind it. */
function compound(...names: string[]): Uint8Array {
  const sectors = Math.ceil(names.length / 4);
  const file = Buffer.alloc(512 * (2 + sectors));
  Buffer.from("d0cf11e0a1b11ae1", "hex").copy(file);
  file.writeUInt16LE(9, 30);
  file.writeUInt32LE(1, 48);
  for (let at = 0; at < 109; at++) file.writeUInt32LE(0xffffffff, 76 + at * 4);
  file.writeUInt32LE(0, 76);
  for (let sector = 1; sector <= sectors; sector++) {
    file.writeUInt32LE(sector === sectors ? 0xfffffffe : sector + 1, 512 + sector * 4);
  }
  names.forEach((name, index) => {
    const at = 1024 + index * 128;
    file.write(name, at, "utf16le");
    file.writeUInt16LE((name.length + 1) * 2, at + 64);
  });
  return file;
}

const docx = zip("[Content_Types].xml", "_rels/.rels", "word/document.xml");
const xlsx = zip("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml");
const doc = compound("Root Entry", "1Table", "Data", "a", "b", "WordDocument");
const xls = compound("Root Entry", "Workbook");
const pptx = zip("[Content_Types].xml", "_rels/.rels", "ppt/presentation.xml");
const ppt = compound("Root Entry", "Current User", "PowerPoint Document");
const svg = utf8('<?xml version="1.0"?>\n<!-- made -->\n<svg xmlns="http://www.w3.org/2000/svg" width="1"/>');
const utf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from("中文, text", "utf16le")]);
const longUtf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from("a line of text\n".repeat(20_000), "utf16le")]);
const gbk = new Uint8Array([0xd6, 0xd0, 0xce, 0xc4, 0x0d, 0x0a]);

/** null when it is taken, else the problem. */
async function judged(
  app: TestApp,
  { name, type, bytes }: { name: string; type: string; bytes: Uint8Array },
): Promise<Problem | null> {
  const { core } = app.services;
  const id = core.blobs.newId();
  const writer = await core.blobs.openWriter(id);
  try {
    await writer.write(0, bytes);
    await writer.sync();
  } finally {
    writer.close();
  }
  const stored = { segments: core.blobs.segments(id, bytes.length), size: bytes.length };
  try {
    await checkContent(core, { facts: { fileName: name, businessType: type }, stored });
    return null;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  } finally {
    await core.blobs.remove(id);
  }
}

/** Beginnings of recordings as ffmpeg writes them. */
const RECORDINGS: [string, string, Uint8Array][] = [
  ["Video", "a.mp4", base64("AAAAIGZ0eXBpc29tAAACAGlzb21pc28yYXZjMW1wNDEAAAAIZnJlZQAAA4ptZGF0")],
  ["Video", "a.avi", base64("UklGRj4YAABBVkkgTElTVDgSAABoZHJsYXZpaDgAAACghgEAqGEAAAAAAAAQCQAA")],
  ["Video", "a.mov", base64("AAAAFGZ0eXBxdCAgAAACAHF0ICAAAAAId2lkZQAAA4ptZGF0AAACrQYF//+p3EXp")],
  ["Video", "a.wmv", base64("MCaydY5mzxGm2QCqAGLObFMCAAAAAAAABQAAAAECodyrjEepzxGO5ADADCBTZWgA")],
  ["Video", "a.flv", base64("RkxWAQEAAAAJAAAAABIAALgAAAAAAAAAAgAKb25NZXRhRGF0YQgAAAAIAAhkdXJh")],
  ["Video", "a.mkv", base64("GkXfowEAAAAAAAAjQoaBAUL3gQFC8oEEQvOBCEKCiG1hdHJvc2thQoeBBEKFgQIY")],
  ["Video", "a.webm", base64("GkXfowEAAAAAAAAfQoaBAUL3gQFC8oEEQvOBCEKChHdlYm1Ch4ECQoWBAhhTgGcB")],
  ["Audio", "a.mp3", base64("SUQzBAAAAAAAI1RTU0UAAAAPAAADTGF2ZjU4LjI0LjEwMAAAAAAAAAAAAAAA//tA")],
  ["Audio", "a.wav", base64("UklGRpwKAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAATElTVBoAAABJTkZP")],
  ["Audio", "a.flac", base64("ZkxhQwAAACISABIAAAGeAAGeCsRA8AAABStnaukgK1lDSHclioAFhxq0BAAALg0A")],
  ["Audio", "a.aac", base64("//FQQBqf/N4CAExhdmM1OC40Mi4xMDAAAlyrWamMclCLTKreHXFyXIhCCBAOgAzV")],
  ["Audio", "a.ogg", base64("T2dnUwACAAAAAAAAAACwShXjAAAAAGYyO9QBHgF2b3JiaXMAAAAAAUSsAAAAAAAA")],
  ["Audio", "a.wma", base64("MCaydY5mzxGm2QCqAGLObO4BAAAAAAAABQAAAAECodyrjEepzxGO5ADADCBTZWgA")],
];

const TRUE_NAMES: [string, string, Uint8Array][] = [
  ["Image", "a.png", PNG],
  ["Image", "a.PNG", PNG],
  ["Image", "a.gif", GIF],
  ["Image", "a.jpeg", JPEG],
  ["Image", "a.svg", svg],
  ["Image", "bom.svg", utf8("\uFEFF<svg/>")],
  ["Document", "a.pdf", PDF],
  ["Document", "a.docx", docx],
  ["Document", "a.xlsx", xlsx],
  ["Document", "a.doc", doc],
  ["Document", "a.xls", xls],
  ["Document", "empty.txt", new Uint8Array()],
  ["Document", "a.md", utf8("# Title\n\n```html\n<b>\n```\n")],
  ["Document", "a.txt", utf8("<?xml version='1.0'?><note/>")],
  ["Document", "utf16.txt", utf16],
  ["Document", "long utf16.txt", longUtf16],
  ["Document", "gbk.txt", gbk],
  ["Document", "a.ppt", ppt],
  ["Document", "a.pptx", pptx],
  ["Image", "a.bmp", BMP],
  ["Image", "a.webp", WEBP],
  ...RECORDINGS,
  ["General", "a.png", EXE],
];

const DISGUISED: [string, string, Uint8Array][] = [
  ["Video", "a.mp4", RECORDINGS[5]![2]],
  ["Video", "a.mp4", EXE],
  ["Audio", "a.mp3", RECORDINGS[0]![2]],
  ["Audio", "a.mp3", utf8("no sound")],
  ["Image", "a.png", JPEG],
  ["Image", "a.jpg", PNG],
  ["Image", "a.png", EXE],
  ["Image", "a.png", utf8("<html>")],
  ["Image", "a.png", new Uint8Array()],
  ["Image", "a.svg", utf8("<html><svg/></html>")],
  ["Image", "a.svg", PNG],
  ["Image", "laughs.svg", utf8('<!DOCTYPE svg [<!ENTITY a "ha">]><svg>&a;</svg>')],
  ["Document", "a.pdf", docx],
  ["Document", "a.docx", xlsx],
  ["Document", "a.docx", zip("a.txt")],
  ["Document", "a.docx", doc],
  ["Document", "a.docx", new Uint8Array([...EXE, ...docx])],
  ["Document", "a.txt", new Uint8Array([...longUtf16, 0, 0])],
  ["Document", "a.xls", doc],
  ["Document", "a.doc", utf8("{\\rtf1 text}")],
  ["Document", "a.txt", EXE],
  ["Document", "a.txt", PDF],
  ["Document", "a.md", new Uint8Array([0x61, 0x00, 0x62])],
];

Deno.test("files under their true names are taken", async () => {
  await using app = await startApp();
  for (const [type, name, bytes] of TRUE_NAMES) {
    assert.equal(await judged(app, { name, type, bytes }), null, `${type} ${name}`);
  }
});

Deno.test("disguised files are refused, and the refusal says what they are called and what they are", async () => {
  await using app = await startApp();
  for (const [type, name, bytes] of DISGUISED) {
    const problem = await judged(app, { name, type, bytes });
    assert.equal(problem?.code, "content-mismatch", `${type} ${name}`);
  }
  const problem = await judged(app, { type: "Image", name: "a.png", bytes: JPEG });
  assert.deepEqual(problem?.extra, { extension: ".png", detected: ".jpg" });
  assert.match(problem!.message, /called \.png, but its content is \.jpg/);
});

Deno.test("a configured type with extensions that are not known here refuses only what is known as something else", async () => {
  const types = { Drawing: { extensions: [".dwgx", ".part"] } };
  await using app = await startApp({ pawlJson: { businessTypes: types } });
  const drawing = (bytes: Uint8Array) => judged(app, { type: "Drawing", name: "a.dwgx", bytes });
  assert.equal(await drawing(utf8("anything at all")), null);
  assert.equal(await drawing(zip("model.bin")), null);
  assert.equal((await drawing(PNG))?.code, "content-mismatch");
});

Deno.test("whatever bytes come under whatever name, the answer is yes or a refusal", async () => {
  await using app = await startApp();
  const starts = [PNG, GIF, JPEG, PDF, docx, doc, svg, utf16].map((bytes) => Array.from(bytes));
  const bytes = fc.tuple(fc.constantFrom(...starts, []), fc.nat(400), fc.uint8Array({ maxLength: 600 }))
    .map(([start, cut, rest]) => new Uint8Array([...start.slice(0, cut), ...rest]));
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom("a.png", "a.svg"), async (bytes, name) => {
      await judged(app, { type: "Image", name, bytes });
    }),
    { numRuns: 60 },
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom("a.docx", "a.doc", "a.txt", "a.pdf"), async (bytes, name) => {
      await judged(app, { type: "Document", name, bytes });
    }),
    { numRuns: 120 },
  );
});
