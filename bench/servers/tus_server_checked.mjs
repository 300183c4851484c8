// @tus/server with @tus/file-store, and around their store what Pawl promises besides: each body is compared with its
// Upload-Checksum, the SHA-256 of the whole file is known at its end, and what was acknowledged is on stable storage,
// with its name. As cheaply as their interface lets one: hashes take the bytes as they pass, nothing is read again.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { open, truncate } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const CHECKSUM_MISMATCH = { status_code: 460, body: "Checksum Mismatch\n" };
const requests = new AsyncLocalStorage();

class CheckedStore extends FileStore {
  // The hash of the whole file, by id, from its creation to its end.
  #hashes = new Map();
  // Uploads whose files are not known to be on stable storage yet.
  #unnamed = new Set();
  #directorySync = null;
  #nextDirectorySync = null;

  async create(upload) {
    const created = await super.create(upload);
    this.#hashes.set(upload.id, createHash("sha256"));
    this.#unnamed.add(upload.id);
    if (!requests.getStore().hasBody) await this.#syncName(upload.id);
    return created;
  }

  async write(readable, id, offset) {
    const path = this.resolve(id);
    const { checksum } = requests.getStore();
    const body = checksum === undefined ? null : createHash("sha256");
    const whole = this.#hashes.get(id).copy();
    readable.on("data", (bytes) => {
      body?.update(bytes);
      whole.update(bytes);
    });
    const end = await super.write(readable, id, offset);
    if (body && body.digest("base64") !== checksum) {
      await truncate(path, offset);
      throw CHECKSUM_MISMATCH;
    }
    await Promise.all([sync(path), this.#unnamed.has(id) ? this.#syncName(id) : null]);
    this.#hashes.set(id, whole);
    return end;
  }

  finish(id) {
    const digest = this.#hashes.get(id).digest("base64");
    this.#hashes.delete(id);
    return digest;
  }

  async #syncName(id) {
    const path = this.resolve(id);
    await Promise.all([sync(`${path}.json`), this.#syncDirectory(dirname(path))]);
    this.#unnamed.delete(id);
  }

  // One for all who ask while another one runs.
  #syncDirectory(directory) {
    const run = () => sync(directory, "r").finally(() => this.#directorySync = null);
    if (!this.#directorySync) return this.#directorySync = run();
    return this.#nextDirectorySync ??= this.#directorySync.catch(() => {}).then(() => {
      this.#nextDirectorySync = null;
      return this.#directorySync = run();
    });
  }
}

async function sync(path, flags = "r+") {
  const file = await open(path, flags);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

const store = new CheckedStore({ directory: process.argv[2] });
const server = new Server({
  path: "/files",
  datastore: store,
  onUploadFinish: (_request, { id }) =>
    Promise.resolve({ headers: { "Repr-Digest": `sha-256=:${store.finish(id)}:` } }),
});
const listener = createServer((request, response) => {
  const [, checksum] = /^sha256 (\S+)$/.exec(request.headers["upload-checksum"] ?? "") ?? [];
  const hasBody = request.headers["content-type"] !== undefined;
  return requests.run({ checksum, hasBody }, () => server.handle(request, response));
});
listener.listen(0, "127.0.0.1", () => console.log(`ready ${listener.address().port}`));
