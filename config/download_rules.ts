/** What `pawl.json` says of the downloads folder: which types it hands out, and to whom. */
import * as z from "zod";
import type { DownloadAccessRule } from "./config.ts";

/** Extension -> media type. Whatever else lies in the folder is not there for anybody. */
export const DEFAULT_DOWNLOAD_TYPES: Readonly<Record<string, string>> = {
  ".7z": "application/x-7z-compressed",
  ".csv": "text/csv; charset=utf-8",
  ".deb": "application/vnd.debian.binary-package",
  ".dmg": "application/x-apple-diskimage",
  ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  ".exe": "application/vnd.microsoft.portable-executable",
  ".gz": "application/gzip",
  ".iso": "application/x-iso9660-image",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".json": "application/json",
  ".mkv": "video/matroska",
  ".mp3": "audio/mpeg",
  ".mp4": "video/mp4",
  ".msi": "application/x-msi",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  ".rpm": "application/x-rpm",
  ".tar": "application/x-tar",
  ".txt": "text/plain; charset=utf-8",
  ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ".xz": "application/x-xz",
  ".zip": "application/zip",
  ".zst": "application/zstd",
};

const extensionRule = "an extension in lower case with its dot, such as .zip";
const typeRule = "a media type, such as application/zip";
const extension = z.string().regex(/^\.[a-z0-9_+-]{1,16}$/, { error: extensionRule });
const mediaType = z.string().regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(; charset=[\w-]+)?$/, { error: typeRule });

/** `downloads.types`; given ones replace the built-in ones. */
export function downloadTypes() {
  const rule = "an object: extension -> media type";
  return { type: "table", rule, schema: z.record(extension, mediaType, { error: rule }) } as const;
}

const WHO = ["public", "users", "administrators"] as const;
const accessRule = "an object with path, extensions and for (public, users or administrators)";

/** `downloads.access`; the first rule that fits a file decides, and signed-in people have what none fits. */
export function downloadAccess() {
  const rule =
    "a list of objects {path, extensions, for}: path a pattern such as releases/**, for one of public, users, administrators";
  const row: z.ZodType<DownloadAccessRule, DownloadAccessRule> = z.strictObject({
    path: z.string().min(1).max(1024).optional(),
    extensions: z.array(extension).min(1).optional(),
    for: z.enum(WHO),
  }, { error: (issue) => issue.code === "invalid_type" ? accessRule : undefined });
  return { type: "list", rule, schema: z.array(row, { error: rule }) } as const;
}

/** `downloads.prefix`. */
export function downloadPrefix() {
  const rule = "at most 64 characters that file names may hold; in braces only {date}, {time} and {random}";
  const schema = z.string({ error: rule }).max(64, { error: rule })
    .regex(/^(?:[^\p{Cc}<>:"/\\|?*{}]|\{(?:date|time|random)\})*$/u, { error: rule });
  return { type: "string", rule, schema } as const;
}
