/** Takes what a process exports by OTLP over HTTP as JSON, and keeps it for a test to look at. */

export interface Span {
  traceId: string;
  parentSpanId: string;
  name: string;
  attributes: Record<string, string>;
}

export interface OtlpCollector extends AsyncDisposable {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  url: string;
  /** Everything that came, as it came. */
  received(): string;
  /** Resolves with the first span that fits, from before or to come. */
  span(fits: (span: Span) => boolean): Promise<Span>;
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: string };
}

export function startCollector(): OtlpCollector {
  const spans: Span[] = [];
  let received = "";
  const waiting = new Set<() => void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const text = await request.text();
    received += text;
    for (const { scopeSpans } of JSON.parse(text).resourceSpans ?? []) {
      // deno-lint-ignore no-explicit-any -- as it comes over the wire
      for (const span of scopeSpans.flatMap((scope: any) => scope.spans)) spans.push(read(span));
    }
    for (const check of waiting) check();
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    received: () => received,
    span: (fits) =>
      new Promise((resolve) => {
        const check = () => {
          const found = spans.find(fits);
          if (!found) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

// deno-lint-ignore no-explicit-any -- as it comes over the wire
function read({ traceId, parentSpanId, name, attributes }: any): Span {
  const values = (attributes as Attribute[]).map(({ key, value }) => [
    key,
    value.stringValue ?? value.intValue ?? "",
  ]);
  return { traceId, parentSpanId, name, attributes: Object.fromEntries(values) };
}
