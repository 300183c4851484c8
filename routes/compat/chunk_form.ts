/** Forms with one chunk: written as it streams in when its fields came before it, else spooled until they have come. */
import type { WaitingChunk, WaitingChunks } from "../../services/uploads/waiting_chunks.ts";
import type { Core } from "../../services/core.ts";
import { Problem } from "../../services/problem.ts";
import { readForm } from "../http/form_upload.ts";
import { foldName } from "./old_values.ts";

type Fields = Record<string, string>;

export interface ChunkForm<T> {
  /** Folded. */
  fileField: string;
  /** By the fields before the chunk: what writes it as it comes; null: more must be known. May throw what is wrong. */
  atOnce(fields: Fields): ((body: ReadableStream<Uint8Array>) => Promise<T>) | null;
  /** By all fields. */
  afterwards(fields: Fields, chunk: WaitingChunk): Promise<T>;
  /** Looks at what came behind a chunk that has been written. */
  check?(fields: Fields): void;
}

/** Throws what is wrong with the form or the chunk. */
export async function readChunkForm<T>(
  core: Core,
  request: { headers: Headers; body: ReadableStream<Uint8Array> | null },
  { waiting, fileField, atOnce, afterwards, check }: ChunkForm<T> & { waiting: WaitingChunks },
): Promise<T> {
  const maxBytes = core.config.chunks.max;
  const refusal = () =>
    new Problem("chunk-too-large", `A chunk may have ${maxBytes} bytes. Send smaller ones.`, {
      extra: { maxChunkSize: maxBytes },
    });
  const state: { spooled?: WaitingChunk } = {};
  const leave = core.gate.enter();
  try {
    const { fields, file } = await readForm(request, {
      fileField,
      nameOf: foldName,
      maxFields: 30,
      maxFieldBytes: 4096,
      idleMs: core.config.uploads.idleSeconds * 1000,
      async onFile({ fieldsBefore, body }): Promise<{ done: T } | { chunk: WaitingChunk }> {
        const write = atOnce(fieldsBefore);
        if (write) return { done: await write(body) };
        state.spooled = await waiting.take(body, { maxBytes, refusal });
        return { chunk: state.spooled };
      },
    });
    if ("chunk" in file) return await afterwards(fields, file.chunk);
    check?.(fields);
    return file.done;
  } finally {
    state.spooled?.close();
    leave();
  }
}
