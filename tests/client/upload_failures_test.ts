import assert from "node:assert/strict";
import { PawlError, type RandomAccessSource, type UploadStateChange } from "../../client/mod.ts";
import { startApp } from "../support/app.ts";
import { connectTo, type Intercept, type SeenRequest } from "../support/client_app.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";

const KIB = 1024;
const CHUNK = 256 * KIB;
const SIZE = 8 * CHUNK;
const SHA256 = randomSha256(SIZE, { seed: 1 });

const theFile = () => new File([randomBytes(SIZE, { seed: 1 })], "film.mp4");
const isChunk = ({ method, path }: Pick<SeenRequest, "method" | "path">) =>
  method === "PUT" && path.includes("/chunks/");
const broken = () => Promise.reject(new TypeError("connection reset"));

function problem(status: number, code: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = {
    type: `/docs/problems#${code}`,
    title: "T",
    status,
    detail: "Because.",
    code,
    instance: "r1",
  };
  return Promise.resolve(Response.json(body, { status, headers }));
}

/** Lets `fault` answer the requests of which `nth` of its kind says so; counted from 1. */
function faulty(
  kind: (request: SeenRequest) => boolean,
  nth: (count: number) => boolean,
  fault: Intercept,
): Intercept {
  let count = 0;
  return async (request, forward) =>
    kind(request) && nth(++count) ? await fault(request, forward) : await forward();
}

Deno.test("requests that break are made again, wherever they break", async (t) => {
  const kinds: [string, (request: SeenRequest) => boolean][] = [
    ["opening", ({ method, path }) => method === "POST" && path === "/api/v1/uploads"],
    ["a chunk", isChunk],
    ["finishing", ({ path }) => path.endsWith("/complete")],
  ];
  const faults: [string, Intercept][] = [
    ["before they arrive", broken],
    ["after they arrived", async (_request, forward) => {
      await (await forward()).body?.cancel();
      return await broken();
    }],
    ["by a proxy's 502", () => Promise.resolve(new Response("<html>Bad Gateway", { status: 502 }))],
    ["by the server's 503", () => problem(503, "stopping")],
  ];
  await using app = await startApp();
  for (const [name, kind] of kinds) {
    for (const [how, fault] of faults) {
      await t.step(`${name}, ${how}`, async () => {
        const { pawl } = connectTo(app, { intercept: faulty(kind, (count) => count <= 2, fault) });
        const upload = pawl.upload(theFile(), {
          chunkSize: CHUNK,
          forceNew: true,
          sha256: SHA256,
          retries: 3,
        });
        const attachment = await upload.result;
        assert.equal(attachment.sha256, SHA256);
        await pawl.attachments.delete(attachment.id, { permanent: true });
      });
    }
  }
});

Deno.test("a chunk whose answer was lost is not sent again", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app, {
    intercept: faulty(isChunk, (count) => count === 3, async (_request, forward) => {
      await (await forward()).body?.cancel();
      return await broken();
    }),
  });
  await pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 2 }).result;
  assert.equal(requests.filter(isChunk).length, 8);
});

Deno.test("a chunk that was damaged on its way is refused by its digest and sent again", async () => {
  await using app = await startApp();
  let refused = 0;
  const { pawl } = connectTo(app, {
    intercept: faulty(isChunk, (count) => count % 3 === 1, async ({ body }, forward) => {
      body![100]! ^= 1;
      const answer = await forward(body);
      assert.equal(answer.status, 422);
      refused++;
      body![100]! ^= 1;
      return answer;
    }),
  });
  const attachment = await pawl.upload(theFile(), { chunkSize: CHUNK }).result;
  assert.equal(attachment.sha256, SHA256);
  assert.ok(refused >= 3);
});

