import assert from "node:assert/strict";
import { fingerprint, PawlError, type UploadSession } from "../../client/mod.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { connectTo, type Intercept, type SeenRequest } from "../support/client_app.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";

const KIB = 1024;
const CHUNK = 256 * KIB;
/** Beyond what is hashed before it is sent. */
const SIZE = 17 * 1024 * KIB;
const SEED = 11;

const theFile = () => new File([randomBytes(SIZE, { seed: SEED })], "film.mp4");

const isChunk = ({ method, path }: Pick<SeenRequest, "method" | "path">) =>
  method === "PUT" && path.includes("/chunks/");
const offsetOf = ({ path }: SeenRequest) => Number(path.split("/").at(-1));

/** Sends so many chunks of the file, as a run would that is ended then. */
async function leaveUnfinished(app: TestApp, chunks: number, source: Blob = theFile()) {
  const stop = new AbortController();
  let sent = 0;
  const intercept: Intercept = async (request, forward) => {
    if (!isChunk(request) || sent++ < chunks) return await forward();
    stop.abort(new Error("the page is closed"));
    return await Promise.reject(new TypeError("broken"));
  };
  const { pawl } = connectTo(app, { intercept });
  const upload = pawl.upload(source, { chunkSize: CHUNK, parallel: 1, signal: stop.signal });
  await assert.rejects(upload.result, /the page is closed/);
  assert.equal(upload.state, "cancelled");
  const session = await pawl.uploads.get(upload.sessionId!);
  assert.equal(session.receivedBytes, chunks * CHUNK);
  return session;
}

Deno.test("another run, on another machine, sends only what is missing", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 5);
  const { pawl, requests } = connectTo(app);
  const states: string[] = [];
  const upload = pawl.upload(theFile(), { onState: ({ state }) => states.push(state) });
  const attachment = await upload.result;
  assert.equal(upload.sessionId, left.id);
  assert.equal(attachment.sha256, randomSha256(SIZE, { seed: SEED }));
  const sent = requests.filter(isChunk);
  assert.equal(sent.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0), SIZE - left.receivedBytes);
  assert.ok(sent.every((request) => offsetOf(request) >= left.receivedBytes));
  assert.equal(upload.progress.resumedBytes, left.receivedBytes);
  assert.deepEqual(states, ["opening", "comparing", "uploading", "finishing", "completed"]);
});

Deno.test("a session that is named is gone on with", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 2);
  const { pawl } = connectTo(app);
  const upload = pawl.upload(theFile(), { sessionId: left.id, fingerprint: "something else" });
  await upload.result;
  assert.equal(upload.sessionId, left.id);
});

Deno.test("a file of the same name, size and samples is not mixed up with the one whose upload is open", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 5);
  const other = randomBytes(SIZE, { seed: SEED });
  other[CHUNK + 99_000]! ^= 1; // Between two samples, in a chunk that was sent.
  const file = new File([other], "film.mp4");
  assert.equal(await fingerprint(file), await fingerprint(theFile()));

  const { pawl, requests } = connectTo(app);
  const upload = pawl.upload(file);
  const attachment = await upload.result;
  assert.notEqual(upload.sessionId, left.id);
  assert.notEqual(attachment.sha256, randomSha256(SIZE, { seed: SEED }));
  assert.equal(attachment.sha256, upload.sha256);
  assert.equal(requests.filter(isChunk).reduce((sum, { bodyBytes }) => sum + bodyBytes, 0), SIZE);
  // What the first one had sent is untouched.
  assert.equal((await pawl.uploads.get(left.id)).receivedBytes, left.receivedBytes);
});

