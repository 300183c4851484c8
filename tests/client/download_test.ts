import assert from "node:assert/strict";
import type { Attachment, DownloadState, FileHandleLike, Pawl } from "../../client/mod.ts";
import { ADMIN, startApp, type TestApp } from "../support/app.ts";
import { connectTo, type Intercept } from "../support/client_app.ts";
import { randomBytes, randomSha256, verifyRandom } from "../support/random_bytes.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;
const SIZE = 5 * MIB + 3;
const SHA256 = randomSha256(SIZE, { seed: 1 });

async function stored(app: TestApp, { size = SIZE, seed = 1, name = "film.mp4" } = {}): Promise<Attachment> {
  const body = randomBytes(size, { seed });
  const path = `/api/v1/files/${encodeURIComponent(name)}`;
  return await (await app.request(path, { method: "PUT", body, user: ADMIN })).json();
}

const namesIn = async (path: string) =>
  (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();

const isContent = ({ path }: { path: string }) => path.includes("/content");

Deno.test("a file comes in parallel ranges, in order, and is compared with the server's digest", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl, requests } = connectTo(app);
  const { id, fileName } = await stored(app);
  const states: DownloadState[] = [];
  const fractions: number[] = [];
  const path = dir.join("copy.mp4");
  const done = await pawl.download(id, {
    to: path,
    partSize: MIB,
    progressInterval: 0,
    onState: ({ state }) => states.push(state),
    onProgress: ({ fraction }) => fractions.push(fraction),
  }).result;
  assert.deepEqual(done, {
    path,
    fileName,
    contentType: "video/mp4",
    size: SIZE,
    sha256: SHA256,
    verified: true,
    etag: `"${SHA256}"`,
    resumedBytes: 0,
  });
  assert.deepEqual(await Deno.readFile(path), randomBytes(SIZE, { seed: 1 }));
  assert.deepEqual(await namesIn(dir.path), ["copy.mp4"]);
  assert.deepEqual(requests.filter(isContent).map(({ headers }) => headers.get("Range")).sort(), [
    `bytes=0-${MIB - 1}`,
    ...[1, 2, 3, 4].map((n) => `bytes=${n * MIB}-${(n + 1) * MIB - 1}`),
    `bytes=${5 * MIB}-${SIZE - 1}`,
  ]);
  assert.deepEqual(states, ["downloading", "verifying", "completed"]);
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b));
  assert.equal(fractions.at(-1), 1);
});

Deno.test("files of any size arrive, by id, attachment or address", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl } = connectTo(app);
  for (const size of [0, 1, MIB]) {
    const attachment = await stored(app, { size, seed: size });
    for (const [index, what] of [attachment.id, attachment, attachment.url].entries()) {
      const path = dir.join(`${size}-${index}`);
      const done = await pawl.download(what, { to: path }).result;
      assert.deepEqual([done.size, done.verified], [size, true]);
      assert.deepEqual(await Deno.readFile(path), randomBytes(size, { seed: size }));
    }
  }
});

Deno.test("without a target the bytes are read from a stream, fetched as they are read", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const size = 40 * MIB;
  const { id } = await stored(app, { size, seed: 2 });
  const download = pawl.download(id, { partSize: MIB, parallel: 2 });
  const reader = download.stream!.getReader();
  const { value } = await reader.read();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  // Twice as many parts as connections, and those that are being written.
  assert.ok(requests.filter(isContent).length <= 6, `${requests.filter(isContent).length} parts`);
  reader.releaseLock();
  const rest = await verifyRandom(download.stream!, { seed: 2, offset: value!.length });
  assert.equal(value!.length + rest, size);
  assert.equal((await download.result).verified, true);
});

Deno.test("who stops reading the stream ends the download", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const { id } = await stored(app);
  const download = pawl.download(id);
  const reader = download.stream!.getReader();
  await reader.read();
  await reader.cancel();
  await assert.rejects(download.result, { code: "cancelled" });
  assert.equal(download.state, "cancelled");
});

Deno.test("a stream of one's own is written in order and closed, or aborted with the reason", async () => {
  await using app = await startApp();
  const { id } = await stored(app);
  let broken = false;
  const { pawl } = connectTo(app, {
    intercept: (request, forward) =>
      broken && isContent(request) ? Promise.resolve(new Response("gone", { status: 410 })) : forward(),
  });
  const pieces: Uint8Array[] = [];
  let ended = null as unknown;
  const stream = () =>
    new WritableStream<Uint8Array>({
      write: (bytes) => void pieces.push(bytes),
      close: () => void (ended = "closed"),
      abort: (reason) => void (ended = reason),
    });
  await pawl.download(id, { to: stream() }).result;
  assert.equal(ended, "closed");
  assert.deepEqual(
    new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()),
    randomBytes(SIZE, { seed: 1 }),
  );

  broken = true;
  await assert.rejects(pawl.download(id, { to: stream() }).result, { status: 410 });
  assert.equal((ended as unknown as { status: number }).status, 410);

  const full = new WritableStream<Uint8Array>({ write: () => Promise.reject(new Error("no room")) });
  broken = false;
  await assert.rejects(pawl.download(id, { to: full }).result, { code: "destination" });
});