Deno.test("chunks may overtake each other on their way", async () => {
  await using app = await startApp();
  const held: (() => void)[] = [];
  const sent: string[] = [];
  const arrived: string[] = [];
  const { pawl } = connectTo(app, {
    async intercept(request, forward) {
      if (!isChunk(request)) return await forward();
      const released = new Promise<void>((resolve) => held.push(resolve));
      // The newest goes first; at the end all that wait, the oldest last.
      if (sent.push(request.path) === 8) held.splice(0).reverse().forEach((release) => release());
      else if (held.length === 4) held.pop()!();
      await released;
      arrived.push(request.path);
      return await forward();
    },
  });
  const attachment = await pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 4 }).result;
  assert.equal(attachment.sha256, SHA256);
  assert.ok(arrived.indexOf(sent[0]!) > 0, `${arrived}: the first was overtaken by none`);
});

Deno.test("a proxy that takes only small bodies is given smaller chunks, down to the server's minimum", async () => {
  await using app = await startApp();
  const limit = 600 * KIB;
  const nginx: Intercept = async ({ bodyBytes }, forward) =>
    bodyBytes > limit ? new Response("<html>413 Request Entity Too Large", { status: 413 }) : await forward();
  const { pawl, requests } = connectTo(app, { intercept: nginx });
  const size = 12 * 1024 * KIB;
  const attachment = await pawl.upload(new Blob([randomBytes(size, { seed: 4 })]), {
    chunkSize: 4 * 1024 * KIB,
  })
    .result;
  assert.equal(attachment.sha256, randomSha256(size, { seed: 4 }));
  assert.ok(requests.filter(isChunk).filter(({ bodyBytes }) => bodyBytes > limit).length <= 12);

  const tiny: Intercept = async ({ bodyBytes }, forward) =>
    bodyBytes > 1000 ? new Response("", { status: 413 }) : await forward();
  const refused = connectTo(app, { intercept: tiny }).pawl.upload(theFile());
  await assert.rejects(refused.result, (error: PawlError) => error.status === 413);
});

Deno.test("Retry-After is honoured, and what would take too long is told instead", async () => {
  await using app = await startApp();
  const seconds = (retryAfter: string) =>
    faulty(isChunk, (count) => count === 1, () => problem(503, "busy", { "Retry-After": retryAfter }));
  const patient = connectTo(app, { intercept: seconds("7") });
  await patient.pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1 }).result;
  assert.ok(patient.waits.some((ms) => ms >= 7000 && ms <= 8000), String(patient.waits));

  const late = connectTo(app, { intercept: seconds("36000") }).pawl.upload(new Blob(["another file"]));
  await assert.rejects(late.result, (error: PawlError) => {
    assert.deepEqual([error.code, error.status, error.retryAfter], ["busy", 503, 36000]);
    assert.deepEqual([error.detail, error.message, error.title, error.requestId], [
      "Because.",
      "Because.",
      "T",
      "r1",
    ]);
    return true;
  });
  assert.equal(late.state, "failed");
});

Deno.test("who has used up a limit's window waits for its end before the next of that kind", async () => {
  await using app = await startApp();
  const { pawl, waits } = connectTo(app, {
    async intercept(request, forward) {
      const answer = await forward();
      if (request.method !== "POST" || request.path !== "/api/v1/uploads") return answer;
      const headers = new Headers(answer.headers);
      headers.set("RateLimit", '"uploads-per-minute";r=0;t=20');
      return new Response(answer.body, { status: answer.status, headers });
    },
  });
  await pawl.upload(new Blob(["a"])).result;
  assert.deepEqual(waits, []);
  const told: UploadStateChange[] = [];
  await pawl.upload(new Blob(["b"]), { onState: (change) => void told.push(change) }).result;
  const waiting = told.find(({ state }) => state === "waiting");
  assert.deepEqual([waiting?.error?.code, waiting?.error?.status], ["uploads-per-minute", 429]);
  assert.ok(waiting!.retryAt! > Date.now());
  assert.deepEqual(told.filter(({ state }) => state === "completed").length, 1);
  assert.equal(waits.length, 1);
  assert.ok(waits[0]! > 15_000 && waits[0]! <= 20_000);
});

