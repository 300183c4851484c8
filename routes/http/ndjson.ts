/** A body of lines, each a JSON value, made as fast as they are read. */

/** Ends `events` when nobody reads any more; these are not to throw. `onEnd` is called however it ends. */
export function ndjson(events: AsyncGenerator<unknown>, onEnd: () => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await events.next();
      if (!done) return controller.enqueue(encoder.encode(`${JSON.stringify(value)}\n`));
      onEnd();
      controller.close();
    },
    async cancel() {
      // What has not begun has nothing to end.
      await events.return(undefined).finally(onEnd);
    },
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: { "Content-Type": "application/x-ndjson", "Cache-Control": "no-store" },
  });
}
