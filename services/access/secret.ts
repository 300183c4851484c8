/** The server's own signing secret: made once, kept in the data directory, read by the server and the token tool. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** Shorter ones can be guessed; HS256 wants at least 256 bits (RFC 7518 section 3.2). */
const MIN_LENGTH = 32;

/**
 * Reads `<dataDir>/secret`, or makes it (32 random bytes, base64url, mode 0600) together with the directory.
 * Durable before it returns; processes that race get the same secret. Throws an `Error` with advice when the
 * file is there but too short to be a secret.
 */
export async function readOrCreateSecret(dataDir: string): Promise<string> {
  const path = join(dataDir, "secret");
  const present = await read(path);
  if (present !== null) return present;

  await Deno.mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(8).toString("hex")}.new`;
  const secret = randomBytes(32).toString("base64url");
  try {
    await writeDurably(draft, secret + "\n");
    // A link never replaces: of several processes one wins with a whole file, the others read it.
    await Deno.link(draft, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(draft).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  await syncDirectory(dataDir);
  return (await read(path)) ?? secret;
}

async function read(path: string): Promise<string | null> {
  let text: string;
  try {
    text = (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  if (text.length < MIN_LENGTH) {
    throw new Error(
      `The secret in ${path} is damaged: it has fewer than ${MIN_LENGTH} characters. ` +
        "Put the old one back, or remove the file to get a new one; every token and cookie made before then ends.",
    );
  }
  return text;
}

async function writeDurably(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
  await file.sync();
}

async function syncDirectory(path: string): Promise<void> {
  if (Deno.build.os === "windows") return; // Directories cannot be opened there; NTFS journals the name itself.
  using directory = await Deno.open(path, { read: true });
  await directory.sync();
}
