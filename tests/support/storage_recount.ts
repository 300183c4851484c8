/** What is stored, counted from outside: by the lists of the API, by downloads, and by the files on the disk. */
import assert from "node:assert/strict";
import { adminGet, adminPages } from "./admin.ts";
import { ADMIN, type TestApp } from "./app.ts";
import { storedSizes } from "./upload_calls.ts";

interface Listed {
  ownerId: string;
  size: number;
  sha256: string;
  variants: Record<string, { url: string }>;
}

const bytesOf = (files: { size: number }[]) => files.reduce((sum, { size }) => sum + size, 0);

/** Waits for background work, then fails where the last report is not what is found. Nothing may have changed since the count. */
export async function assertReportRight(app: TestApp): Promise<void> {
  await app.services.core.background.settled();
  const list = async (state: string): Promise<Listed[]> =>
    (await adminPages(app, `attachments?state=${state}`)).items;
  const [live, deleted, binned] = [await list("live"), await list("deleted"), await list("binned")];
  const contents = Map.groupBy([...live, ...deleted, ...binned], ({ sha256 }) => sha256);
  const uploads = (await adminPages(app, "uploads")).items;
  const { asOf: _asOf, growth, disk, ...report } = await adminGet(app, "storage");

  const { blobs, storedBytes, variants, variantBytes, condemnedBytes, uploadBytes, ...others } = report;
  assert.deepEqual(others, {
    complete: true,
    files: live.length,
    fileBytes: bytesOf(live),
    deletedFiles: deleted.length,
    deletedBytes: bytesOf(deleted),
    binnedFiles: binned.length,
    binnedBytes: bytesOf(binned),
    savedBytes: [...contents.values()].reduce((sum, equal) => sum + bytesOf(equal.slice(1)), 0),
    damagedBlobs: 0,
    uploads: uploads.length,
  });
  assert.equal(uploadBytes, uploads.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0));
  const onDisk = (await storedSizes(app)).reduce((sum, size) => sum + size, 0);
  assert.equal(storedBytes + variantBytes + condemnedBytes + uploadBytes, onDisk, "bytes on the disk");
  assert.deepEqual({ variants, variantBytes }, await madeVariants(app, [...contents.values()]));
  assert.ok(blobs >= contents.size, "other contents than files are parts of files");
  assert.ok(disk.totalBytes > disk.freeBytes && disk.freeBytes > disk.reserveBytes);
  assert.deepEqual(growth.at(-1), {
    day: new Date(app.clock).toISOString().slice(0, 10),
    files: live.length,
    fileBytes: bytesOf(live),
    storedBytes,
  });

  const owners = Map.groupBy([...live, ...deleted, ...binned, ...uploads], ({ ownerId }) => ownerId);
  const usage = (await adminPages(app, "usage?sort=name")).items;
  assert.deepEqual(usage.map(({ ownerId }) => ownerId), [...owners.keys()].sort());
  for (const { ownerId, uploadsNow: _uploads, bytesToday: _bytes, limited: _limited, ...figures } of usage) {
    const of = (files: Listed[]) => files.filter((file) => file.ownerId === ownerId);
    assert.deepEqual(figures, {
      files: of(live).length,
      bytes: bytesOf(of(live)),
      deletedFiles: of(deleted).length,
      deletedBytes: bytesOf(of(deleted)),
      binnedFiles: of(binned).length,
      binnedBytes: bytesOf(of(binned)),
    }, ownerId);
  }
}

/** Of the thumbnails that there are, once for each content. */
async function madeVariants(app: TestApp, contents: Listed[][]) {
  const made = { variants: 0, variantBytes: 0 };
  for (const [file] of contents) {
    const thumbnail = file!.variants.thumbnail;
    if (!thumbnail) continue;
    const response = await app.request(thumbnail.url, { user: ADMIN });
    assert.equal(response.status, 200);
    made.variants++;
    made.variantBytes += (await response.bytes()).length;
  }
  return made;
}
