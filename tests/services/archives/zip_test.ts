import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import type { BlobReader } from "../../../services/blobs/blob_store.ts";
import { openArchive } from "../../../services/archives/archive_reader.ts";
import {
  centralHeader,
  endOfDirectory,
  localHeader,
  type ZipEntry,
  zipLayout,
} from "../../../services/archives/zip_layout.ts";
import { uniqueNames } from "../../../services/archives/zip_names.ts";
import { runProgram } from "../../support/client_program.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { tool } from "../../support/tools.ts";

const python3 = tool("python3", import.meta.url);
const sevenZip = tool("7z", import.meta.url);
const GIB = 2 ** 30;

/** Of bytes in memory, handed out in pieces of at most `piece`. */
function memoryReader(
  bytes: Uint8Array,
  { piece, onClose }: { piece: number; onClose: () => void },
): BlobReader {
  return {
    read(into, position) {
      const part = bytes.subarray(position, position + Math.min(into.length, piece));
      into.set(part);
      return Promise.resolve(part.length);
    },
    close: onClose,
  };
}

async function readFrom(
  reader: BlobReader,
  { from, until, piece }: { from: number; until: number; piece: number },
) {
  const parts: Uint8Array[] = [];
  for (let at = from; at < until;) {
    const into = new Uint8Array(Math.min(piece, until - at));
    const count = await reader.read(into, at);
    assert.ok(count > 0, `nothing at ${at}`);
    parts.push(into.subarray(0, count));
    at += count;
  }
  return Buffer.concat(parts);
}

const content = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });

Deno.test("any stretch of an archive is the same as that of the whole, and every opened file is closed", async () => {
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.nat(5000),
      fc.nat(5000),
      fc.integer({ min: 1, max: 40 }),
      async (files, a, b, piece) => {
        const entries = files.map((bytes, index) => ({
          name: `文件 ${index}.bin`,
          size: bytes.length,
          crc32: crc32(bytes),
          modifiedAt: index * 1e11,
        }));
        const layout = zipLayout(entries);
        let open = 0;
        const openEntry = (index: number) => {
          open++;
          return Promise.resolve(memoryReader(files[index]!, { piece, onClose: () => open-- }));
        };
        const read = async (from: number, until: number) => {
          const reader = await openArchive(layout, { first: from, openEntry });
          try {
            return await readFrom(reader, { from, until, piece });
          } finally {
            reader.close();
          }
        };
        const whole = await read(0, layout.size);
        assert.equal(whole.length, layout.size);
        const [from, until] = [a, b].map((at) => at % (layout.size + 1)).sort((x, y) => x - y) as [
          number,
          number,
        ];
        assert.deepEqual(await read(from, until), whole.subarray(from, until));
        assert.equal(open, 0);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("names become safe and unique, whatever they were", () => {
  const part = fc.constantFrom(
    "a",
    "A",
    "é",
    "e\u0301",
    "中",
    "🎈",
    ".",
    " ",
    "/",
    "\\",
    "..",
    "con",
    "x".repeat(200),
    "\n",
    ":",
    ".jpg",
  );
  const name = fc.oneof(fc.string(), fc.array(part, { maxLength: 6 }).map((parts) => parts.join("")));
  fc.assert(fc.property(fc.array(name, { maxLength: 30 }), (names) => {
    const made = uniqueNames(names);
    assert.equal(new Set(made.map((one) => one.normalize("NFC").toLowerCase())).size, names.length);
    for (const one of made) {
      assert.ok(one.length > 0 && Buffer.byteLength(one) <= 255, one);
      assert.doesNotMatch(one, /[\\/:*?"<>|\n]|[. ]$|^(con|nul)(\.|$)/i);
      assert.ok(one.isWellFormed());
    }
  }));
  assert.deepEqual(uniqueNames(["a.jpg", "A.JPG", "a.jpg", "../a.jpg", "con.txt", "."]), [
    "a.jpg",
    "A (2).JPG",
    "a (3).jpg",
    ".._a.jpg",
    "_con.txt",
    "_",
  ]);
  assert.equal(new Set(uniqueNames(Array(10_000).fill("a.txt"))).size, 10_000);
});

/** Writes an archive whose files are all zeros, without writing these. */
async function writeSparse(path: string, entries: ZipEntry[]): Promise<number> {
  const layout = zipLayout(entries);
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writeAt = async (at: number, bytes: Uint8Array) => {
    await file.seek(at, Deno.SeekMode.Start);
    assert.equal(await file.write(bytes), bytes.length);
  };
  for (let index = 0; index < entries.length; index++) {
    await writeAt(layout.headerAt[index]!, localHeader(layout, index));
    await writeAt(layout.directoryAt[index]!, centralHeader(layout, index));
  }
  await writeAt(layout.directoryAt[entries.length]!, endOfDirectory(layout));
  const { size } = await file.stat();
  assert.equal(size, layout.size);
  return size;
}

const zeros = (name: string, size: number, crc = 0): ZipEntry => ({
  name,
  size,
  crc32: crc,
  modifiedAt: 1.7e12,
});

Deno.test({
  name: "files beyond 4 GiB, and files behind them, are found by Python's zipfile and by 7z",
  ignore: python3 === null || sevenZip === null,
  async fn() {
    await using dir = await tempDir();
    const small = crc32(new Uint8Array(1000));
    const entries = [
      zeros("first.bin", 1000, small),
      zeros("huge.bin", 5 * GIB),
      zeros("just.bin", 0xffffffff),
      zeros("behind 中文.bin", 1000, small),
    ];
    await writeSparse(dir.join("large.zip"), entries);
    const script = `
import zipfile, zlib
z = zipfile.ZipFile("large.zip")
print([(i.filename, i.file_size, i.date_time[:3]) for i in z.infolist()])
print(len(z.read("first.bin")), len(z.read("behind 中文.bin")))
`;
    const { code, text: stdout, stderr } = await runProgram(python3!, {
      args: ["-X", "utf8", "-c", script],
      cwd: dir.path,
    });
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      `[('first.bin', 1000, (2023, 11, 14)), ('huge.bin', ${
        5 * GIB
      }, (2023, 11, 14)), ('just.bin', 4294967295, (2023, 11, 14)), ('behind 中文.bin', 1000, (2023, 11, 14))]\n1000 1000\n`,
    );
    const test = await runProgram(sevenZip!, {
      args: ["t", "large.zip", "first.bin", "behind*"],
      cwd: dir.path,
    });
    assert.equal(test.code, 0, test.text);
    assert.match(test.text, /Everything is Ok/);
  },
});

Deno.test({
  name: "more than 65,535 files are found by Python's zipfile",
  ignore: python3 === null,
  async fn() {
    await using dir = await tempDir();
    await writeSparse(
      dir.join("many.zip"),
      Array.from({ length: 66_000 }, (_, index) => zeros(`f${index}`, 0)),
    );
    const script = `import zipfile; z = zipfile.ZipFile("many.zip"); print(len(z.namelist()), z.testzip())`;
    const { code, text: stdout, stderr } = await runProgram(python3!, {
      args: ["-X", "utf8", "-c", script],
      cwd: dir.path,
    });
    assert.deepEqual([code, stdout], [0, "66000 None\n"], stderr);
  },
});
