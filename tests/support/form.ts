/** Writes multipart forms by hand, also ones that no client would write. */
import { Buffer } from "node:buffer";

/** One part with its headers, given without `Content-Disposition: form-data; `. */
export function part(disposition: string, value: string | Uint8Array = ""): Uint8Array {
  const head = `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`;
  return join(head, value, "\r\n");
}

/** Closes a form that was made of `part`s. */
export const END = "--b--\r\n";

/** The Content-Type that belongs to `part` and `END`. */
export const FORM_TYPE = "multipart/form-data; boundary=b";

export function join(...pieces: (string | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))));
}

export interface Feed {
  /** Where to cut the bytes, ascending. */
  cuts?: number[];
  /** What happens after the last byte. */
  end?: "close" | "stall" | "break";
  onCancel?: () => void;
  /** Called when everything before `end` was taken. */
  onEnd?: () => void;
}

/** `bytes` as a request body, one piece for each pull. */
export function feed(
  bytes: Uint8Array,
  { cuts = [], end = "close", onCancel, onEnd }: Feed = {},
): ReadableStream<Uint8Array> {
  const edges = [0, ...cuts, bytes.length];
  let next = 1;
  return new ReadableStream({
    pull(controller) {
      if (next < edges.length) {
        return controller.enqueue(bytes.slice(edges[next - 1], edges[next++]));
      }
      onEnd?.();
      if (end === "close") controller.close();
      if (end === "break") controller.error(new TypeError("connection reset"));
      if (end === "stall") return new Promise<void>(() => {});
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}
