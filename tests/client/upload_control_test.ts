import assert from "node:assert/strict";
import { PawlError, type UploadState } from "../../client/mod.ts";
import { startApp } from "../support/app.ts";
import { connectTo, eagerClock, type Intercept, type SeenRequest } from "../support/client_app.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";

const CHUNK = 256 * 1024;
const SIZE = 8 * CHUNK;
const SHA256 = randomSha256(SIZE, { seed: 1 });

const theFile = () => new File([randomBytes(SIZE, { seed: 1 })], "film.mp4");
const isChunk = ({ method, path }: Pick<SeenRequest, "method" | "path">) =>
  method === "PUT" && path.includes("/chunks/");

/** Calls `then` when chunk number `nth` is about to be sent. */
function atChunk(nth: number, then: () => void | Promise<void>): Intercept {
  let count = 0;
  return async (request, forward) => {
    if (isChunk(request) && ++count === nth) await then();
    return await forward();
  };
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Resolves in the state. */
function whenIn(state: UploadState) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, onState: (change: { state: UploadState }) => change.state === state && resolve() };
}

Deno.test("after a pause nothing is sent until it goes on", async () => {
  await using app = await startApp();
  const paused = whenIn("paused");
  const { pawl, requests } = connectTo(app, { intercept: atChunk(3, () => upload.pause()) });
  const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1, onState: paused.onState });
  await paused.promise;
  assert.equal(upload.progress.bytesPerSecond, 0);
  // Long enough for a chunk that should not be sent.
  for (let turn = 0; turn < 50; turn++) await tick();
  assert.equal(requests.filter(isChunk).length, 3);
  assert.equal(upload.state, "paused");
  upload.resume();
  assert.equal(upload.state, "uploading");
  assert.equal((await upload.result).sha256, SHA256);
});

Deno.test("a request that does not end soon after a pause is broken off, and made again", async () => {
  await using app = await startApp();
  const paused = whenIn("paused");
  let hang = true;
  const { pawl, requests, waits } = connectTo(app, {
    async intercept(request, forward) {
      if (!isChunk(request) || !hang) return await forward();
      hang = false;
      upload.pause();
      return await new Promise<Response>(() => {});
    },
  });
  const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1, onState: paused.onState });
  await paused.promise;
  while (!waits.includes(2000)) await tick();
  for (let turn = 0; turn < 3; turn++) await tick();
  upload.resume();
  assert.equal((await upload.result).sha256, SHA256);
  assert.equal(requests.filter(isChunk).length, 9);
});

Deno.test("a pause holds in every phase", async () => {
  for (const phase of ["opening", "comparing", "finishing"] as const) {
    await using app = await startApp();
    const seen: UploadState[] = [];
    const reached = Promise.withResolvers<void>();
    const { pawl } = connectTo(app);
    if (phase === "comparing") {
      const first = pawl.upload(theFile(), {
        chunkSize: CHUNK,
        onProgress: (p) => p.confirmedBytes > 0 && first.stop(),
      });
      await first.result.catch(() => {});
    }
    const upload = pawl.upload(theFile(), {
      onState({ state }) {
        const first = !seen.includes(phase);
        seen.push(state);
        if (state === phase && first) {
          upload.pause();
          reached.resolve();
        }
      },
    });
    await reached.promise;
    assert.equal(upload.state, "paused");
    upload.resume();
    assert.equal((await upload.result).sha256, SHA256);
    assert.equal(seen.at(-1), "completed");
  }
});

Deno.test("resume cuts a wait short", async () => {
  await using app = await startApp();
  let fails = 1;
  const never = eagerClock([]);
  const { pawl } = connectTo(app, {
    intercept: (request, forward) =>
      isChunk(request) && fails-- > 0 ? Promise.reject(new TypeError("broken")) : forward(),
    surroundings: {
      clock: {
        ...never,
        delay: (_ms, signal) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      },
    },
  });
  const waiting = whenIn("waiting");
  const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1, onState: waiting.onState });
  await waiting.promise;
  upload.resume();
  assert.equal((await upload.result).sha256, SHA256);
});

Deno.test("cancel ends it and frees what has arrived; stop and signal leave it", async () => {
  await using app = await startApp();
  for (const how of ["cancel", "stop", "signal"] as const) {
    const controller = new AbortController();
    const reason = new Error("the person left");
    let ended: Promise<void> | void = undefined;
    const { pawl } = connectTo(app, {
      intercept: atChunk(3, () => {
        if (how === "signal") controller.abort(reason);
        else ended = upload[how]();
      }),
    });
    const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1, signal: controller.signal });
    await assert.rejects(
      upload.result,
      (error: PawlError) => how === "signal" ? error === reason : error.code === "cancelled",
    );
    await ended;
    assert.equal(upload.state, "cancelled");
    const open = (await pawl.uploads.list()).items;
    assert.equal(open.length, how === "cancel" ? 0 : 1);
    if (how !== "cancel") await pawl.uploads.cancel(upload.sessionId!);
  }
});

Deno.test("cancel leaves nothing open, also when the session is just being opened", async () => {
  await using app = await startApp();
  for (const when of ["before it arrives", "before its answer"] as const) {
    let ended: Promise<void> | null = null;
    const { pawl } = connectTo(app, {
      async intercept({ method, path }, forward) {
        if (method !== "POST" || !path.endsWith("/uploads") || ended) return await forward();
        if (when === "before it arrives") ended = upload.cancel();
        const answer = await forward();
        ended ??= upload.cancel();
        await assert.rejects(upload.result, (error: PawlError) => error.code === "cancelled");
        return answer;
      },
    });
    const upload = pawl.upload(theFile());
    await assert.rejects(upload.result, (error: PawlError) => error.code === "cancelled");
    await ended;
    assert.deepEqual((await pawl.uploads.list()).items, [], when);
    const usage = await pawl.request<{ bytesPerDay: { used: number } | null }>("GET", "api/v1/usage");
    assert.equal(usage.bytesPerDay?.used ?? 0, 0);
  }
});

Deno.test("what has been cancelled before it began makes no request", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  const upload = pawl.upload(theFile(), { signal: AbortSignal.abort(new Error("no")) });
  await assert.rejects(upload.result, /no/);
  const other = pawl.upload(theFile());
  await other.cancel();
  assert.equal(other.state, "cancelled");
  assert.equal(requests.filter(({ method }) => method !== "DELETE").length <= 1, true);
});

Deno.test("cancel after the end changes nothing", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const upload = pawl.upload(theFile());
  const { id } = await upload.result;
  await upload.cancel();
  upload.pause();
  assert.equal(upload.state, "completed");
  assert.equal((await pawl.attachments.get(id)).id, id);
});

Deno.test("nobody has to listen to an upload that fails", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app, { intercept: () => Promise.reject(new TypeError("offline")) });
  const failed = whenIn("failed");
  pawl.upload(theFile(), { retries: 0, onState: failed.onState });
  await failed.promise;
});