Deno.test("into a folder the file gets the server's name, made safe, and what is there of it is gone on with", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl, requests } = connectTo(app);
  const { id } = await stored(app, { name: "报告 <final>.pdf" });
  const name = "报告 _final_.pdf";
  const stopped = pawl.download(id, {
    to: dir.path,
    partSize: MIB,
    parallel: 1,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes >= 2 * MIB && stopped.stop()),
  });
  await assert.rejects(stopped.result, { code: "cancelled" });
  assert.deepEqual(await namesIn(dir.path), [`${name}.part`, `${name}.part.json`]);
  const left = (await Deno.stat(dir.join(`${name}.part`))).size;

  requests.length = 0;
  const done = await pawl.download(id, { to: dir.path, partSize: MIB }).result;
  assert.deepEqual([done.path, done.resumedBytes, done.verified], [dir.join(name), left, true]);
  assert.ok(requests.some(({ headers }) => headers.get("Range")?.startsWith(`bytes=${left}-`)));
});

Deno.test("an existing file is replaced only when that is wanted, and only when the new one is whole", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl } = connectTo(app);
  const { id } = await stored(app);
  const path = dir.join("a.mp4");
  await Deno.writeTextFile(path, "the old one");
  await assert.rejects(pawl.download(id, { to: path, overwrite: false }).result, { code: "destination" });
  const stopped = pawl.download(id, {
    to: path,
    onState: ({ state }) => state === "downloading" && stopped.stop(),
  });
  await assert.rejects(stopped.result);
  assert.equal(await Deno.readTextFile(path), "the old one");
  await pawl.download(id, { to: path }).result;
  assert.equal((await Deno.stat(path)).size, SIZE);
  await pawl.download(id, { to: dir.join("b.mp4"), overwrite: false }).result;
  assert.deepEqual(await namesIn(dir.path), ["a.mp4", "b.mp4"]);
  await assert.rejects(pawl.download(id, { to: dir.join("no/folder/x") }).result, { code: "destination" });
});

Deno.test("cancel removes what was written", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl } = connectTo(app);
  const { id } = await stored(app);
  const download = pawl.download(id, {
    to: dir.join("a"),
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes > 0 && download.cancel()),
  });
  await assert.rejects(download.result, { code: "cancelled" });
  assert.deepEqual(await namesIn(dir.path), []);
});

Deno.test("after a pause nothing is asked for until it goes on", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl, requests } = connectTo(app);
  const { id } = await stored(app);
  const paused = Promise.withResolvers<void>();
  const download = pawl.download(id, {
    to: dir.join("a"),
    partSize: MIB,
    parallel: 1,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) =>
      void (confirmedBytes > MIB && download.state === "downloading" && download.pause()),
    onState: ({ state }) => state === "paused" && paused.resolve(),
  });
  await paused.promise;
  const asked = requests.length;
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(requests.length, asked);
  while (download.state !== "completed") {
    download.resume();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal((await download.result).verified, true);
});

/** A server with one file that tests change; `whole`: it knows no ranges. */
function otherServer(pawl: (intercept: Intercept) => Pawl, { whole = false, digest = true } = {}) {
  const file = { bytes: randomBytes(SIZE, { seed: 1 }), etag: '"1"' as string | null };
  let cutAfter = Infinity;
  const seen: Headers[] = [];
  const intercept: Intercept = ({ headers, method }) => {
    seen.push(headers);
    const range = /bytes=(\d+)-(\d*)/.exec(headers.get("Range") ?? "");
    const ifRange = headers.get("If-Range");
    const partial = range && !whole && (ifRange === null || ifRange === file.etag);
    const start = partial ? Number(range[1]) : 0;
    const end = partial && range[2] ? Math.min(Number(range[2]) + 1, file.bytes.length) : file.bytes.length;
    const common: Record<string, string> = { ...(file.etag ? { "ETag": file.etag } : {}) };
    if (digest && file.etag === '"1"') {
      common["Repr-Digest"] = `sha-256=:${
        btoa(String.fromCharCode(...(SHA256.match(/../g)!.map((h) => parseInt(h, 16)))))
      }:`;
    }
    if (partial && start >= file.bytes.length) {
      return Promise.resolve(
        new Response(null, { status: 416, headers: { "Content-Range": `bytes */${file.bytes.length}` } }),
      );
    }
    const bytes = file.bytes.slice(start, end);
    const sent = Math.min(bytes.length, cutAfter);
    const broken = sent < bytes.length;
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(bytes.subarray(0, sent));
        if (!broken) controller.close();
      },
      pull: (controller) => controller.error(new TypeError("cut")),
    });
    return Promise.resolve(
      new Response(method === "HEAD" ? null : body, {
        status: partial ? 206 : 200,
        headers: {
          ...common,
          "Content-Length": String(bytes.length),
          ...(partial ? { "Content-Range": `bytes ${start}-${end - 1}/${file.bytes.length}` } : {}),
        },
      }),
    );
  };
  return { file, seen, pawl: pawl(intercept), cut: (bytes: number) => void (cutAfter = bytes) };
}

