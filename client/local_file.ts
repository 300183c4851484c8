/** Files by path, in Deno and Node. */
import type { FileHandle } from "node:fs/promises";
import { PawlError } from "./errors.ts";
import { fileModules } from "./file_modules.ts";
import type { RandomAccessSource } from "./upload_types.ts";

/** A file that is open for reading. Close it when its upload has ended. */
export interface OpenedFile extends RandomAccessSource, AsyncDisposable {
  readonly name: string;
  close(): Promise<void>;
}

/**
 * Opens a regular file for `upload`; changes to it while it is open are noticed. In Deno it needs read permission.
 * Throws `PawlError`: `source-unreadable` when it cannot be opened or is no file, `unsupported` in browsers.
 */
export async function openFile(path: string | URL): Promise<OpenedFile> {
  const modules = fileModules();
  const name = modules.path.basename(path instanceof URL ? modules.url.fileURLToPath(path) : path);
  let file: FileHandle | null = null;
  try {
    file = await modules.fs.open(path, "r");
    const facts = await file.stat();
    if (!facts.isFile()) throw new Error(`${path} is not a regular file`);
    return opened(file, { name, size: facts.size });
  } catch (cause) {
    await file?.close();
    throw new PawlError(
      "source-unreadable",
      `The file ${path} cannot be opened: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function opened(file: FileHandle, { name, size }: { name: string; size: number }): OpenedFile {
  const close = () => file.close();
  return {
    name,
    size,
    async read(start, end) {
      const bytes = new Uint8Array(end - start);
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled === bytes.length ? bytes : bytes.slice(0, filled);
    },
    async version() {
      const { size, mtimeMs, ino } = await file.stat({ bigint: false });
      return `${size} ${mtimeMs} ${ino}`;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
