/** A directory to make a backup in, or to restore one from: whose it is, and that nobody else works on it. */
import { resolve, sep } from "node:path";
import { type Layout, layoutOf } from "./layout.ts";

export interface OpenBackup extends Disposable {
  layout: Layout;
}

/** Makes it when it is absent. Throws with a sentence when it is something else, or another command works on it. */
export async function openToWrite(path: string, dataDir: string): Promise<OpenBackup> {
  const root = resolve(path);
  const inside = (inner: string, outer: string) => inner === outer || inner.startsWith(outer + sep);
  if (inside(root, dataDir) || inside(dataDir, root)) {
    throw new Error(`A backup needs a directory of its own, neither in ${dataDir} nor around it.`);
  }
  const layout = layoutOf(root);
  await Deno.mkdir(root, { recursive: true, mode: 0o700 });
  const names = (await Array.fromAsync(Deno.readDir(root))).map(({ name }) => name);
  if (!names.includes("pawl-backup")) {
    if (names.length > 0) {
      throw new Error(`${root} holds something that is no backup of Pawl. Name an empty directory.`);
    }
    await Deno.writeTextFile(layout.marker, "", { mode: 0o600 });
  }
  return await locked(layout);
}

/** Throws with a sentence when there is none. */
export async function openToRead(path: string): Promise<OpenBackup> {
  const layout = layoutOf(resolve(path));
  const isThere = await Deno.stat(layout.marker).then(() => true, () => false);
  if (!isThere) throw new Error(`There is no backup of Pawl in ${layout.root}.`);
  return await locked(layout);
}

async function locked(layout: Layout): Promise<OpenBackup> {
  const lock = await Deno.open(layout.lock, { write: true, create: true, mode: 0o600 });
  if (!await lock.tryLock(true)) {
    lock.close();
    throw new Error(`Another command works on ${layout.root}. Wait until it has ended.`);
  }
  return { layout, [Symbol.dispose]: () => lock.close() };
}
