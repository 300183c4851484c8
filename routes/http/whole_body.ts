/** Bodies of which the end must tell that all has come. */
import { Problem } from "../../services/problem.ts";

/**
 * The body as it is when its length or its last chunk tells where it ends (RFC 9112, 6.3). HTTP/2 may leave both out, and
 * the runtime's server takes a stream that was given up for one that has ended: such a body fails with
 * `length-required` (411), so that nobody takes a part of a file for the file. It does so `at` its first byte, or at its
 * end where what came may be of use.
 */
export function wholeBody(
  { headers, body }: { headers: Headers; body: ReadableStream<Uint8Array> | null },
  { at }: { at: "start" | "end" },
): ReadableStream<Uint8Array> | null {
  if (body === null || headers.has("Content-Length") || headers.has("Transfer-Encoding")) return body;
  let came = false;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        came ||= bytes.length > 0;
        if (came && at === "start") throw lengthRequired();
        controller.enqueue(bytes);
      },
      flush() {
        // HTTP/1.1 always has a Host, and a body only with one of the two headers: this is an empty file.
        if (came || !headers.has("Host")) throw lengthRequired();
      },
    }),
  );
}

function lengthRequired(): Problem {
  return new Problem(
    "length-required",
    "Without a length nobody can tell whether all of the file has come. Send Content-Length, or use HTTP/1.1.",
  );
}