Deno.test("tries are used up at last, with growing waits that are told", async () => {
  await using app = await startApp();
  const states: UploadStateChange[] = [];
  const { pawl, waits } = connectTo(app, { intercept: faulty(isChunk, () => true, broken) });
  const upload = pawl.upload(theFile(), {
    parallel: 1,
    retries: 4,
    onState: (change) => states.push(change),
  });
  await assert.rejects(upload.result, (error: PawlError) => error.code === "network");
  assert.equal(waits.length, 4);
  assert.deepEqual(waits, waits.toSorted((a, b) => a - b));
  const waiting = states.filter(({ state }) => state === "waiting");
  assert.equal(waiting.length, 4);
  for (const { error, retryAt } of waiting) {
    assert.equal(error?.code, "network");
    assert.ok(retryAt! > 0);
  }
  assert.equal(states.at(-1)!.state, "failed");
  assert.equal(states.at(-1)!.error?.code, "network");
  // What has arrived stays, to go on another time.
  assert.equal((await pawl.uploads.get(upload.sessionId!)).status, "uploading");
});

Deno.test("while the browser knows that it is offline no tries are used up", async () => {
  await using app = await startApp();
  let offline = true;
  let fails = 0;
  const { pawl } = connectTo(app, {
    intercept: faulty(isChunk, () => offline, () => {
      offline = ++fails < 30;
      return broken();
    }),
    surroundings: { line: { isOffline: () => offline, onOnline: () => () => {} } },
  });
  await pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1, retries: 2 }).result;
  assert.equal(fails, 30);
});

Deno.test("refusals that will not pass are told at once", async () => {
  await using app = await startApp();
  const { pawl, waits } = connectTo(app);
  const cases: [RandomAccessSource | Blob, object, string][] = [
    [new File(["x"], "a.exe"), { businessType: "Image" }, "type-not-allowed"],
    [new File(["x"], "a.txt"), { businessType: "Nothing" }, "unknown-business-type"],
    [{ size: 11 * 1024 * 1024, read: (from, to) => new Uint8Array(to - from) }, {
      businessType: "Document",
      fileName: "a.pdf",
    }, "file-too-large"],
    [new File(["x"], "a.txt"), { sha256: "0".repeat(64) }, "digest-mismatch"],
  ];
  for (const [source, options, code] of cases) {
    await assert.rejects(pawl.upload(source, options).result, (error: PawlError) => error.code === code);
  }
  assert.deepEqual(waits, []);
});

Deno.test("a file that changes while it is sent is not stored as something that it never was", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const size = 17 * 1024 * KIB;
  const changing = (changed: (readBytes: number) => boolean, version?: () => string): RandomAccessSource => {
    let read = 0;
    return {
      size,
      ...(version ? { version } : {}),
      read(start, end) {
        read += end - start;
        return randomBytes(end - start, { seed: changed(read) ? 2 : 1, offset: start });
      },
    };
  };
  // Seen by its bytes alone: the digest of the whole is not that of what was sent.
  const seen = pawl.upload(changing((read) => read > 25 * 1024 * KIB), { fileName: "a" });
  await assert.rejects(seen.result, (error: PawlError) => error.code === "source-changed");
  let version = 1;
  const told = pawl.upload(changing(() => false, () => String(version)), {
    fileName: "b",
    forceNew: true,
    onState: ({ state }) => state === "uploading" && version++,
  });
  await assert.rejects(told.result, (error: PawlError) => error.code === "source-changed");
  assert.deepEqual((await pawl.uploads.list()).items, [], "what has arrived of them is given back");
  const shorter = pawl.upload({ size: 100, read: (start, end) => new Uint8Array(end - start - 1) });
  await assert.rejects(shorter.result, (error: PawlError) => error.code === "source-changed");
  assert.deepEqual((await pawl.attachments.list()).items, []);
});

