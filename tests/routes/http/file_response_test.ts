import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type BodyEnd, SMALL_BODY } from "../../../routes/http/body_stream.ts";
import { type DownloadFile, fileResponse } from "../../../routes/http/file_response.ts";
import { Problem } from "../../../services/problem.ts";

const bytes = new TextEncoder().encode("0123456789");
const sha256 = createHash("sha256").update(bytes).digest("hex");
const etag = `"${sha256}"`;
const modified = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const now = Date.UTC(2026, 10, 22);

/** Asks for a file of ten bytes; `seen` counts what happened to its source. */
function download(
  { method = "GET", headers = {}, file = {} }: {
    method?: string;
    headers?: Record<string, string>;
    file?: Partial<DownloadFile>;
  } = {},
) {
  const seen = { opened: 0, closed: 0, ends: [] as BodyEnd[] };
  const response = fileResponse({ method, headers: new Headers(headers) }, {
    size: bytes.length,
    sha256,
    lastModified: modified,
    contentType: "text/plain",
    fileName: "报告.txt",
    download: false,
    cacheControl: "private, no-cache",
    open: () => {
      seen.opened++;
      return Promise.resolve({
        read(into, position) {
          const piece = bytes.subarray(position, position + into.length);
          into.set(piece);
          return Promise.resolve(piece.length);
        },
        close: () => void seen.closed++,
      });
    },
    onEnd: (end) => seen.ends.push(end),
    ...file,
  }, { now, boundary: "B" });
  return { response, seen };
}

const headerSets = (...sets: Record<string, string>[]) => sets;

async function refusal(response: Promise<Response>): Promise<Problem> {
  const error = await response.then(() => null, (error) => error);
  assert.ok(error instanceof Problem, String(error));
  return error;
}

Deno.test("GET answers 200 with every header of a download", async () => {
  const { response, seen } = download();
  const answer = await response;
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.fromEntries(answer.headers), {
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-disposition": "inline; filename=__.txt; filename*=UTF-8''%E6%8A%A5%E5%91%8A.txt",
    "content-length": "10",
    "content-security-policy":
      "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "content-type": "text/plain; charset=utf-8",
    "cross-origin-resource-policy": "same-origin",
    "etag": etag,
    "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
    "repr-digest": `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`,
    "x-content-type-options": "nosniff",
  });
  assert.equal(await answer.text(), "0123456789");
  assert.deepEqual(seen, { opened: 1, closed: 1, ends: [{ sent: 10, left: 0, whole: true }] });
});

Deno.test("HEAD has the headers of GET, ignores Range and opens nothing", async () => {
  const get = await download().response;
  await get.body!.cancel();
  for (const headers of headerSets({}, { range: "bytes=0-1" }, { range: "bytes=99-" }, { range: "x" })) {
    const { response, seen } = download({ method: "HEAD", headers });
    const head = await response;
    assert.equal(head.status, 200);
    assert.deepEqual([...head.headers], [...get.headers]);
    assert.equal(head.body, null);
    assert.equal(seen.opened, 0);
  }
});

Deno.test("a single range is a 206 with Content-Range and the digest of the whole", async () => {
  const { response, seen } = download({ headers: { range: "bytes=-3" } });
  const answer = await response;
  assert.equal(answer.status, 206);
  assert.equal(answer.headers.get("content-range"), "bytes 7-9/10");
  assert.equal(answer.headers.get("content-length"), "3");
  assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.match(answer.headers.get("repr-digest")!, /^sha-256=:.{44}:$/);
  assert.equal(answer.headers.get("etag"), etag);
  assert.equal(await answer.text(), "789");
  assert.deepEqual(seen.ends, [{ sent: 3, left: 0, whole: true }]);
});

Deno.test("several ranges are multipart/byteranges of exactly the length announced", async () => {
  const { response } = download({ headers: { range: "bytes=8-,0-1" } });
  const answer = await response;
  assert.equal(answer.status, 206);
  assert.equal(answer.headers.get("content-type"), "multipart/byteranges; boundary=B");
  assert.equal(answer.headers.get("content-range"), null);
  const body = await answer.text();
  assert.equal(
    body,
    "--B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 8-9/10\r\n\r\n89" +
      "\r\n--B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--B--\r\n",
  );
  assert.equal(answer.headers.get("content-length"), String(body.length));
});

Deno.test("several ranges that become one are an ordinary 206", async () => {
  const answer = await download({ headers: { range: "bytes=0-2,2-5" } }).response;
  assert.equal(answer.headers.get("content-range"), "bytes 0-5/10");
  assert.equal(await answer.text(), "012345");
});