for (const late of [false, true]) {
  const when = late ? "while the other one is sent" : "before";
  Deno.test(`a file that differs only in what was not sent is not mixed up, with a digest told ${when}`, async () => {
    await using app = await startApp();
    const left = await leaveUnfinished(app, 5);
    const other = randomBytes(SIZE, { seed: SEED });
    other[6 * CHUNK + 99_000]! ^= 1; // Between two samples, in a chunk that was not sent.
    const file = new File([other], "film.mp4");
    assert.equal(await fingerprint(file), await fingerprint(theFile()));
    const tell = async () => {
      const { pawl } = connectTo(app);
      const json = {
        fileName: "film.mp4",
        size: SIZE,
        fingerprint: await fingerprint(theFile()),
        sha256: randomSha256(SIZE, { seed: SEED }),
      };
      assert.equal((await pawl.request<UploadSession>("POST", "api/v1/uploads", { json })).id, left.id);
    };
    if (!late) await tell();

    let told = !late;
    const { pawl } = connectTo(app, {
      async intercept(request, forward) {
        if (isChunk(request) && !told) {
          told = true;
          await tell();
        }
        return await forward();
      },
    });
    const upload = pawl.upload(file);
    const attachment = await upload.result;
    assert.notEqual(upload.sessionId, left.id);
    assert.equal(attachment.sha256, upload.sha256);
    assert.notEqual(attachment.sha256, randomSha256(SIZE, { seed: SEED }));
    // The first one is sent whole all the same.
    assert.equal((await pawl.upload(theFile()).result).sha256, randomSha256(SIZE, { seed: SEED }));
  });
}

Deno.test("a session that is named but of another file is refused, whatever its size", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 2);
  const { pawl } = connectTo(app);
  for (const source of [new File(["short"], "a"), new File([randomBytes(SIZE, { seed: 1 })], "film.mp4")]) {
    const upload = pawl.upload(source, { sessionId: left.id });
    await assert.rejects(upload.result, (error: PawlError) => error.code === "content-differs");
    assert.equal(upload.state, "failed");
  }
});

Deno.test("forceNew begins anew", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 2);
  const { pawl } = connectTo(app);
  const upload = pawl.upload(theFile(), { forceNew: true });
  await upload.result;
  assert.notEqual(upload.sessionId, left.id);
});

Deno.test("a session that expires or goes meanwhile is replaced", async () => {
  await using app = await startApp();
  let expired = false;
  const { pawl } = connectTo(app, {
    async intercept(request, forward) {
      if (isChunk(request) && offsetOf(request) >= 4 * CHUNK && !expired) {
        expired = true;
        app.clock += 25 * 3_600_000;
      }
      return await forward();
    },
    token: async () => await app.token({ sub: "root", role: "admin" }),
  });
  const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1 });
  assert.equal((await upload.result).sha256, randomSha256(SIZE, { seed: SEED }));
  assert.equal(expired, true);
});

Deno.test("a session that somebody cancels elsewhere ends the upload", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app, {
    async intercept(request, forward) {
      if (isChunk(request) && offsetOf(request) === 4 * CHUNK) await pawl.uploads.cancel(upload.sessionId!);
      return await forward();
    },
  });
  const upload = pawl.upload(theFile(), { chunkSize: CHUNK, parallel: 1 });
  await assert.rejects(upload.result, (error: PawlError) => error.code === "upload-cancelled");
});

Deno.test("two runs of one file at once end with one session's bytes, whole", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const uploads = [1, 2].map(() => pawl.upload(theFile(), { chunkSize: CHUNK }));
  const [one, two] = await Promise.all(uploads.map(({ result }) => result));
  for (const { sha256 } of [one!, two!]) assert.equal(sha256, randomSha256(SIZE, { seed: SEED }));
});

Deno.test("an upload that another client finishes meanwhile gives its attachment", async () => {
  await using app = await startApp();
  const left = await leaveUnfinished(app, 4);
  const { pawl: other } = connectTo(app);
  let finished: string | null = null;
  const { pawl } = connectTo(app, {
    async intercept(request, forward) {
      if (isChunk(request) && finished === null) {
        finished = "";
        finished = (await other.upload(theFile(), { sessionId: left.id }).result).id;
      }
      return await forward();
    },
  });
  const attachment = await pawl.upload(theFile(), { sessionId: left.id }).result;
  assert.equal(attachment.id, finished);
});
