/** What a caller may see of the downloads folder. */
import type { Config } from "../../config/config.ts";
import type { Caller } from "../model.ts";
import { allows, refusal } from "../policy.ts";
import { type FolderEntry, type FolderFile, lookInto } from "./folder.ts";
import { audienceOf, downloadType, pathSegments, savedName } from "./rules.ts";

export interface ListedEntry extends FolderEntry {
  /** Media type; null of a folder. */
  contentType: string | null;
}

export interface DownloadableFile extends FolderFile {
  contentType: string;
  /** The name under which it is saved. */
  savedAs: string;
}

export interface SeenFolder {
  kind: "folder";
  path: string[];
  entries: ListedEntry[];
  /** The folder holds more than can be listed. */
  more: boolean;
}

export type Seen = SeenFolder | { kind: "file"; file: DownloadableFile };

interface Context {
  config: Pick<Config, "downloads">;
  now: number;
}

/**
 * `path` is relative to the folder, already percent-decoded; "" is the folder itself. Throws `not-found`, and
 * `unauthenticated` when signing in may help.
 */
export async function seeDownloads(
  { config: { downloads }, now }: Context,
  caller: Caller | null,
  path: string,
): Promise<Seen> {
  const segments = pathSegments(path.replace(/(?<=.)\/$/s, ""));
  if (downloads.dir === null || segments === null) throw refusal(caller);
  const found = await lookInto(downloads.dir, segments, now);
  const isFolder = found?.kind !== "file";
  if (
    found === null ||
    !allows(caller, "download.see", {
      audience: audienceOf(downloads.access, { path: segments.join("/"), isFolder }),
    })
  ) {
    throw refusal(caller);
  }
  if (found.kind === "folder") {
    const entries = found.entries.flatMap((entry) => shown(entry) ?? []);
    return { kind: "folder", path: segments, entries, more: found.more };
  }
  const contentType = downloadType(downloads.types, found.file.name);
  if (contentType === null || path.endsWith("/")) throw refusal(caller);
  const random = crypto.getRandomValues(new Uint8Array(4)).toHex();
  const savedAs = savedName(found.file.name, { prefix: downloads.prefix, now, random });
  return { kind: "file", file: { ...found.file, contentType, savedAs } };

  function shown(entry: FolderEntry): ListedEntry | null {
    const path = [...segments!, entry.name].join("/");
    if (
      !allows(caller, "download.see", {
        audience: audienceOf(downloads.access, { path, isFolder: entry.isFolder }),
      })
    ) return null;
    if (entry.isFolder) return { ...entry, contentType: null };
    const contentType = downloadType(downloads.types, entry.name);
    return contentType === null ? null : { ...entry, contentType };
  }
}

export const SORTS = ["name", "size", "type", "modified"] as const;
export type Sort = (typeof SORTS)[number];

/** Folders first; then by `sort`, and by name where that is equal. */
export function sortEntries(
  entries: readonly ListedEntry[],
  { sort, descending }: { sort: Sort; descending: boolean },
): ListedEntry[] {
  const names = new Intl.Collator("en", { numeric: true });
  const byName = (a: ListedEntry, b: ListedEntry) => names.compare(a.name, b.name);
  const orders: Record<Sort, (a: ListedEntry, b: ListedEntry) => number> = {
    name: byName,
    size: (a, b) => a.size - b.size,
    type: (a, b) => names.compare(a.contentType ?? "", b.contentType ?? ""),
    modified: (a, b) => a.modifiedAt - b.modifiedAt,
  };
  const sign = descending ? -1 : 1;
  return entries.toSorted((a, b) =>
    Number(b.isFolder) - Number(a.isFolder) || sign * orders[sort](a, b) || byName(a, b)
  );
}
