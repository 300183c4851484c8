/** ZIPs of many and of huge files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AttachmentRecord, BlobRecord } from "../../services/model.ts";
import { putAttachment } from "../../services/records/attachments.ts";
import { keys } from "../../services/records/keys.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { archive, put } from "../support/archives.ts";
import { runProgram } from "../support/client_program.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const unzip = tool("unzip", import.meta.url);
const python3 = tool("python3", import.meta.url);
const sevenZip = tool("7z", import.meta.url);
const NO_LIMITS = { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } };

Deno.test({
  name: "a ZIP of 10,000 files comes whole",
  ignore: unzip === null || python3 === null || sevenZip === null,
  async fn() {
    await using app = await startApp({ pawlJson: NO_LIMITS });
    await using dir = await tempDir();
    const { records } = app.services.core;
    const first = await put(app, "file.txt", "the same bytes");
    const { value } = await records.get<AttachmentRecord>(keys.attachment(first));
    const ids = [first];
    while (ids.length < 10_000) {
      await records.transact((commit) => {
        for (let n = 0; n < 100 && ids.length < 10_000; n++) {
          const id = app.services.core.newAttachmentId();
          putAttachment(commit, { ...value!, id });
          ids.push(id);
        }
        return Promise.resolve();
      });
    }
    const { url, size, files } = await archive(app, ids);
    assert.equal(files, 10_000);
    const bytes = await (await app.request(url)).bytes();
    assert.equal(bytes.length, size);
    await Deno.writeFile(dir.join("a.zip"), bytes);
    const script = `import zipfile; z = zipfile.ZipFile("a.zip"); print(len(set(z.namelist())), z.testzip())`;
    const python = await runProgram(python3!, { args: ["-c", script], cwd: dir.path });
    assert.deepEqual([python.code, python.text], [0, "10000 None\n"], python.stderr);
    for (const [program, args] of [[unzip!, ["-tq", "a.zip"]], [sevenZip!, ["t", "a.zip"]]] as const) {
      const tested = await runProgram(program, { args: [...args], cwd: dir.path });
      assert.equal(tested.code, 0, tested.text + tested.stderr);
    }
    const more = await app.json("POST", "/api/v1/archives", { body: { ids: [...ids, "1"] } });
    assert.equal(more.status, 400);
  },
});

Deno.test({
  name:
    "a ZIP beyond 4 GiB is fetched at any byte, and a file at its end is found by unzip, Python's zipfile and 7z",
  ignore: unzip === null || python3 === null || sevenZip === null,
  async fn() {
    await using app = await startApp({ pawlJson: NO_LIMITS });
    await using dir = await tempDir();
    const size = 3 * 2 ** 30;
    const huge = await putSparse(app, "huge.bin", size);
    const ids = [huge, await putSparse(app, "more.bin", size), await put(app, "small.txt", "found")];
    const archived = await archive(app, ids);
    const whole = await app.request(archived.url, { method: "HEAD" });
    assert.equal(whole.headers.get("Content-Length"), String(archived.size));
    assert.ok(archived.size > 2 * size);

    // The zeros of the huge files stay where they are; all else is fetched.
    const path = dir.join("a.zip");
    await Deno.writeFile(path, new Uint8Array());
    await Deno.truncate(path, archived.size);
    using file = await Deno.open(path, { write: true });
    for (const [from, to] of [[0, 999], [size, size + 999], [2 * size, archived.size - 1]]) {
      const part = await app.request(archived.url, { headers: { Range: `bytes=${from}-${to}` } });
      assert.equal(part.headers.get("Content-Range"), `bytes ${from}-${to}/${archived.size}`);
      await file.seek(from!, Deno.SeekMode.Start);
      await file.write(await part.bytes());
    }
    const script = `import zipfile; z = zipfile.ZipFile("a.zip"); print(z.read("small.txt"), z.namelist())`;
    const python = await runProgram(python3!, { args: ["-c", script], cwd: dir.path });
    assert.deepEqual(
      [python.code, python.text],
      [0, "b'found' ['huge.bin', 'more.bin', 'small.txt']\n"],
      python.stderr,
    );
    const unzipped = await runProgram(unzip!, { args: ["-p", "a.zip", "small.txt"], cwd: dir.path });
    assert.deepEqual([unzipped.code, unzipped.text], [0, "found"], unzipped.stderr);
    const seven = await runProgram(sevenZip!, { args: ["t", "a.zip", "small.txt"], cwd: dir.path });
    assert.equal(seven.code, 0, seven.text);
  },
});

/** A file of zeros that takes no room; its digests are wrong. */
async function putSparse(app: TestApp, name: string, size: number): Promise<string> {
  const id = await put(app, name, `of its own: ${name}`);
  const { records } = app.services.core;
  await records.transact(async (commit) => {
    const attachment = (await records.get<AttachmentRecord>(keys.attachment(id))).value!;
    const blob = (await records.get<BlobRecord>(keys.blob(attachment.blobId))).value!;
    const segments = blob.segments.map((segment) => ({ ...segment, length: size }));
    commit.set(keys.attachment(id), { ...attachment, size }).set(keys.blob(blob.id), {
      ...blob,
      size,
      segments,
    });
    const [day, random] = blob.id.split("-");
    const path = join(app.config.dataDir, "blobs", day!, random!);
    await Deno.writeFile(path, new Uint8Array());
    await Deno.truncate(path, size);
  });
  return id;
}