Deno.test("304 carries the validators and nothing of the content, and opens nothing", async () => {
  for (const method of ["GET", "HEAD"]) {
    const headers = { "if-none-match": etag, range: "bytes=0-1" };
    const { response, seen } = download({ method, headers, file: { vary: "Accept" } });
    const answer = await response;
    assert.equal(answer.status, 304);
    assert.deepEqual(Object.fromEntries(answer.headers), {
      "cache-control": "private, no-cache",
      "etag": etag,
      "last-modified": "Fri, 02 Jan 2026 03:04:05 GMT",
      "vary": "Accept",
    });
    assert.equal(seen.opened, 0);
  }
});

Deno.test("412 is a problem with the current ETag, and opens nothing", async () => {
  for (const method of ["GET", "HEAD"]) {
    const { response, seen } = download({ method, headers: { "if-match": '"old"' } });
    const problem = await refusal(response);
    assert.equal(problem.code, "precondition-failed");
    assert.equal(problem.headers["etag"], etag);
    assert.equal(seen.opened, 0);
  }
});

Deno.test("416 is a problem with the size in Content-Range, and opens nothing", async () => {
  const { response, seen } = download({ headers: { range: "bytes=10-" } });
  const problem = await refusal(response);
  assert.equal(problem.code, "range-not-satisfiable");
  assert.equal(problem.headers["content-range"], "bytes */10");
  assert.equal(seen.opened, 0);
});

Deno.test("a Range for another version gives the whole file", async () => {
  for (
    const headers of headerSets(
      { range: "bytes=99-", "if-range": '"old"' },
      { range: "bytes=5-", "unless-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" },
    )
  ) {
    const answer = await download({ headers }).response;
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), "0123456789");
  }
});

Deno.test("a missing blob is refused before any header", async () => {
  const missing = new Problem("blob-missing", "Gone.");
  const seen: BodyEnd[] = [];
  const { response } = download({
    file: { open: () => Promise.reject(missing), onEnd: (end) => seen.push(end) },
  });
  assert.equal(await refusal(response), missing);
  assert.deepEqual(seen, []);
});

Deno.test("an empty file is opened, answered and closed", async () => {
  for (const headers of headerSets({}, { range: "bytes=0-" })) {
    const { response, seen } = download({ headers, file: { size: 0 } });
    const answer = await response;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-length"), "0");
    assert.equal(await answer.text(), "");
    assert.deepEqual(seen, { opened: 1, closed: 1, ends: [{ sent: 0, left: 0, whole: true }] });
  }
});

Deno.test("a large body that nobody takes closes its source", async () => {
  const { response, seen } = download({ file: { size: SMALL_BODY + 1 } });
  const answer = await response;
  assert.equal(seen.closed, 0);
  await answer.body!.cancel();
  assert.deepEqual(seen, { opened: 1, closed: 1, ends: [{ sent: 0, left: SMALL_BODY + 1, whole: false }] });
});

Deno.test("a small body is read before its headers, so that a failure is told", async () => {
  const { response, seen } = download();
  const answer = await response;
  assert.deepEqual(seen, { opened: 1, closed: 1, ends: [{ sent: 10, left: 0, whole: true }] });
  assert.equal(await answer.text(), "0123456789");

  const short = download({ file: { size: 11 } });
  await assert.rejects(short.response, /ended at 10, 1 bytes early/);
  assert.equal(short.seen.closed, 1);
  assert.deepEqual(short.seen.ends.map(({ sent, left, whole }) => [sent, left, whole]), [[0, 11, false]]);
});

Deno.test("an own entity tag replaces that of the digest, and a weak one allows no ranges by If-Range", async () => {
  const file = { sha256: null, etag: 'W/"1-2"' };
  const answer = await download({ file, headers: { range: "bytes=0-1", "if-range": 'W/"1-2"' } }).response;
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("etag"), 'W/"1-2"');
  assert.equal(answer.headers.get("repr-digest"), null);
  await answer.body!.cancel();
});

Deno.test("a modification time in the future is given as now and is no strong validator", async () => {
  const file = { lastModified: now + 60_000 };
  const date = new Date(now).toUTCString();
  const answer = await download({ file, headers: { range: "bytes=0-1", "if-range": date } }).response;
  assert.equal(answer.headers.get("last-modified"), date);
  assert.equal(answer.status, 200);
  await answer.body!.cancel();
});

Deno.test("media keep their origin so that the browser may ask again, and embedding is opened by the caller", async () => {
  const file = { contentType: "video/mp4", embedding: "cross-origin" as const };
  const answer = await download({ method: "HEAD", file }).response;
  assert.match(
    answer.headers.get("content-security-policy")!,
    /^sandbox allow-same-origin; default-src 'none'; media-src/,
  );
  assert.equal(answer.headers.get("cross-origin-resource-policy"), "cross-origin");
  const saved = await download({ method: "HEAD", file: { ...file, download: true } }).response;
  assert.match(saved.headers.get("content-disposition")!, /^attachment;/);
  assert.match(saved.headers.get("content-security-policy")!, /^sandbox; /);
});
