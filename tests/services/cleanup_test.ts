/** The clean-up steps against what they cannot remove. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AttachmentRecord } from "../../services/model.ts";
import { sweepBlobs } from "../../services/cleanup.ts";
import { keys } from "../../services/records/keys.ts";
import { startApp, type TestApp } from "../support/app.ts";

/** Stores a file, deletes it for good, and gives the path of its bytes. */
async function condemned(app: TestApp, content: string): Promise<string> {
  const stored = await app.request("/api/v1/files/a.txt", { method: "PUT", body: content });
  const { id } = await stored.json();
  const { value } = await app.services.core.records.get<AttachmentRecord>(keys.attachment(id));
  await app.request(`/api/v1/attachments/${id}?permanent=true`, { method: "DELETE" });
  const [day, random] = value!.blobId.split("-");
  return join(app.config.dataDir, "blobs", day!, random!);
}

Deno.test("bytes that cannot be removed keep no others from being removed, and are tried again", async () => {
  await using app = await startApp();
  const stuck = await condemned(app, "first");
  const other = await condemned(app, "second");
  app.clock += app.config.blobs.graceMinutes * 60_000 + 1000;
  await Deno.remove(stuck);
  await Deno.mkdir(join(stuck, "not to be removed"), { recursive: true });

  await assert.rejects(sweepBlobs(app.services.core), { code: "storage-unavailable" });
  await assert.rejects(Deno.stat(other), Deno.errors.NotFound);

  await Deno.remove(stuck, { recursive: true });
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 1, more: false });
  assert.deepEqual(await sweepBlobs(app.services.core), { removed: 0, more: false });
});
