/** The data directory: made when absent, owned by one process at a time. */
import { join } from "node:path";

/** Held until it is disposed, or the process ends however it ends. */
export interface DataDirLock extends Disposable {
  readonly path: string;
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

/** Makes `path` (mode 0700) and locks it. Throws `DataDirBusy` when another process has it. */
export async function lockDataDir(path: string): Promise<DataDirLock> {
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  const file = await Deno.open(join(path, "lock"), { read: true, write: true, create: true, mode: 0o600 });
  if (!await file.tryLock(true)) {
    file.close();
    throw new DataDirBusy(path);
  }
  return { path, [Symbol.dispose]: () => file.close() };
}