Deno.test("a file that changes between two runs is fetched anew", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { file, pawl } = otherServer((intercept) => connectTo(app, { intercept }).pawl);
  const path = dir.join("a");
  const first = pawl.download("/x", {
    to: path,
    partSize: MIB,
    parallel: 1,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes > MIB && first.stop()),
  });
  await assert.rejects(first.result);
  file.bytes = randomBytes(3 * MIB, { seed: 2 });
  file.etag = '"2"';
  const done = await pawl.download("/x", { to: path }).result;
  assert.deepEqual([done.resumedBytes, done.size, done.etag, done.verified], [0, 3 * MIB, '"2"', false]);
  assert.equal(done.sha256, randomSha256(3 * MIB, { seed: 2 }));
});

Deno.test("a file that changes in the middle is never mixed: a path begins anew, a stream fails", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const changing = () => {
    const server = otherServer((intercept) => connectTo(app, { intercept }).pawl);
    const onProgress = ({ confirmedBytes }: { confirmedBytes: number }) => {
      if (confirmedBytes < MIB || server.file.etag === '"2"') return;
      server.file.bytes = randomBytes(SIZE, { seed: 2 });
      server.file.etag = '"2"';
    };
    const options = { partSize: MIB, parallel: 1, progressInterval: 0, onProgress };
    return { pawl: server.pawl, options };
  };
  const one = changing();
  const done = await one.pawl.download("/x", { to: dir.join("a"), ...one.options }).result;
  assert.equal(done.sha256, randomSha256(SIZE, { seed: 2 }));
  const two = changing();
  const download = two.pawl.download("/x", two.options);
  await assert.rejects(new Response(download.stream).arrayBuffer(), { code: "download-changed" });
  await assert.rejects(download.result, { code: "download-changed" });
});

Deno.test("what was damaged on disk between two runs is found by the digest and fetched anew", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl } = connectTo(app);
  const { id } = await stored(app);
  const path = dir.join("a");
  const first = pawl.download(id, {
    to: path,
    partSize: MIB,
    parallel: 1,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes > MIB && first.stop()),
  });
  await assert.rejects(first.result);
  {
    using part = await Deno.open(path + ".part", { write: true });
    await part.write(new Uint8Array(10));
  }
  const done = await pawl.download(id, { to: path }).result;
  assert.deepEqual([done.verified, done.resumedBytes], [true, 0]);
  assert.deepEqual(await Deno.readFile(path), randomBytes(SIZE, { seed: 1 }));
});

Deno.test("bytes that are damaged on their way are not given out as the file", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { id } = await stored(app);
  const { pawl } = connectTo(app, {
    async intercept(request, forward) {
      const answer = await forward();
      if (!isContent(request)) return answer;
      const bytes = new Uint8Array(await answer.arrayBuffer());
      bytes[10]! ^= 1;
      return new Response(bytes, answer);
    },
  });
  await assert.rejects(pawl.download(id, { to: dir.join("a") }).result, { code: "download-damaged" });
  assert.deepEqual((await namesIn(dir.path)).includes("a"), false);
  const unverified = await pawl.download(id, { to: dir.join("b"), verify: false }).result;
  assert.deepEqual([unverified.sha256, unverified.verified], [null, false]);
  await assert.rejects(
    connectTo(app).pawl.download(id, { to: dir.join("c"), sha256: "0".repeat(64) }).result,
    { code: "download-damaged" },
  );
});

Deno.test("a server without ranges is read whole, again from the start when it breaks", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl, cut, seen } = otherServer((intercept) => connectTo(app, { intercept }).pawl, { whole: true });
  cut(2 * MIB);
  const download = pawl.download("/x", {
    to: dir.join("a"),
    progressInterval: 0,
    onState: ({ state }) => state === "waiting" && cut(Infinity),
  });
  assert.equal((await download.result).verified, true);
  assert.equal(seen.length, 2);
});

