/** Each kind of damage is found, mended as far as it can be, and found no more. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { AttachmentRecord, BlobRecord, TokenRecord, UploadRecord } from "../../../services/model.ts";
import { keys } from "../../../services/records/keys.ts";
import { ADMIN, type TestApp } from "../../support/app.ts";
import { check, outline } from "../../support/check.ts";
import { fillStore, type FullStore, startFullApp } from "../../support/full_store.ts";
import { assertConsistent, cleanUp } from "../../support/store_check.ts";
import { completeUpload, contentOf, received } from "../../support/upload_calls.ts";

const KIB = 1024;
const HOUR = 3_600_000;

/** By hand, as no request would. */
async function change(app: TestApp, write: (commit: Deno.AtomicOperation) => void): Promise<void> {
  await app.services.core.records.transact((commit) => {
    write(commit);
    return Promise.resolve();
  });
}

async function read<T>(app: TestApp, key: Deno.KvKey): Promise<T> {
  return (await app.services.core.records.get<T>(key)).value!;
}

const attachment = (app: TestApp, id: string) => read<AttachmentRecord>(app, keys.attachment(id));
const upload = (app: TestApp, id: string) => read<UploadRecord>(app, keys.upload(id));
const blobOf = async (app: TestApp, id: string) =>
  await read<BlobRecord>(app, keys.blob((await attachment(app, id)).blobId));
const pathOf = (app: TestApp, id: string) => join(app.config.dataDir, "blobs", id.slice(0, 8), id.slice(9));

interface Case {
  /** Completes "is found". */
  what: string;
  damage(app: TestApp, store: FullStore): Promise<void>;
  /** Kinds that a check finds. */
  finds: string[];
  /** What mending says; default: all of it mended. */
  mends?: string[];
  /** What is found after that; default: nothing. */
  leaves?: string[];
  /** Only where all bytes are read. */
  bytes?: boolean;
  pictures?: boolean;
  /** What must hold then. */
  then?(app: TestApp, store: FullStore): Promise<void>;
}

