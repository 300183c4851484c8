/**
 * The downloads folder: somebody else puts files into it, and here they are listed and opened, never changed. A
 * symbolic link is followed as long as it stays within the folder.
 */
import { createHash } from "node:crypto";
import { join, sep } from "node:path";
import { openDiskReader } from "../blobs/disk_reader.ts";
import type { BlobReader } from "../blobs/blob_store.ts";
import { Problem } from "../problem.ts";
import { isShown } from "./rules.ts";

/** What is in a folder at the most, so that a listing stays bounded. */
export const MAX_ENTRIES = 10_000;
/** A file that was changed less than this before (ms) may be written right now: its tag is a weak one. */
const SETTLED_MS = 2000;

export interface FolderEntry {
  name: string;
  isFolder: boolean;
  /** Bytes; 0 of a folder. */
  size: number;
  /** Ms since 1970. */
  modifiedAt: number;
}

export interface FolderFile extends FolderEntry {
  /** With its quotes; strong once the file has been left alone for two seconds. */
  etag: string;
  /** Opens the bytes; the caller closes them. Throws `busy` when it is another file by now. */
  open(): Promise<BlobReader>;
}

/** What lies at these segments; null: nothing that may be shown. */
export type Found = ({ kind: "folder" } & Listing) | { kind: "file"; file: FolderFile } | null;

export interface Listing {
  entries: FolderEntry[];
  /** There is more in the folder than `MAX_ENTRIES`. */
  more: boolean;
}

export async function lookInto(root: string, segments: string[], now: number): Promise<Found> {
  const place = await within(root, segments);
  if (place === null) return null;
  const info = await ifThere(Deno.stat(place));
  if (info?.isDirectory) return { kind: "folder", ...await list(root, segments) };
  if (!info?.isFile) return null;
  const identity = identityOf(info);
  const modifiedAt = info.mtime?.getTime() ?? 0;
  const tag = `"${createHash("sha256").update(identity).digest("hex").slice(0, 32)}"`;
  return {
    kind: "file",
    file: {
      name: segments.at(-1)!,
      isFolder: false,
      size: info.size,
      modifiedAt,
      etag: now - modifiedAt >= SETTLED_MS ? tag : `W/${tag}`,
      async open() {
        const reader = await openDiskReader([{ file: "", path: place, offset: 0, length: info.size }]);
        const after = await ifThere(Deno.stat(place));
        if (after && identityOf(after) === identity) return reader;
        reader.close();
        throw new Problem("busy", "This file is being changed right now. Try again in a moment.", {
          retryAfter: 2,
        });
      },
    },
  };
}

/** The real path, when it lies within the real folder. */
async function within(root: string, segments: string[]): Promise<string | null> {
  const top = await ifThere(Deno.realPath(root));
  const place = await ifThere(Deno.realPath(join(root, ...segments)));
  if (top === null || place === null) return null;
  return place === top || place.startsWith(top.endsWith(sep) ? top : top + sep) ? place : null;
}

const identityOf = ({ dev, ino, size, mtime, ctime }: Deno.FileInfo) =>
  [dev, ino, size, mtime?.getTime(), ctime?.getTime()].join(":");

async function list(root: string, segments: string[]): Promise<Listing> {
  const folder = join(root, ...segments);
  const found: Deno.DirEntry[] = [];
  let more = false;
  for await (const entry of Deno.readDir(folder)) {
    if (!isShown(entry.name)) continue;
    more = found.length === MAX_ENTRIES;
    if (more) break;
    found.push(entry);
  }
  const entries = await Promise.all(found.map(async ({ name, isSymlink }): Promise<FolderEntry | null> => {
    // Only a link can lead out.
    const place = isSymlink ? await within(root, [...segments, name]) : join(folder, name);
    const info = place === null ? null : await ifThere(Deno.lstat(place));
    if (!info || !info.isFile && !info.isDirectory) return null;
    return {
      name,
      isFolder: info.isDirectory,
      size: info.isFile ? info.size : 0,
      modifiedAt: info.mtime?.getTime() ?? 0,
    };
  }));
  return { entries: entries.filter((entry) => entry !== null), more };
}

/** null for what is not there, or not for us. */
async function ifThere<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotADirectory || error instanceof Deno.errors.FilesystemLoop ||
      error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.InvalidData ||
      (error instanceof Error && "code" in error && error.code === "ENAMETOOLONG")
    ) return null;
    throw error;
  }
}
