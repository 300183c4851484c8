/** How people name a file at the server: by its id, by an address, or by its name. */
import type { Attachment } from "../api_types.ts";
import { PawlError } from "../errors.ts";
import type { Pawl } from "../types.ts";
import { CommandError } from "./failure.ts";
import { formatTime } from "./format.ts";

export type Reference =
  | { kind: "id"; id: string }
  /** An attachment's address at `server`. */
  | { kind: "address"; server: string; id: string }
  /** A temporary link, or any other address that is fetched as it is. */
  | { kind: "link"; url: URL }
  | { kind: "name"; name: string };

/** Pure. A path beside the API's own, as behind a proxy, stays part of the server's address. */
export function readReference(text: string): Reference {
  if (/^[1-9]\d{0,18}$/.test(text)) return { kind: "id", id: text };
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    return { kind: "name", name: text.normalize("NFC") };
  }
  const url = new URL(text);
  const [, base, id] = /^(.*\/)api\/v1\/attachments\/([1-9]\d{0,18})(?:\/content)?\/?$/.exec(url.pathname) ??
    [];
  if (base !== undefined) return { kind: "address", server: url.origin + base, id: id! };
  return { kind: "link", url };
}

export interface FindOptions {
  signal: AbortSignal;
  /** Where a name is looked for; default `live`. */
  state?: "live" | "deleted";
  /** The server that `pawl` talks to. */
  server: string;
}

/**
 * Finds the one that is meant. Throws `CommandError`: `notFound`, or `usage` for a name that several have, an
 * address of another server, or a link; and `PawlError`.
 */
export async function findAttachment(pawl: Pawl, text: string, options: FindOptions): Promise<Attachment> {
  const reference = readReference(text);
  const { signal, server } = options;
  if (reference.kind === "link") {
    throw new CommandError("usage", "That is no address of a file at the server. Give its id or name.");
  }
  if (reference.kind === "address" && reference.server !== server) {
    throw new CommandError("usage", `That is at ${reference.server}. Use --server ${reference.server}`);
  }
  if (reference.kind === "name") return await findByName(pawl, reference.name, options);
  try {
    return await pawl.attachments.get(reference.id, { signal });
  } catch (error) {
    // A file may be called 2024.
    const named = error instanceof PawlError && error.status === 404 && reference.kind === "id";
    const found = named ? await namesakes(pawl, reference.id, options) : [];
    if (found.length === 1) return found[0]!;
    throw error;
  }
}

async function findByName(pawl: Pawl, name: string, options: FindOptions): Promise<Attachment> {
  const found = await namesakes(pawl, name, options);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    const where = options.state === "deleted" ? "in the recycle bin" : "among your files";
    throw new CommandError("notFound", `There is none of this name ${where}.`);
  }
  const list = found.map(({ id, createdAt }) => `${id} (${formatTime(createdAt)})`).join(", ");
  throw new CommandError("usage", `Several files have this name. Choose one by its id: ${list}`);
}

/** Enough to say that a name is not the only one, and to choose. */
const MOST_NAMESAKES = 10;

async function namesakes(
  pawl: Pawl,
  name: string,
  { signal, state = "live" }: FindOptions,
): Promise<Attachment[]> {
  const found: Attachment[] = [];
  for await (const attachment of pawl.attachments.all({ q: name, state, limit: 100 }, { signal })) {
    if (attachment.fileName === name) found.push(attachment);
    if (found.length === MOST_NAMESAKES) break;
  }
  return found;
}