const CASES: Case[] = [
  {
    what: "a blob without its file",
    damage: async (app, { deleted }) => await Deno.remove(pathOf(app, (await blobOf(app, deleted)).id)),
    finds: ["missing-bytes"],
    mends: ["missing-bytes marked"],
    leaves: ["damaged-bytes", "file-without-bytes"],
  },
  {
    what: "a blob whose file is too short, and that two files are on",
    damage: async (app, { file }) => await Deno.truncate(pathOf(app, (await blobOf(app, file)).id), 3),
    finds: ["missing-bytes"],
    mends: ["missing-bytes marked"],
    leaves: ["damaged-bytes", "file-without-bytes", "file-without-bytes"],
  },
  {
    what: "a blob with other bytes, when they are read,",
    damage: async (app, { file }) =>
      await Deno.writeTextFile(pathOf(app, (await blobOf(app, file)).id), "the fool"),
    bytes: true,
    finds: ["different-bytes"],
    mends: ["different-bytes marked"],
    leaves: ["damaged-bytes", "file-without-bytes", "file-without-bytes"],
  },
  {
    what: "a blob that is marked as damaged and right again",
    async damage(app, { file }) {
      const blob = await blobOf(app, file);
      await change(
        app,
        (commit) =>
          commit.set(keys.blob(blob.id), { ...blob, state: "damaged" }).set(keys.blobDamaged(blob.id), {
            triedWith: null,
          }).delete(keys.blobBySha256(blob.sha256!)),
      );
    },
    finds: ["file-without-bytes", "file-without-bytes", "healed-bytes"],
    mends: ["file-without-bytes left", "file-without-bytes left", "healed-bytes mended"],
  },
  {
    what: "a condemned blob without its file",
    async damage(app, { deleted }) {
      const { id } = await blobOf(app, deleted);
      await app.request(`/api/v1/attachments/${deleted}?permanent=true`, { method: "DELETE" });
      await Deno.remove(pathOf(app, id));
    },
    finds: ["missing-bytes"],
  },
  {
    what: "a file whose blob has no record, though its bytes are there,",
    async damage(app, { file }) {
      const { id, sha256 } = await blobOf(app, file);
      await change(app, (commit) => commit.delete(keys.blob(id)).delete(keys.blobBySha256(sha256!)));
    },
    finds: ["missing-blob", "missing-blob"],
    mends: ["missing-blob mended", "wrong-count mended"],
    async then(app, { file, equal }) {
      for (const id of [file, equal]) {
        assert.equal(await (await app.request(`/api/v1/attachments/${id}/content`)).text(), "the file");
      }
    },
  },
  {
    what: "a file whose blob has no record and no bytes",
    async damage(app, { shared }) {
      const { id, sha256 } = await blobOf(app, shared);
      await change(app, (commit) => commit.delete(keys.blob(id)).delete(keys.blobBySha256(sha256!)));
      await Deno.remove(pathOf(app, id));
    },
    finds: ["missing-blob"],
    mends: ["missing-blob marked"],
    leaves: ["damaged-bytes", "file-without-bytes"],
  },
  {
    what: "a file whose blob is gone, though its bytes were sent again,",
    async damage(app, { shared }) {
      const { id } = await blobOf(app, shared);
      await change(app, (commit) => commit.delete(keys.blob(id)));
      await Deno.remove(pathOf(app, id));
      await app.request("/api/v1/files/again.txt", { method: "PUT", body: "shared" });
    },
    finds: ["missing-blob"],
    async then(app, { shared }) {
      assert.equal(await (await app.request(`/api/v1/attachments/${shared}/content`)).text(), "shared");
    },
  },
  {
    what: "a file whose bytes are being removed",
    async damage(app, { shared }) {
      const blob = await blobOf(app, shared);
      await change(
        app,
        (commit) =>
          commit.set(keys.blob(blob.id), { ...blob, state: "deleting", refs: 0, sweepAt: app.clock + HOUR })
            .set(keys.blobSweep(app.clock + HOUR, blob.id), blob.id).delete(keys.blobBySha256(blob.sha256!)),
      );
    },
    finds: ["file-without-bytes"],
    async then(app, { shared }) {
      await cleanUp(app, { hours: 2 });
      assert.equal(await (await app.request(`/api/v1/attachments/${shared}/content`)).text(), "shared");
    },
  },
  {
    what: "a file that says something else than its blob",
    async damage(app, { shared }) {
      const record = await attachment(app, shared);
      await change(app, (commit) => commit.set(keys.attachment(shared), { ...record, size: 7 }));
    },
    finds: ["wrong-state"],
    mends: ["wrong-state left"],
    leaves: ["wrong-state"],
  },
  {
    what: "bytes without a record",
    async damage(app, { shared }) {
      const { id } = await blobOf(app, shared);
      const path = pathOf(app, `${id.slice(0, 8)}-${"0".repeat(32)}`);
      await Deno.writeTextFile(path, "nobody's");
      const old = new Date(app.clock - 2 * HOUR);
      await Deno.utime(path, old, old);
    },
    finds: ["stray-bytes"],
  },
  {
    what: "a mark of an upload that nobody knows",
    async damage(app) {
      const path = join(app.config.dataDir, "begun", "20260101-0123456789abcdef");
      await Deno.writeTextFile(path, "");
      const old = new Date(app.clock - 2 * HOUR);
      await Deno.utime(path, old, old);
    },
    finds: ["stray-mark"],
    async then(app) {
      await assert.rejects(Deno.stat(join(app.config.dataDir, "begun", "20260101-0123456789abcdef")));
    },
  },
  {
    what: "a blob with too many references",
    async damage(app, { file }) {
      const blob = await blobOf(app, file);
      await change(app, (commit) => commit.set(keys.blob(blob.id), { ...blob, refs: 5 }));
    },
    finds: ["wrong-count"],
  },
  {
    what: "a blob that would go although files are on it",
    async damage(app, { file }) {
      const blob = await blobOf(app, file);
      await change(
        app,
        (commit) =>
          commit.set(keys.blob(blob.id), { ...blob, refs: 0, state: "condemned", sweepAt: app.clock })
            .set(keys.blobSweep(app.clock, blob.id), blob.id),
      );
    },
    finds: ["wrong-count"],
  },
  {
    what: "a blob that nothing refers to",
    async damage(app, { shared }) {
      const { id } = await blobOf(app, shared);
      const blob = await read<BlobRecord>(app, keys.blob(id));
      await app.request(`/api/v1/attachments/${shared}?permanent=true`, { method: "DELETE" });
      const { sweepAt } = await read<BlobRecord>(app, keys.blob(id));
      await change(app, (commit) => commit.set(keys.blob(id), blob).delete(keys.blobSweep(sweepAt!, id)));
    },
    finds: ["wrong-count"],
  },
  {
    what: "a blob that is never swept",
    async damage(app, { shared }) {
      const { id } = await blobOf(app, shared);
      await app.request(`/api/v1/attachments/${shared}?permanent=true`, { method: "DELETE" });
      const blob = await read<BlobRecord>(app, keys.blob(id));
      await change(
        app,
        (commit) =>
          commit.set(keys.blob(id), { ...blob, sweepAt: null }).delete(keys.blobSweep(blob.sweepAt!, id)),
      );
    },
    finds: ["wrong-state"],
  },
  {
    what: "a blob that is missing among those to be swept",
    async damage(app, { shared }) {
      const { id } = await blobOf(app, shared);
      await app.request(`/api/v1/attachments/${shared}?permanent=true`, { method: "DELETE" });
      const { sweepAt } = await read<BlobRecord>(app, keys.blob(id));
      await change(app, (commit) => commit.delete(keys.blobSweep(sweepAt!, id)));
    },
    finds: ["missing-entry"],
  },
  {
    what: "an entry by content that leads to other content, to nothing and to damaged bytes",
    async damage(app, { file, shared }) {
      const [blob, other] = [await blobOf(app, file), await blobOf(app, shared)];
      await change(
        app,
        (commit) =>
          commit.set(keys.blobBySha256(blob.sha256!), other.id).set(
            keys.blobBySha256("f".repeat(64)),
            "none",
          ),
      );
    },
    finds: ["stale-entry", "stale-entry"],
    async then(app, { file }) {
      // It comes back with the next file of this content, which is stored anew.
      await app.request(`/api/v1/attachments/${file}?permanent=true`, { method: "DELETE" });
    },
  },
  {
    what: "a file that lists do not show",
    async damage(app, { shared, deleted, binned }) {
      const records = await Promise.all([shared, deleted, binned].map((id) => attachment(app, id)));
      await change(app, (commit) => {
        commit.delete(keys.attachmentByOwner("alice", "live", shared));
        commit.delete(keys.attachmentByName("alice", "shared.txt", shared));
        commit.delete(keys.attachmentDeleted(records[1]!.deletedAt!, deleted));
        commit.delete(keys.attachmentBinned(records[2]!.binnedAt!, binned));
      });
    },
    finds: ["missing-entry", "missing-entry", "missing-entry"],
  },
  {
    what: "an entry of a file that is gone, and one of a name that it no longer has,",
    damage: (app, { shared, equal }) =>
      change(app, (commit) => {
        commit.set(keys.attachmentByOwner("alice", "live", "99"), true);
        commit.set(keys.attachmentByName("alice", "old.txt", shared), true);
        commit.set(keys.attachmentDeleted(5, equal), true);
        commit.set(["attachment_by_owner", "alice", "live", "no number"], true);
        commit.set(keys.downloadCount("99"), 3);
      }),
    finds: ["leftover", "stale-entry", "stale-entry", "stale-entry", "stale-entry"],
  },
  {
    what: "an open upload whose acknowledged bytes are lost",
    damage: async (app, { open }) =>
      await Deno.truncate(pathOf(app, (await upload(app, open)).blobId), 6 * KIB),
    finds: ["lost-chunk"],
    async then(app, { open, bytes }) {
      assert.deepEqual(await received(app, open), [{ offset: 0, size: 4 * KIB }]);
      const path = `/api/v1/uploads/${open}/chunks/4096`;
      const rest = bytes.slice(4 * KIB);
      const put = await app.request(path, {
        method: "PUT",
        body: rest,
        headers: { "Content-Length": `${rest.length}` },
      });
      assert.equal(put.status, 200, await put.text());
    },
  },
  {
    what: "an open upload with other bytes than acknowledged, when they are read,",
    async damage(app, { open }) {
      using file = await Deno.open(pathOf(app, (await upload(app, open)).blobId), { write: true });
      await file.seek(5 * KIB, Deno.SeekMode.Start);
      await file.write(new Uint8Array(10));
    },
    bytes: true,
    finds: ["lost-chunk"],
    async then(app, { open }) {
      assert.deepEqual(await received(app, open), [{ offset: 0, size: 4 * KIB }, {
        offset: 12 * KIB,
        size: 4 * KIB,
      }]);
    },
  },
  {
    what: "an open upload whose blob has no record",
    async damage(app, { open }) {
      const { blobId } = await upload(app, open);
      await change(app, (commit) => commit.delete(keys.blob(blobId)));
    },
    finds: ["missing-blob"],
  },
  {
    what: "an open upload that its owner's list does not show, and that would never expire",
    async damage(app, { open }) {
      const { createdAt } = await upload(app, open);
      const looks = await app.services.core.records.page(keys.uploadsByExpiry(), { limit: 100 });
      await change(app, (commit) => {
        commit.delete(keys.uploadByOwner("alice", createdAt, open));
        commit.delete(looks.find(({ key }) => key[2] === open)!.key);
      });
    },
    finds: ["missing-entry", "missing-entry"],
  },
  {
    what: "bytes of an upload that is gone",
    async damage(app, { open }) {
      const { createdAt } = await upload(app, open);
      const looks = await app.services.core.records.page(keys.uploadsByExpiry(), { limit: 100 });
      await change(app, (commit) => {
        commit.delete(keys.upload(open)).delete(keys.uploadByOwner("alice", createdAt, open));
        commit.delete(looks.find(({ key }) => key[2] === open)!.key);
      });
    },
    // Its share of the limits is that of an upload of this run, which may be stored yet.
    finds: ["abandoned-bytes", "leftover", "stale-entry", "stale-entry"],
  },
  {
    what: "what an ended upload has left behind",
    damage: (app, { ended }) =>
      change(app, (commit) => {
        commit.set(keys.uploadChunk(ended, 0), { size: 4, sha256: "", writer: "" });
        commit.set(keys.uploadActivity(ended), { at: 1 });
        commit.set(
          keys.uploadBySha256("alice", "b".repeat(64), { size: 1, businessType: "General" }),
          "gone",
        );
      }),
    finds: ["leftover", "leftover", "stale-entry"],
  },
  {
    what: "an open upload whose chunks would be deleted",
    damage: (app, { open }) => change(app, (commit) => commit.set(keys.uploadLeftover(open), true)),
    finds: ["leftover"],
    async then(app, { open }) {
      assert.equal((await received(app, open)).length, 2);
    },
  },
  {
    what: "a part without a record, whose bytes a file is made of,",
    async damage(app, { joined }) {
      const [part] = (await blobOf(app, joined)).parts!;
      await change(app, (commit) => commit.delete(keys.blob(part!)));
    },
    finds: ["missing-blob"],
    mends: ["missing-blob mended", "wrong-count mended"],
    async then(app, { joined }) {
      assert.equal((await contentOf(app, { url: `/api/v1/attachments/${joined}/content` })).length, 2100);
    },
  },
  {
    what: "a part that does not know what is made of it, and one that knows of what is gone,",
    async damage(app, { joined, file }) {
      const { id, parts } = await blobOf(app, joined);
      const other = await blobOf(app, file);
      await change(app, (commit) => {
        commit.delete(keys.blobUser(parts![0]!, id));
        commit.set(keys.blobUser(other.id, "20260101-" + "0".repeat(32)), "upload");
        commit.set(keys.blob(other.id), { ...other, refs: other.refs + 1 });
      });
    },
    finds: ["leftover", "missing-entry", "wrong-count"],
    mends: ["leftover mended", "missing-entry mended"],
  },
  {
    what: "a link that cannot be found, one of nothing, and a wrong number of links",
    async damage(app, { token, file }) {
      const record = await read<TokenRecord>(app, keys.token(token));
      await change(app, (commit) => {
        commit.delete(keys.tokenByHash(record.hash));
        commit.set(keys.tokenByHash("none"), "none");
        commit.set(keys.tokenCount(file), 7);
      });
    },
    finds: ["missing-entry", "stale-entry", "wrong-count"],
  },
  {
    what: "links of a file that is gone",
    damage: (app) => change(app, (commit) => commit.set(keys.tokenCount("99"), 1)),
    finds: ["wrong-count"],
  },
  {
    what: "a share of the limits that no upload has",
    async damage(app) {
      const share = { ownerId: "bob", slot: "x", charged: [], session: false, run: "an earlier one" };
      await change(app, (commit) => commit.set(keys.limitsShare("bob", "x"), share));
    },
    finds: ["leftover"],
  },
  {
    what: "a variant without bytes",
    pictures: true,
    async damage(app) {
      const [variant] = await app.services.core.records.page<{ blobId: string }>(["variant"], { limit: 1 });
      await Deno.remove(pathOf(app, variant!.value.blobId));
    },
    finds: ["stray-variant"],
  },
  {
    what: "a variant without its picture",
    pictures: true,
    async damage(app) {
      const [variant] = await app.services.core.records.page(["variant"], { limit: 1 });
      const { key, value } = variant!;
      await change(app, (commit) => commit.set(["variant", "c".repeat(64), key[2]!], value).delete(key));
    },
    finds: ["stray-variant"],
  },
];

