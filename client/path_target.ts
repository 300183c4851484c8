/**
 * A download into a file by path: written to `<path>.part`, with the version it belongs to in `<path>.part.json`, and
 * renamed when it is whole. What a stopped or killed run leaves is gone on with.
 */
import type { FileHandle } from "node:fs/promises";
import { destinationError, type DownloadTarget, type Saved } from "./download_target.ts";
import { PawlError } from "./errors.ts";
import { fileModules } from "./file_modules.ts";
import type { Bytes } from "./read_body.ts";
import type { RemoteFacts } from "./remote_file.ts";
import { isSameVersion } from "./remote_file.ts";
import { safeName } from "./saved_name.ts";

const READ_BYTES = 1024 * 1024;

/** `to`: a file, or an existing folder. Throws `unsupported` in browsers. */
export function pathTarget(to: string, { overwrite }: { overwrite: boolean }): DownloadTarget {
  const { fs, path } = fileModules();
  let target: string | null = null;
  let file: FileHandle | null = null;
  let position = 0;

  const part = () => `${target}.part`;
  const state = () => `${target}.part.json`;

  async function isFolder(): Promise<boolean> {
    if (/[\\/]$/.test(to)) return true;
    return await fs.stat(to).then((facts) => facts.isDirectory(), () => false);
  }

  async function choose(chosen: string): Promise<void> {
    if (!overwrite && await fs.stat(chosen).then(() => true, () => false)) {
      throw new PawlError("destination", `There is a file ${chosen} already.`);
    }
    target = chosen;
  }

  async function readSaved(): Promise<Saved | null> {
    try {
      const { etag, lastModified } = JSON.parse(await fs.readFile(state(), "utf8"));
      const { size } = await fs.stat(part());
      return size > 0 ? { etag: etag ?? null, lastModified: lastModified ?? null, size } : null;
    } catch {
      return null; // Nothing there, or nothing that can be trusted.
    }
  }

  async function openPart(facts: RemoteFacts, size: number): Promise<void> {
    const { etag, lastModified } = facts;
    await fs.writeFile(state(), JSON.stringify({ etag, lastModified }));
    file = await fs.open(part(), size > 0 ? "r+" : "w+");
    await file.truncate(size);
    position = size;
  }

  async function close(): Promise<void> {
    await file?.close().catch(() => {});
    file = null;
  }

  async function remove(): Promise<void> {
    await close();
    if (target === null) return;
    await fs.rm(part(), { force: true }).catch(() => {});
    await fs.rm(state(), { force: true }).catch(() => {});
  }

  /** A link fails when somebody was faster; not every file system has links. */
  async function moveIntoPlace(): Promise<void> {
    if (overwrite) return await fs.rename(part(), target!);
    try {
      await fs.link(part(), target!);
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === "EEXIST") throw new PawlError("destination", `There is a file ${target} already.`);
      return await fs.rename(part(), target!);
    }
    await fs.rm(part());
  }

  /** Runs `work`; what the file system says becomes `destination`. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw destinationError(cause);
    }
  }

  return {
    saved: () =>
      guarded(async () => {
        if (target === null && await isFolder()) return null;
        await choose(target ?? to);
        return await readSaved();
      }),
    begin: (facts, size) =>
      guarded(async () => {
        if (target === null) {
          await choose(path.join(to, safeName(facts.fileName)));
          const found = await readSaved();
          if (found && isSameVersion(found, facts) && found.size <= (facts.size ?? 0)) size = found.size;
        }
        await openPart(facts, size);
        return size;
      }),
    async *read(size) {
      const bytes = new Uint8Array(READ_BYTES);
      for (let start = 0; start < size;) {
        const { bytesRead } = await guarded(() =>
          file!.read(bytes, 0, Math.min(READ_BYTES, size - start), start)
        );
        if (bytesRead === 0) throw destinationError(new Error(`${part()} has become shorter`));
        start += bytesRead;
        yield bytes.subarray(0, bytesRead) as Bytes;
      }
    },
    write: (bytes) =>
      guarded(async () => {
        for (let done = 0; done < bytes.length;) {
          const { bytesWritten } = await file!.write(bytes, done, bytes.length - done, position);
          done += bytesWritten;
          position += bytesWritten;
        }
      }),
    finish: () =>
      guarded(async () => {
        await file!.sync();
        await close();
        await moveIntoPlace();
        await fs.rm(state(), { force: true });
        return path.resolve(target!);
      }),
    restart: remove,
    keep: close,
    discard: remove,
  };
}
