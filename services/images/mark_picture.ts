/** The picture that `images.watermark.picture` names, read at the start, or when it is first needed after that failed. */
import { Problem } from "../problem.ts";
import { bytesInMemory } from "./byte_window.ts";
import type { Source } from "./engine.ts";
import { inspectImage } from "./inspect.ts";

/** Bytes; a mark is small. */
const MAX_BYTES = 8 * 1024 * 1024;

/** `path` is absolute. What is given holds a copy of the bytes, for the caller to give away. */
export function openMarkPicture(path: string | null): () => Promise<Source> {
  let known: Promise<Source> | null = null;
  return async () => {
    const source = await (known ??= read(path).catch((error) => {
      known = null; // It may be mended while the server runs.
      throw error;
    }));
    return { ...source, bytes: source.bytes.slice() };
  };
}

async function read(path: string | null): Promise<Source> {
  try {
    if (path === null) throw new Error("none is configured");
    const bytes = await Deno.readFile(path);
    if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    const inspection = await inspectImage(bytesInMemory(bytes), { thorough: true });
    if (!inspection) throw new Error("it is no picture");
    const { format, width, height, orientation, cmyk } = inspection;
    return { bytes, format, width, height, orientation, cmyk };
  } catch (cause) {
    throw new Problem(
      "image-unsupported",
      "The picture that marks others cannot be read. The operator must set images.watermark.picture anew.",
      { cause },
    );
  }
}
