/** The files behind what was dropped, pasted or chosen, folders with all that is in them. */
import type { ChosenFile } from "../state/transfer.ts";

export interface Chosen {
  files: ChosenFile[];
  /** Files and folders that the browser could not read. */
  unreadable: number;
}

/**
 * Must be called while the event is being handled: the items are empty afterwards. What they led to is read in its
 * own time.
 */
export function droppedFiles({ items, files }: DataTransfer): Promise<Chosen> {
  const entries = [...items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry());
  if (entries.length === 0 || entries.includes(null)) return Promise.resolve(plainFiles(files));
  return readEntries(entries as FileSystemEntry[]);
}

/** Of a field; one for folders tells each file's path. */
export function plainFiles(files: Iterable<File>): Chosen {
  const chosen = [...files].map((file) => ({ file, folder: folderOf(file.webkitRelativePath ?? "") }));
  return { files: chosen, unreadable: 0 };
}

/** `a/b/c.txt` -> `a/b/` */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

async function readEntries(entries: FileSystemEntry[]): Promise<Chosen> {
  const chosen: Chosen = { files: [], unreadable: 0 };
  for (const entry of entries) {
    try {
      if (entry.isDirectory) {
        const below = await readEntries(await entriesOf(entry as FileSystemDirectoryEntry));
        chosen.files.push(...below.files);
        chosen.unreadable += below.unreadable;
      } else {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject)
        );
        chosen.files.push({ file, folder: folderOf(entry.fullPath.slice(1)) });
      }
    } catch {
      chosen.unreadable++;
    }
  }
  return chosen;
}

/** All of them: the browser hands them out a hundred at a time. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}

/** A picture from the clipboard is always called `image.png`: it gets the time as its name. */
export function pastedFile(file: File, name: string): File {
  if (!/^image\.\w+$/.test(file.name)) return file;
  return new File([file], name + file.name.slice(5), { type: file.type, lastModified: file.lastModified });
}