Deno.test("ranges that break are gone on with where they broke", async () => {
  await using app = await startApp();
  await using dir = await tempDir();
  const { pawl, cut, seen } = otherServer((intercept) => connectTo(app, { intercept }).pawl);
  cut(300_000);
  const done = await pawl.download("/x", { to: dir.join("a"), parallel: 1, retries: 1 }).result;
  assert.equal(done.verified, true);
  const starts = seen.map((headers) => Number(/bytes=(\d+)/.exec(headers.get("Range")!)![1]));
  assert.equal(new Set(starts).size, starts.length);
  assert.ok(starts.length > 15);
});

Deno.test("the token goes to the server only", async () => {
  await using app = await startApp();
  const sent: [string, string | null][] = [];
  const { pawl } = connectTo(app, {
    fetch: ((input: URL, init: RequestInit) => {
      sent.push([input.origin, new Headers(init.headers).get("Authorization")]);
      return Promise.resolve(new Response("hello"));
    }) as typeof fetch,
  });
  for (const address of ["http://127.0.0.1/d/abc", "https://elsewhere.example/x"]) {
    assert.equal(await new Response(pawl.download(address).stream).text(), "hello");
  }
  assert.match(sent[0]![1]!, /^Bearer /);
  assert.deepEqual(sent[1], ["https://elsewhere.example", null]);
});

Deno.test("a token that expires between two ranges is renewed once for all that wait for it", async () => {
  await using app = await startApp();
  const { id } = await stored(app);
  let asked = 0;
  let ranges = 0;
  const { pawl } = connectTo(app, {
    token() {
      asked++;
      return app.token(ADMIN);
    },
    async intercept(request, forward) {
      if (!isContent(request) || ++ranges < 3 || asked > 1) return await forward();
      return Response.json({ code: "token-expired", title: "x", status: 401 }, { status: 401 });
    },
  });
  assert.equal(await verifyRandom(pawl.download(id, { partSize: MIB }).stream!, { seed: 1 }), SIZE);
  assert.equal(asked, 2);
});

Deno.test("refusals are told with their code", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const download = pawl.download("123456789");
  const read = new Response(download.stream).arrayBuffer();
  await assert.rejects(download.result, { code: "not-found", status: 404 });
  await assert.rejects(read, { code: "not-found" });
  assert.equal(download.state, "failed");
});

/** A file of the browser's, in memory: what is written counts when it is closed. */
function fakeHandle() {
  const state = { content: new Uint8Array() };
  const handle: FileHandleLike = {
    name: "a.bin",
    getFile: () => Promise.resolve(new Blob([state.content])),
    createWritable({ keepExistingData = false } = {}) {
      let bytes = keepExistingData ? state.content.slice() : new Uint8Array();
      const resize = (size: number) => {
        const next = new Uint8Array(size);
        next.set(bytes.subarray(0, size));
        bytes = next;
      };
      return Promise.resolve({
        write({ position, data }) {
          if (bytes.length < position + data.length) resize(position + data.length);
          bytes.set(data, position);
          return Promise.resolve();
        },
        truncate: (size) => Promise.resolve(resize(size)),
        close: () => Promise.resolve(void (state.content = bytes)),
        abort: () => Promise.resolve(),
      });
    },
  };
  return { handle, state };
}

Deno.test("a file handle of the browser's is written, and gone on with by its entity tag", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const { id } = await stored(app);
  const { handle, state } = fakeHandle();
  const first = pawl.download(id, {
    to: handle,
    partSize: MIB,
    parallel: 1,
    progressInterval: 0,
    onProgress: ({ confirmedBytes }) => void (confirmedBytes > MIB && first.stop()),
  });
  await assert.rejects(first.result, { code: "cancelled" });
  const left = state.content.length;
  assert.ok(left > MIB && left < SIZE);

  requests.length = 0;
  const second = await pawl.download(id, { to: handle, etag: first.etag! }).result;
  assert.deepEqual([second.resumedBytes, second.verified, second.path], [left, true, null]);
  assert.deepEqual(state.content, randomBytes(SIZE, { seed: 1 }));
  assert.ok(requests.every(({ headers }) => headers.get("If-Range") === first.etag));

  // All there already.
  const third = await pawl.download(id, { to: handle, etag: first.etag! }).result;
  assert.deepEqual([third.resumedBytes, third.verified], [SIZE, true]);
  // Another version: from the start.
  const fourth = await pawl.download(id, { to: handle, etag: '"another"' }).result;
  assert.deepEqual([fourth.resumedBytes, fourth.verified], [0, true]);

  state.content = new Uint8Array([1, 2, 3]);
  const cancelled = pawl.download(id, {
    to: handle,
    onState: ({ state }) => state === "downloading" && cancelled.cancel(),
  });
  await assert.rejects(cancelled.result);
  assert.deepEqual([...state.content], [1, 2, 3]);
});
