import assert from "node:assert/strict";
import type { RandomAccessSource, UploadState } from "../../client/mod.ts";
import { connectTo, type SeenRequest } from "../support/client_app.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";
import { ADMIN, startApp } from "../support/app.ts";

const MIB = 1024 * 1024;

const file = (size: number, { seed = size, name = "film.mp4", type = "" } = {}) =>
  new File([randomBytes(size, { seed })], name, { type });

/** Sends of chunks among the requests. */
const chunkPuts = (requests: SeenRequest[]) =>
  requests.filter(({ method, path }) => method === "PUT" && path.includes("/chunks/"));

Deno.test("a file of any size arrives byte for byte, each chunk with its digest", async () => {
  await using app = await startApp();
  const { pawl, requests } = connectTo(app);
  for (const size of [0, 1, 256 * 1024, 3 * MIB + 17]) {
    const attachment = await pawl.upload(file(size)).result;
    assert.equal(attachment.size, size);
    assert.equal(attachment.sha256, randomSha256(size, { seed: size }));
    const content = await app.request(`/api/v1/attachments/${attachment.id}/content`, {
      user: { sub: "root" },
    });
    assert.deepEqual(new Uint8Array(await content.arrayBuffer()), randomBytes(size, { seed: size }));
  }
  const puts = chunkPuts(requests);
  assert.ok(puts.length > 3);
  for (const { headers } of puts) assert.match(headers.get("Content-Digest")!, /^sha-256=:.{44}:$/);
});

Deno.test("what the file is called and belongs to goes with it", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const own = await pawl.upload(file(5, { name: "a b.txt", type: "text/plain" })).result;
  assert.deepEqual([own.fileName, own.contentType, own.businessType], ["a b.txt", "text/plain", "General"]);
  const named = await pawl.upload(new File(["%PDF-1.7\n"], "film.mp4"), {
    fileName: "c.pdf",
    contentType: "application/pdf",
    businessType: "Document",
    businessId: "invoice-1",
    visibility: "users",
  }).result;
  assert.deepEqual(
    [named.fileName, named.contentType, named.businessType, named.businessId, named.visibility],
    ["c.pdf", "application/pdf", "Document", "invoice-1", "users"],
  );
});

Deno.test("states and figures tell the way from the first byte read to the attachment", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const size = 2 * MIB;
  const states: UploadState[] = [];
  const fractions: number[] = [];
  const upload = pawl.upload(file(size), {
    progressInterval: 0,
    onState: ({ state, previous }) => {
      assert.equal(previous, states.at(-1) ?? "preparing");
      states.push(state);
    },
    onProgress: (progress) => {
      assert.equal(progress.totalBytes, size);
      assert.ok(progress.confirmedBytes <= progress.transferredBytes);
      assert.equal(progress.fraction === 1, progress.state === "completed");
      fractions.push(progress.fraction);
    },
  });
  assert.equal(upload.state, "preparing");
  assert.equal(upload.sessionId, null);
  await upload.result;
  assert.deepEqual(states, ["opening", "uploading", "finishing", "completed"]);
  assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b));
  assert.equal(upload.state, "completed");
  assert.equal(upload.progress.confirmedBytes, size);
  assert.equal(upload.progress.secondsLeft, 0);
  assert.match(upload.sessionId!, /./);
  assert.equal(upload.sha256, randomSha256(size, { seed: size }));
});

Deno.test("content that is there already is not sent: small files at once, large ones when their digest is known", async () => {
  await using app = await startApp();
  const askedAgain = Promise.withResolvers<void>();
  const { pawl, requests } = connectTo(app, {
    async intercept({ method, body }, forward) {
      const asks = method === "POST" && new TextDecoder().decode(body ?? undefined).includes('"sha256"');
      // The line is slow: what is sent next waits until the digest is known.
      if (method === "PUT" && chunkPuts(requests).length > 2) await askedAgain.promise;
      const answer = await forward();
      if (asks) askedAgain.resolve();
      return answer;
    },
  });
  for (const size of [100_000, 40 * MIB]) {
    const first = await app.request("/api/v1/files/first.bin", {
      method: "PUT",
      body: randomBytes(size, { seed: size }),
      user: ADMIN,
    });
    const again = pawl.upload(file(size, { name: "other.bin" }), { chunkSize: 256 * 1024 });
    const second = await again.result;
    assert.equal(again.instant, true);
    assert.notEqual(second.id, (await first.json()).id);
    assert.equal(second.fileName, "other.bin");
    assert.equal(again.progress.fraction, 1);
  }
  assert.ok(chunkPuts(requests).length < 10);
  // The session of the large one is gone.
  assert.deepEqual((await pawl.uploads.list()).items, []);
});