Deno.test("a file that changes during a pause is noticed before another byte of it is sent", async () => {
  await using app = await startApp();
  let version = 1;
  const { pawl, requests } = connectTo(app, {
    async intercept(request, forward) {
      const answer = await forward();
      if (isChunk(request)) upload.pause();
      return answer;
    },
  });
  const acknowledged = Promise.withResolvers<void>();
  const upload = pawl.upload({
    size: SIZE,
    version: () => String(version),
    read: (start, end) => randomBytes(end - start, { seed: version, offset: start }),
  }, {
    fileName: "film.mp4",
    chunkSize: CHUNK,
    parallel: 1,
    onProgress: ({ state, confirmedBytes }) => {
      if (state === "paused" && confirmedBytes > 0) acknowledged.resolve();
    },
  });
  await acknowledged.promise;
  version = 2;
  const sent = requests.filter(isChunk).length;
  upload.resume();
  await assert.rejects(upload.result, (error: PawlError) => error.code === "source-changed");
  assert.equal(requests.filter(isChunk).length, sent);
  assert.deepEqual((await pawl.uploads.list()).items, []);
});

Deno.test("a disguised file is told as such, whichever of its chunks hears of it, and is not tried again", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const source = { size: SIZE, read: (start: number, end: number) => new Uint8Array(end - start).fill(0x4d) };
  const upload = pawl.upload(source, { fileName: "film.mp4", businessType: "Video", chunkSize: CHUNK });
  await assert.rejects(upload.result, ({ code, extra, message }: PawlError) => {
    assert.match(message, /called \.mp4, but its content is/);
    return code === "content-mismatch" || code === "upload-failed" && extra.reason === "content-mismatch";
  });
  assert.equal(requests.filter(({ path }) => path === "/api/v1/uploads").length, 1);
  const chunks = requests.filter(isChunk).map(({ path }) => path);
  assert.deepEqual(chunks, [...new Set(chunks)]);
});

Deno.test("a file that cannot be read is told, not tried", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const upload = pawl.upload({
    size: 10,
    read() {
      throw new DOMException("gone", "NotReadableError");
    },
  });
  await assert.rejects(upload.result, (error: PawlError) => error.code === "source-unreadable");
  assert.deepEqual(requests, []);
});

Deno.test("something else that answers is recognised", async () => {
  await using app = await startApp();
  for (const answer of ["<html>Welcome to the hotel", "{}", ""]) {
    const { pawl } = connectTo(app, { intercept: () => Promise.resolve(new Response(answer)) });
    await assert.rejects(
      pawl.upload(new Blob(["x"])).result,
      (error: PawlError) => error.code === "unexpected-answer" && error.status === 200,
    );
  }
});

Deno.test("a token that expires on the way is renewed once for all that wait for it", async () => {
  await using app = await startApp();
  const user = { sub: "root", role: "admin" } as const;
  let asked = 0;
  let expired = false;
  const { pawl, requests } = connectTo(app, {
    async token() {
      asked++;
      const token = await app.token(user);
      expired = false;
      return `${token}`;
    },
    intercept: faulty(isChunk, (count) => {
      if (count === 3) expired = true;
      return expired;
    }, () => problem(401, "token-expired")),
  });
  const attachment = await pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 4 }).result;
  assert.equal(attachment.sha256, SHA256);
  assert.equal(asked, 2);
  assert.ok(requests.every(({ headers }) => headers.get("Authorization")?.startsWith("Bearer ")));
});

Deno.test("without a new token the refusal is told", async () => {
  await using app = await startApp();
  for (const token of ["stale", () => "stale"]) {
    const { pawl } = connectTo(app, { token });
    await assert.rejects(
      pawl.upload(new Blob(["x"])).result,
      (error: PawlError) => error.status === 401 && error.code === "token-invalid",
    );
  }
  const { pawl } = connectTo(app, { token: () => Promise.reject(new Error("signed out")) });
  await assert.rejects(pawl.upload(new Blob(["x"])).result, (error: PawlError) => {
    return error.code === "unauthenticated" && (error.cause as Error).message === "signed out";
  });
});
