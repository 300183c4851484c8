/** Sends what comes from standard input or a pipe: in one go, or by way of a temporary file. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { TransferProgress } from "../progress_types.ts";
import { stateDir } from "./config_dir.ts";
import type { CommandContext } from "./context.ts";
import type { Source } from "./file_list.ts";
import { saySent, sendFile, type Sending } from "./send_file.ts";

type StreamSource = Extract<Source, { kind: "stream" }>;

/** As it comes, in constant memory. It is tried once: nobody has the bytes any more when it breaks. */
export async function sendStream(
  { path }: StreamSource,
  { context, pawl, display, fields }: Sending,
): Promise<void> {
  const view = display.begin(fields.fileName!, null);
  const since = context.now();
  const input = openStream(path, context);
  try {
    const stream = Readable.toWeb(input) as ReadableStream<Uint8Array>;
    const attachment = await pawl.uploadStream(stream, {
      ...fields,
      fileName: fields.fileName!,
      signal: context.signal,
      onProgress: view.progressed,
    });
    const seconds = (context.now() - since) / 1000;
    await display.above(() => saySent(context, { path, attachment, how: "sent", seconds }));
  } finally {
    input.destroy();
    view.ended();
  }
}

/** First into a file of its own, which goes when it has arrived; when it does not, the file is named and kept. */
export async function sendSpooled(
  source: StreamSource,
  sending: Sending & { parallel: number },
): Promise<void> {
  const { context, display, fields } = sending;
  const path = join(
    stateDir(context.env),
    "spool",
    crypto.randomUUID(),
    fields.fileName!.replace(/[/\\\0]/g, "_"),
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const view = display.begin(fields.fileName!, null);
  try {
    const counted = (pieces: AsyncIterable<Uint8Array>) =>
      countBytes(pieces, (bytes) => view.progressed(reading(bytes)));
    const file = createWriteStream(path, { mode: 0o600, flags: "wx" });
    await pipeline(openStream(source.path, context), counted, file, { signal: context.signal });
  } catch (error) {
    await rm(dirname(path), { recursive: true, force: true });
    if (!context.signal.aborted) throw error;
    await display.above(() => context.output.note("Stopped before the stream ended: nothing is kept."));
    throw error;
  } finally {
    view.cancelled();
  }
  try {
    const { size, mtimeMs } = await stat(path);
    await sendFile({ kind: "file", path, size, modifiedMs: mtimeMs }, sending);
  } catch (error) {
    const again = `pawl up ${shellQuote(path)}`;
    await display.above(() =>
      context.output.note(
        `The stream is kept in a file. Go on with: ${again} (and the same options), then remove it.`,
      )
    );
    throw error;
  }
  await rm(dirname(path), { recursive: true, force: true });
}

async function* countBytes(
  pieces: AsyncIterable<Uint8Array>,
  onBytes: (sum: number) => void,
): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const piece of pieces) {
    onBytes(sum += piece.length);
    yield piece;
  }
}

function reading(bytes: number): TransferProgress {
  return {
    state: "preparing",
    totalBytes: null,
    transferredBytes: bytes,
    confirmedBytes: 0,
    resumedBytes: 0,
    fraction: 0,
    bytesPerSecond: 0,
    secondsLeft: null,
  };
}

/** The path as one word of a POSIX shell. */
function shellQuote(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

function openStream(path: string, { terminal }: CommandContext): Readable {
  return path === "-" ? terminal.stdin : createReadStream(path);
}