Deno.test("a digest that is known beforehand makes the upload instant without reading the file", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const size = 20 * MIB;
  const first = await pawl.upload(file(size)).result;
  let reads = 0;
  const source: RandomAccessSource = {
    size,
    read: (start, end) => {
      reads += end - start;
      return randomBytes(end - start, { seed: size, offset: start });
    },
  };
  const again = pawl.upload(source, { sha256: first.sha256, fileName: "c" });
  assert.equal((await again.result).sha256, first.sha256);
  assert.ok(reads < 1 * MIB);
});

Deno.test("anything that can be read at any position is a source", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const size = 2 * MIB + 5;
  const bytes = (start: number, end: number) => randomBytes(end - start, { seed: 7, offset: start });
  const forms: RandomAccessSource["read"][] = [
    (start, end) => bytes(start, end),
    (start, end) => bytes(start, end).buffer,
    (start, end) => new Blob([bytes(start, end)]),
    (start, end) => Promise.resolve(new Response(bytes(start, end)).body!),
    // A view into a larger buffer, which its owner uses again.
    (start, end) => {
      const large = new Uint8Array(end - start + 8);
      large.set(bytes(start, end), 4);
      return large.subarray(4, 4 + end - start);
    },
  ];
  for (const [index, read] of forms.entries()) {
    const upload = pawl.upload({ name: `form-${index}`, size, read }, { forceNew: true });
    const attachment = await upload.result;
    assert.equal(attachment.fileName, `form-${index}`);
    assert.equal(attachment.sha256, randomSha256(size, { seed: 7 }));
  }
});

Deno.test("never more chunks are on their way than asked for, and a fixed size is kept", async () => {
  await using app = await startApp();
  let open = 0;
  let most = 0;
  const { pawl, requests } = connectTo(app, {
    async intercept({ method }, forward) {
      if (method !== "PUT") return await forward();
      most = Math.max(most, ++open);
      const answer = await forward();
      open--;
      return answer;
    },
  });
  const size = 5 * MIB;
  await pawl.upload(file(size), { parallel: 2, chunkSize: 512 * 1024 }).result;
  assert.equal(most, 2);
  assert.deepEqual(new Set(chunkPuts(requests).map(({ bodyBytes }) => bodyBytes)), new Set([512 * 1024]));
});

Deno.test("a stream of unknown length goes up in one request and is compared", async () => {
  await using app = await startApp();
  const tokens = ["stale", await app.token(ADMIN)];
  const { pawl } = connectTo(app, { token: () => tokens.shift()! });
  const bytes = randomBytes(300_000, { seed: 3 });
  const stream = new Blob([bytes]).stream();
  const attachment = await pawl.uploadStream(stream, { fileName: "from a pipe.bin", businessId: "x" });
  assert.equal(attachment.sha256, randomSha256(300_000, { seed: 3 }));
  assert.equal(attachment.businessId, "x");
});

Deno.test("a listener that throws harms nothing but itself", async () => {
  await using app = await startApp();
  const { pawl } = connectTo(app);
  const reported: unknown[] = [];
  const listen = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", listen);
  const mistake = new Error("a mistake of the page");
  try {
    await pawl.upload(file(10), {
      onState() {
        throw mistake;
      },
    }).result;
  } finally {
    globalThis.removeEventListener("error", listen);
  }
  assert.ok(reported.length > 0 && reported.every((error) => error === mistake));
});
