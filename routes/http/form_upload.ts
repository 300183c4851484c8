/** Reads a `multipart/form-data` request (RFC 7578) with one file as it streams in; nothing of the file is kept. */
import type { BusboyFileStream } from "@fastify/busboy";
import { Problem } from "../../services/problem.ts";
import { readBytes } from "../../services/uploads/body_source.ts";
import { formFileBody } from "./form_file_body.ts";
import { MAX_PART_HEADER_BYTES, openForm } from "./form_parser.ts";
import { openBody } from "./idle_body.ts";

export interface FormOptions {
  /** Name of the part that holds the file. */
  fileField: string;
  /** What the name of a part is taken for; as it is when absent. */
  nameOf?: (name: string) => string;
  /** Fields beside the file, inclusive. */
  maxFields: number;
  /** Length of one field's value in bytes, inclusive. */
  maxFieldBytes: number;
  /** Milliseconds without a byte from the client after which the form is refused. */
  idleMs: number;
}

export interface FormFile {
  /** As sent and unchecked; null when the part has no file name or an empty one. */
  fileName: string | null;
  /** As sent and unchecked, without parameters; null when the part names none, or the default, text/plain. */
  contentType: string | null;
  /** The fields that came before the file. */
  fieldsBefore: Record<string, string>;
  /**
   * The file's bytes: a byte stream. It errors when the form is cut off, stalls or turns out to be malformed, so
   * an end without an error means that the whole part was there.
   */
  body: ReadableStream<Uint8Array>;
}

export interface Form<T> {
  fields: Record<string, string>;
  /** What `onFile` returned. */
  file: T;
}

/** Room for a preamble, delimiters and an epilogue, bytes. */
const MAX_FRAME_BYTES = 1024 * 1024;

/**
 * Hands the form's file to `onFile` while it arrives, and settles when the form and `onFile` have both ended.
 * Fields may come before and after the file. `onFile` reads the body to its end, or throws, which ends the form
 * at once with that error; what it leaves unread is thrown away.
 *
 * Throws `Problem` `unsupported-media-type`, `malformed-body`, `body-incomplete`, `body-stalled` or
 * `body-too-large`. This may happen after `onFile` has resolved (a second file, a broken end): the caller undoes
 * what `onFile` did whenever `readForm` rejects.
 */
export async function readForm<T>(
  request: { headers: Headers; body: ReadableStream<Uint8Array> | null },
  options: FormOptions & { onFile: (file: FormFile) => Promise<T> },
): Promise<Form<T>> {
  const { fileField, maxFields, maxFieldBytes, nameOf = (name) => name } = options;
  const form = openForm(request.headers.get("Content-Type"), options);
  if (request.body === null) {
    throw new Problem("malformed-body", `The form is empty. Send a part ${quote(fileField)}.`);
  }
  const length = request.headers.get("Content-Length");
  const source = openBody(request.body, {
    idleMs: options.idleMs,
    bytes: readBytes(length === null ? null : Number(length)),
  });
  const fields = new Map<string, string>();
  const state: { failure?: { why: unknown }; part?: BusboyFileStream; result?: Promise<T> } = {};
  const parsed = Promise.withResolvers<void>();
  let wake = () => {};

  const fail = (why: unknown) => {
    if (state.failure) return;
    state.failure = { why };
    source.cancel();
    state.part?.destroy(why instanceof Error ? why : new Error(String(why)));
    wake();
    parsed.resolve();
  };

  form.on("field", (given: string | undefined, value, _nameCut, valueCut) => {
    if (!given) return fail(malformed("A part of the form has no name. Name every part."));
    const name = nameOf(given);
    if (fields.has(name)) {
      return fail(malformed(`The form has the field ${quote(name)} twice. Send it once.`));
    }
    if (valueCut) {
      return fail(tooLarge(`The form field ${quote(name)} may have ${maxFieldBytes} bytes at most.`));
    }
    fields.set(name, value);
  });
  form.on("file", (given: string | undefined, part, fileName: string | undefined, _encoding, contentType) => {
    part.on("error", () => {}); // without a listener an error of the part would end the process
    if (state.failure) return;
    const name = given === undefined ? undefined : nameOf(given);
    if (name !== fileField) {
      return fail(
        malformed(`The file must be in the part ${quote(fileField)}, not in ${quote(name ?? "")}.`),
      );
    }
    const body = formFileBody(part);
    const file: FormFile = {
      fileName: fileName ? fileName.replaceAll("%22", '"') : null, // as browsers and curl escape it in forms
      contentType: contentType === "text/plain" ? null : contentType,
      fieldsBefore: Object.fromEntries(fields),
      body: body.stream,
    };
    state.part = part;
    state.result = (async () => await options.onFile(file))();
    state.result.then(() => body.discard()).catch(fail);
  });
  form.on(
    "filesLimit",
    () => fail(malformed("The form has more than one file. Send one file in each request.")),
  );
  form.on("fieldsLimit", () => fail(tooLarge(`The form may have ${maxFields} fields at most.`)));
  form.on("partsLimit", () => fail(tooLarge(`The form may have ${maxFields} fields at most.`)));
  form.on("error", (cause) => fail(unfinished(cause)));
  form.on("finish", () => parsed.resolve());

  try {
    const maxOverhead = maxFields * (maxFieldBytes + MAX_PART_HEADER_BYTES) + MAX_FRAME_BYTES;
    let received = 0;
    while (!state.failure) {
      const bytes = await source.read();
      // What arrived just before a failure is not written: a destroyed part never drains.
      if (bytes === null || state.failure) break;
      if (!form.write(bytes as never) && !state.failure) {
        // A failure within the write has nobody to wake yet, and nothing drains after it.
        await new Promise<void>((resolve) => form.once("drain", wake = resolve));
      }
      // Afterwards: a piece may hold much of the file.
      received += bytes.length;
      if (received - (state.part?.bytesRead ?? 0) > maxOverhead) {
        fail(tooLarge("The form is too large beside its file. Send less text before and after it."));
      }
    }
    if (!state.failure) form.end();
  } catch (error) {
    fail(error instanceof Problem ? error : malformed("The form cannot be read."));
  }
  await parsed.promise;
  await state.result?.catch(() => {}); // has told `fail` already
  if (state.failure) throw state.failure.why;
  if (state.result === undefined) {
    throw malformed(`The form has no file. Send it in a part named ${quote(fileField)}.`);
  }
  return { fields: Object.fromEntries(fields), file: await state.result };
}

function malformed(detail: string): Problem {
  return new Problem("malformed-body", detail);
}

function tooLarge(detail: string): Problem {
  return new Problem("body-too-large", detail);
}

function unfinished(cause: unknown): Problem {
  return new Problem("body-incomplete", "The form ended before its closing boundary. Send it again.", {
    cause,
  });
}

/** A client's text for a message: escaped and cut. */
function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? text.slice(0, 60) + "…" : text);
}
