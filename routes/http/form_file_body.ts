/** The file of a form as a web stream, with the back-pressure of its reader. */
import type { Readable } from "node:stream";

export interface FormFileBody {
  /**
   * A byte stream: read it with `getReader()` or, without allocating, `getReader({ mode: "byob" })`. It errors when
   * the part is destroyed with an error.
   */
  stream: ReadableStream<Uint8Array>;
  /** Lets the rest of the part pass unread, also while somebody still holds a reader. Cancelling does the same. */
  discard(): Promise<void>;
}

export function formFileBody(part: Readable): FormFileBody {
  const pieces: AsyncIterator<Uint8Array> = part.iterator({ destroyOnReturn: false });
  let piece: Uint8Array = new Uint8Array(0);
  async function discard(): Promise<void> {
    // An iterator in the middle of a part would keep it from flowing.
    await pieces.return?.();
    part.resume();
  }
  const stream = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      if (piece.length === 0) {
        const next = await pieces.next();
        if (next.done) return end(controller);
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
    cancel: discard,
  });
  return { stream, discard };
}

function end(controller: ReadableByteStreamController): void {
  controller.close();
  controller.byobRequest?.respond(0);
}
