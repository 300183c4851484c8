/** How a file can be looked at without running anything that is in it. Pure. */
import { familyOf } from "../files/type_family.ts";

export type PreviewKind = "picture" | "video" | "audio" | "pdf" | "text" | "none";

const PICTURES = /^image\/(?:png|jpeg|gif|webp|avif|bmp|svg\+xml|x-icon)$/;
const TEXT = /^text\/|[/+](?:json|xml|yaml|toml|javascript|x-sh|sql)$/;

/**
 * - pictures, SVG too: as an image, in which browsers run no script and fetch nothing
 * - video, audio: by the browser's own players
 * - PDF: in a frame, by the browser's own viewer, where it has one
 * - text of every kind, HTML too: as its characters
 */
export function previewKind(
  { fileName, contentType, size }: { fileName: string; contentType: string; size: number },
  { pdf }: { pdf: boolean },
): PreviewKind {
  const type = contentType.toLowerCase();
  if (size === 0) return "text";
  if (PICTURES.test(type)) return "picture";
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("audio/")) return "audio";
  if (type === "application/pdf") return pdf ? "pdf" : "none";
  if (TEXT.test(type)) return "text";
  const family = familyOf({ name: fileName, contentType });
  return family === "code" || /\.(?:txt|md|csv|tsv|log|ini|conf|env|srt|vtt)$/i.test(fileName)
    ? "text"
    : "none";
}