for (const { what, damage, finds, mends, leaves = [], bytes = false, pictures = false, then } of CASES) {
  Deno.test(`${what} is found, and mended as far as it can be`, async () => {
    await using app = await startFullApp();
    const store = await fillStore(app, { pictures });
    await damage(app, store);
    const before = finds.map((kind) => `${kind} left`).sort();
    assert.deepEqual(outline(await check(app, { bytes })), before);
    assert.deepEqual(outline(await check(app, { bytes })), before, "a look changes nothing");
    const mended = await check(app, { bytes, mend: true });
    assert.deepEqual(
      outline(mended),
      mends ?? finds.map((kind) => `${kind} mended`).sort(),
      JSON.stringify(mended.findings),
    );
    assert.deepEqual(outline(await check(app, { bytes })), leaves.map((kind) => `${kind} left`).sort());
    const { body: { items } } = await app.json("GET", "/api/v1/admin/audit?action=store.mend", {
      user: ADMIN,
    });
    const did = mended.findings.filter(({ state }) => state !== "left").length;
    assert.equal(items.filter(({ actor }: { actor: { id: string } }) => actor.id === ADMIN.sub).length, did);
    await then?.(app, store);
  });
}

Deno.test("nothing is wrong with a store that holds something of every kind, however old", async () => {
  await using app = await startFullApp();
  const { open } = await fillStore(app, { pictures: true });
  const { findings, report } = await check(app, { bytes: true });
  assert.deepEqual(findings, []);
  assert.deepEqual([report.lookedAt.files, report.lookedAt.blobs, report.lookedAt["stored bytes"]], [
    8,
    11,
    10,
  ]);
  assert.equal((await completeUpload(app, open)).status, 409);
  await cleanUp(app, { hours: 24 * 40 });
  assert.deepEqual((await check(app, { bytes: true, mend: true })).findings, []);
  await assertConsistent(app);
});
