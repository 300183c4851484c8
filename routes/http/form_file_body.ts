/** The file of a form as a web stream, with the back-pressure of its reader. */
import type { Readable } from "node:stream";

/**
 * A byte stream over a part: read it with `getReader()` or, without allocating, `getReader({ mode: "byob" })`.
 * `failure` is asked before the stream ends, because a part that was cut off also just ends: then the stream
 * errors with it, so that nobody takes the part for whole. Cancelling throws the rest of the part away.
 */
export function formFileBody(part: Readable, failure: () => unknown): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = part.iterator({ destroyOnReturn: false });
  let piece: Uint8Array = new Uint8Array(0);
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (piece.length === 0) {
        const next = await pieces.next();
        if (next.done) return end(controller, failure());
        piece = next.value;
      }
      const request = controller.byobRequest;
      if (request?.view) {
        const view = new Uint8Array(request.view.buffer, request.view.byteOffset, request.view.byteLength);
        const size = Math.min(view.length, piece.length);
        view.set(piece.subarray(0, size));
        piece = piece.subarray(size);
        request.respond(size);
      } else {
        // A copy: `enqueue` takes the buffer away, and other parts of the form lie in the same one.
        controller.enqueue(new Uint8Array(piece));
        piece = piece.subarray(piece.length);
      }
    },
    async cancel() {
      await pieces.return?.();
      part.resume();
    },
  });
}

function end(controller: ReadableByteStreamController, failure: unknown): void {
  if (failure !== undefined) return controller.error(failure);
  controller.close();
  controller.byobRequest?.respond(0);
}
