/** Reading what is uploaded, whatever it is, and noticing when it changes. */
import { PawlError } from "./errors.ts";
import type { ReadResult, UploadSource } from "./upload_types.ts";

export interface Source {
  readonly name: string | null;
  readonly size: number;
  /** "" when unknown. */
  readonly type: string;
  /** What a worker can be given; null for sources that are no blobs. */
  readonly blob: Blob | null;
  /**
   * Bytes `start` (inclusive) to `end` (exclusive), in memory of their own.
   * Throws `source-unreadable`, or `source-changed` when there are not as many.
   */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Throws `source-changed` when the source itself says that it is another file by now. Costs little. */
  requireVersion(): Promise<void>;
  /** Throws `source-changed` when the file is not what it was at the beginning, as far as that can be seen. */
  requireSame(): Promise<void>;
}

/** Looks at the source's version for the first time. Throws like `read`. */
export async function openSource(given: UploadSource): Promise<Source> {
  const version = await versionOf(given);
  const { size } = given;
  const source: Source = {
    name: "name" in given && typeof given.name === "string" && given.name !== "" ? given.name : null,
    size,
    type: given.type ?? "",
    blob: given instanceof Blob ? given : null,

    async read(start, end) {
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = await bytesOf(
          await (given instanceof Blob ? given.slice(start, end) : given.read(start, end)),
        );
      } catch (cause) {
        throw cause instanceof PawlError ? cause : unreadable(cause);
      }
      if (bytes.length !== end - start) throw changed();
      return bytes;
    },

    async requireVersion() {
      if (await versionOf(given) !== version) throw changed();
    },

    async requireSame() {
      await source.requireVersion();
      // Browsers notice a changed file when it is read.
      if (size > 0) await source.read(size - 1, size);
    },
  };
  return source;
}

async function versionOf(given: UploadSource): Promise<string> {
  try {
    return given instanceof Blob ? "" : await given.version?.() ?? "";
  } catch (cause) {
    throw unreadable(cause);
  }
}

async function bytesOf(part: ReadResult): Promise<Uint8Array<ArrayBuffer>> {
  if (part instanceof Uint8Array) {
    // A view's owner may use its memory again while it is being sent.
    return part.buffer instanceof ArrayBuffer && part.byteLength === part.buffer.byteLength
      ? part as Uint8Array<ArrayBuffer>
      : new Uint8Array(part);
  }
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (part instanceof Blob) return new Uint8Array(await part.arrayBuffer());
  return new Uint8Array(await new Response(part as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer());
}

function unreadable(cause: unknown): PawlError {
  return new PawlError(
    "source-unreadable",
    "The file cannot be read (any more): it was changed, moved or deleted, or reading is not allowed.",
    { cause },
  );
}

function changed(): PawlError {
  return new PawlError(
    "source-changed",
    "The file was changed while it was being uploaded. Upload it again when it rests.",
  );
}
