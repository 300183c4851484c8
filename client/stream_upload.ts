/** A stream of unknown length in one request. */
import { jsonOf, requireOk } from "./answer.ts";
import type { Attachment } from "./api_types.ts";
import { childAbort } from "./clock.ts";
import { PawlError } from "./errors.ts";
import { newSha256 } from "./hash.ts";
import { newReporter } from "./reporter.ts";
import { nodeModule } from "./runtime.ts";
import type { Server } from "./server.ts";
import { networkError } from "./transport.ts";
import type { StreamUploadOptions, UploadState } from "./upload_types.ts";

/** Throws `digest-mismatch` when the server has stored other bytes than the stream gave. */
export async function uploadStream(
  server: Server,
  { stream, options }: { stream: ReadableStream<Uint8Array>; options: StreamUploadOptions },
): Promise<Attachment> {
  if (!nodeModule("node:process")) {
    throw new PawlError("unsupported", "Browsers cannot upload a stream. Make a Blob of it and upload that.");
  }
  const { fileName, contentType, businessType, businessId, visibility } = options;
  const query = { contentType, businessType, businessId, visibility };
  const hash = newSha256();
  const request = childAbort(options.signal);
  let sent = 0;
  const reporter = newReporter<UploadState>({
    clock: server.clock,
    first: "uploading",
    moving: "uploading",
    completed: "completed",
    figures: () => ({ total: null, transferred: sent, confirmed: 0, resumed: 0 }),
    onProgress: options.onProgress,
  });
  const counted = stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        hash.update(bytes);
        sent += bytes.length;
        reporter.moved();
        controller.enqueue(bytes);
      },
    }),
  );
  try {
    // Renews a token that has expired, while the stream is still whole.
    await server.send({ method: "GET", path: "api/v1/session", signal: request.signal });
    const response = await server.open(server.url(`api/v1/files/${encodeURIComponent(fileName)}`, query), {
      method: "PUT",
      body: counted as ReadableStream<Uint8Array<ArrayBuffer>>,
      request,
    });
    const text = await response.text().catch((error) => {
      throw request.signal.aborted ? request.signal.reason : networkError(error);
    });
    const answer = { status: response.status, header: (name: string) => response.headers.get(name), text };
    const attachment = jsonOf<Attachment>(requireOk(answer));
    const sha256 = hash.hex();
    if (attachment.sourceSha256 !== sha256) {
      throw new PawlError(
        "digest-mismatch",
        "The server has stored other bytes than were sent. Upload it again.",
        {
          extra: { declared: sha256, received: attachment.sourceSha256, attachmentId: attachment.id },
        },
      );
    }
    return attachment;
  } finally {
    reporter.end();
    request.release();
    if (!counted.locked) await counted.cancel().catch(() => {});
  }
}
