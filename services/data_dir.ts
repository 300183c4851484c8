/** The data directory: made when absent, owned by one process at a time. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** Held until it is disposed, or the process ends however it ends. */
export interface DataDirLock extends Disposable {
  readonly path: string;
  /** Says at which address its owner can be reached, for commands on the same machine. */
  publishAddress(address: string): Promise<void>;
  /** The number of the lowest file descriptor that this process has not open; null: none is free. */
  lowestDescriptor(): number | null;
}

/** Somebody else owns the directory. */
export class DataDirBusy extends Error {
  constructor(path: string) {
    super(
      `The data directory ${path} is in use by another Pawl process. Stop that one, or choose another directory with PAWL_DATA_DIR.`,
    );
    this.name = "DataDirBusy";
  }
}

/** It, or the database in it, cannot be made, read or written; the message says what to do. */
export class DataDirUnusable extends Error {
  constructor(path: string, cause: unknown, say?: string) {
    // What Deno advises is for those who call it themselves.
    const reason = (cause instanceof Error ? cause.message : String(cause)).replace(
      /(, run again with .*|\.)$/,
      "",
    );
    const advice = say ??
      (/not a database|malformed/.test(reason)
        ? "Put back a copy of the whole directory"
        : "See that Pawl may write there and that the disk is neither full nor read-only");
    super(
      `The data directory ${path} cannot be used: ${reason}. ${advice}, or choose another directory with PAWL_DATA_DIR.`,
      { cause },
    );
    this.name = "DataDirUnusable";
  }
}

/** Makes `path` (mode 0700) and locks it. Throws `DataDirBusy` when another process has it, `DataDirUnusable`. */
export async function lockDataDir(path: string): Promise<DataDirLock> {
  const file = await openLockFile(path).catch((error) => {
    throw new DataDirUnusable(path, error);
  });
  if (!await file.tryLock(true)) {
    file.close();
    throw new DataDirBusy(path);
  }
  await file.truncate(0); // The address of whoever had it before.
  return {
    path,
    async publishAddress(address) {
      await file.write(new TextEncoder().encode(address));
    },
    lowestDescriptor: () => lowestDescriptor(path),
    [Symbol.dispose]() {
      // Closing alone leaves the lock with a child process that is just being started, for as long as that takes.
      file.unlockSync();
      file.close();
    },
  };
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return await Deno.open(join(path, "lock"), { read: true, write: true, create: true, mode: 0o600 });
}

/** By opening the folder once more: what /proc says, only a process with all permissions may read. */
function lowestDescriptor(path: string): number | null {
  try {
    const descriptor = openSync(path, "r");
    closeSync(descriptor);
    return descriptor;
  } catch {
    return null;
  }
}

/**
 * Makes the file at `path` for its owner alone (mode 0600) when it is absent; throws when it may not be written. Not for
 * a file that SQLite has open: to close any descriptor of it would end its locks.
 */
export async function ensureWritable(path: string): Promise<void> {
  (await Deno.open(path, { write: true, create: true, mode: 0o600 })).close();
}

/** What stands in a data directory for as long as a restore into it has not ended. */
export const RESTORING = "restoring";

/** Throws `DataDirUnusable` while there is a restore into it that has not ended. */
export async function refuseUnfinished(path: string): Promise<void> {
  const isUnfinished = await Deno.stat(join(path, RESTORING)).then(() => true, () => false);
  if (!isUnfinished) return;
  throw new DataDirUnusable(
    path,
    "a restore into it has not ended",
    "Run the same deno task restore again",
  );
}

/** The address of the process that owns `path`, as it published it; null when it did not. */
export async function ownersAddress(path: string): Promise<string | null> {
  const address = await Deno.readTextFile(join(path, "lock"));
  return address === "" ? null : address;
}
