/** Which content belongs to which extension. Pure. */

/** `magic`: names of `file-type`. The others are told apart by what is inside of them. */
export type Format =
  | { kind: "magic"; names: readonly string[] }
  | { kind: "zip"; holds: string }
  | { kind: "compound"; holds: readonly string[] }
  | { kind: "text" }
  | { kind: "xml"; root: string };

const magic = (...names: string[]): Format => ({ kind: "magic", names });
const text: Format = { kind: "text" };
const OGG = magic("ogg", "oga", "opus", "spx", "ogv", "ogm", "ogx");

/** Lower-case extension with its dot -> its content. */
export const FORMATS: Readonly<Record<string, Format>> = {
  ".jpg": magic("jpg"),
  ".jpeg": magic("jpg"),
  ".jpe": magic("jpg"),
  ".jfif": magic("jpg"),
  ".png": magic("png", "apng"),
  ".gif": magic("gif"),
  ".webp": magic("webp"),
  ".bmp": magic("bmp"),
  ".avif": magic("avif"),
  ".tif": magic("tif"),
  ".tiff": magic("tif"),
  ".heic": magic("heic"),
  ".heif": magic("heic"),
  ".svg": { kind: "xml", root: "svg" },
  ".pdf": magic("pdf"),
  ".doc": { kind: "compound", holds: ["WordDocument"] },
  ".xls": { kind: "compound", holds: ["Workbook", "Book"] },
  ".ppt": { kind: "compound", holds: ["PowerPoint Document"] },
  ".docx": { kind: "zip", holds: "word/document.xml" },
  ".xlsx": { kind: "zip", holds: "xl/workbook.xml" },
  ".pptx": { kind: "zip", holds: "ppt/presentation.xml" },
  ".txt": text,
  ".md": text,
  ".csv": text,
  ".json": text,
  ".xml": text,
  ".mp4": magic("mp4", "m4v", "3gp", "3g2", "f4v"),
  ".m4v": magic("m4v", "mp4"),
  ".mov": magic("mov"),
  ".avi": magic("avi"),
  ".wmv": magic("asf"),
  ".flv": magic("flv"),
  ".mkv": magic("mkv"),
  ".webm": magic("webm"),
  ".mpg": magic("mpg"),
  ".mpeg": magic("mpg"),
  ".mp3": magic("mp3"),
  ".wav": magic("wav"),
  ".flac": magic("flac"),
  ".aac": magic("aac"),
  ".ogg": OGG,
  ".oga": OGG,
  ".ogv": OGG,
  ".opus": OGG,
  ".wma": magic("asf"),
  ".m4a": magic("m4a", "mp4"),
  ".zip": magic("zip"),
};
