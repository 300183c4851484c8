import assert from "node:assert/strict";
import { ALICE, startApp } from "../support/app.ts";
import { listen } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import {
  begun,
  completeUpload,
  digestField,
  newSession,
  putChunk,
  received,
  sha256,
  SMALL_CHUNKS,
  storedSizes,
} from "../support/upload_calls.ts";

const SIZE = 40_000;
const FILE = randomBytes(SIZE, { seed: 1 });
/** The least silence that can be configured, so that a test takes no longer than it must. */
const IMPATIENT = { ...SMALL_CHUNKS, uploads: { idleSeconds: 1, takeoverSeconds: 1 } };

interface Talk {
  /** Sent one after the other with `pauseMs` between; then silence. */
  pieces: Uint8Array[];
  pauseMs?: number;
  lines: string[];
}

/** Status and code of the answer to a request whose client never ends its body. */
async function silence(server: ReturnType<typeof listen>, { lines, pieces, pauseMs = 0 }: Talk) {
  using connection = await rawConnect(server.url);
  await connection.send(await server.head(lines, ALICE));
  for (const piece of pieces) {
    await connection.send(piece);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  const response = await connection.response();
  return [response?.status, JSON.parse(new TextDecoder().decode(response?.body)).code];
}

Deno.test("a body that stalls is ended with 408, and what counted stays; with a digest nothing does", async () => {
  await using app = await startApp({ pawlJson: IMPATIENT });
  await using server = listen(app);
  const ids = await Promise.all([1, 2, 3, 4].map(() => newSession(app, { size: SIZE })));
  const line = (id: string) => `PUT /api/v1/uploads/${id}/chunks/0 HTTP/1.1`;
  const length = `Content-Length: ${SIZE}`;
  const digest = `Content-Digest: ${digestField("md5", FILE)}`;
  // The last one is slow, not silent: for longer than the silence allowed it sends a little now and then.
  const slow = [0, 1, 2, 3].map((part) => FILE.slice(part * 4000, part * 4000 + 4000));
  const talks: Talk[] = [
    { lines: [line(ids[0]!), length], pieces: [FILE.slice(0, 7000)] },
    { lines: [line(ids[1]!), length, digest], pieces: [FILE.slice(0, SIZE - 1)] },
    { lines: [line(ids[2]!), length], pieces: [] },
    { lines: [line(ids[3]!), length], pieces: slow, pauseMs: 400 },
  ];
  const answers = await Promise.all(talks.map((talk) => silence(server, talk)));
  assert.deepEqual(answers, talks.map(() => [408, "body-stalled"]));
  const kept = await Promise.all(ids.map((id) => received(app, id)));
  assert.deepEqual(kept, [[{ offset: 0, size: 7000 }], [], [], [{ offset: 0, size: 16_000 }]]);

  await putChunk(app, ids[0]!, { offset: 7000, body: FILE.slice(7000) });
  assert.equal((await completeUpload(app, ids[0]!)).body.sha256, sha256(FILE));
});

Deno.test("a whole file or a form that stalls leaves nothing behind", async () => {
  await using app = await startApp({ pawlJson: IMPATIENT });
  await using server = listen(app);
  const length = `Content-Length: ${SIZE}`;
  const form = new TextEncoder().encode(
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
  );
  const type = "Content-Type: multipart/form-data; boundary=b";
  const answers = await Promise.all([
    silence(server, { lines: ["PUT /api/v1/files/a.bin HTTP/1.1", length], pieces: [FILE.slice(0, 9000)] }),
    silence(server, {
      lines: ["POST /api/v1/attachments HTTP/1.1", length, type],
      pieces: [form, FILE.slice(0, 9000)],
    }),
  ]);
  assert.deepEqual(answers, [[408, "body-stalled"], [408, "body-stalled"]]);
  assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
});
