import assert from "node:assert/strict";
import { fetchTransport, type Outgoing, xhrTransport } from "../../client/transport.ts";

const request = (more: Partial<Outgoing> = {}): Outgoing => ({
  method: "PUT",
  url: new URL("http://127.0.0.1/x"),
  headers: { "X-Test": "1" },
  body: new Uint8Array(10),
  stallMs: 10_000,
  ...more,
});

/** What a browser's does, driven by the test. */
class FakeXhr {
  static last: FakeXhr;
  upload: { onprogress: ((event: { loaded: number }) => void) | null } = { onprogress: null };
  onprogress: (() => void) | null = null;
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  status = 0;
  responseText = "";
  withCredentials = false;
  aborted = false;
  headers: Record<string, string> = {};
  sent: unknown = null;
  opened: string[] = [];
  constructor() {
    FakeXhr.last = this;
  }
  open(...opened: string[]) {
    this.opened = opened;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader(name: string) {
    return name === "Retry-After" ? "3" : null;
  }
  send(body: unknown) {
    this.sent = body;
  }
  abort() {
    this.aborted = true;
  }
}

async function withXhr(work: () => Promise<void>): Promise<void> {
  const place = globalThis as { XMLHttpRequest?: unknown };
  place.XMLHttpRequest = FakeXhr;
  try {
    await work();
  } finally {
    delete place.XMLHttpRequest;
  }
}

Deno.test("by XMLHttpRequest the bytes that have left are told, and any answer is one", () =>
  withXhr(async () => {
    const sent: number[] = [];
    const outgoing = request({ onSent: (bytes) => sent.push(bytes) });
    const answer = xhrTransport({ credentials: "include" })(outgoing);
    const xhr = FakeXhr.last;
    assert.deepEqual(xhr.opened, ["PUT", "http://127.0.0.1/x"]);
    assert.deepEqual([xhr.headers, xhr.withCredentials, xhr.sent], [{ "X-Test": "1" }, true, outgoing.body]);
    xhr.upload.onprogress!({ loaded: 4 });
    xhr.upload.onprogress!({ loaded: 10 });
    xhr.status = 503;
    xhr.responseText = "busy";
    xhr.onload!();
    const { status, header, text } = await answer;
    assert.deepEqual([status, header("Retry-After"), text, sent], [503, "3", "busy", [4, 10]]);
  }));

Deno.test("by XMLHttpRequest silence, a broken line and an abort end a request", () =>
  withXhr(async () => {
    const send = xhrTransport({});
    const silent = send(request({ stallMs: 5 }));
    await assert.rejects(silent, { code: "stalled" });
    assert.equal(FakeXhr.last.aborted, true);

    const broken = send(request());
    FakeXhr.last.onerror!();
    await assert.rejects(broken, { code: "network", status: 0 });

    const stop = new AbortController();
    const stopped = send(request({ signal: stop.signal }));
    stop.abort(new Error("enough"));
    await assert.rejects(stopped, /enough/);
    assert.equal(FakeXhr.last.aborted, true);
    await assert.rejects(send(request({ signal: stop.signal })), /enough/);
  }));

Deno.test("by fetch a request that takes too long, breaks or is aborted ends", async () => {
  const hang: typeof fetch = (_input, init) =>
    new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)));
  await assert.rejects(fetchTransport(hang, {})(request({ stallMs: 5 })), { code: "stalled" });
  // Where nothing can be seen, the deadline counts.
  await assert.rejects(fetchTransport(hang, {})(request({ stallMs: 1, deadlineMs: 10 })), {
    code: "stalled",
  });
  await assert.rejects(
    fetchTransport(() => Promise.reject(new TypeError("reset")), {})(request()),
    { code: "network" },
  );
  const stop = new AbortController();
  const stopped = fetchTransport(hang, {})(request({ signal: stop.signal }));
  stop.abort(new Error("enough"));
  await assert.rejects(stopped, /enough/);
});
