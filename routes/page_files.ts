/**
 * What `deno task page` makes of `static/`: one JSON file that holds every file of the page, compressed already. It
 * is read once, at the start; replacing it is one rename, so that nobody ever reads half of it.
 */
import * as z from "zod";

const base64 = z.string().transform((text) => Uint8Array.fromBase64(text));

const PageFile = z.object({
  /** Address, `/static/page-<hash>.js` or `/`. */
  path: z.string().startsWith("/"),
  contentType: z.string(),
  /** Its address changes with its content, so that a browser may keep it for ever. */
  immutable: z.boolean(),
  identity: base64,
  /** Absent where compressing saves nothing. */
  gzip: base64.optional(),
  br: base64.optional(),
});

const BuiltPage = z.object({
  /** Digest of all that it was made of; tells `deno task page` whether it is current. */
  sources: z.string(),
  files: z.array(PageFile),
});

export type PageFile = z.output<typeof PageFile>;
export type BuiltPage = z.output<typeof BuiltPage>;
/** As it lies in the file: bytes in base64. */
export type StoredPage = z.input<typeof BuiltPage>;

/** Reads what `text` gives; null when there is none yet. Throws when it is damaged. */
export async function readPage(text: () => Promise<string>): Promise<BuiltPage | null> {
  try {
    return BuiltPage.parse(JSON.parse(await text()));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
