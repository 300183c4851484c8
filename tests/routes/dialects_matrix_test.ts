/** One session, every dialect: begun in one, continued in another, finished in a third, always the same file. */
import assert from "node:assert/strict";
import { ALICE, BOB, startApp } from "../support/app.ts";
import { assertSameBytes } from "../support/client_program.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { metadata, OFFSET_BYTES, type TusAnswer, tusClient } from "../support/tus.ts";

const CHUNK = 300 * 1024;
const SIZE = 3 * CHUNK;
const NAME = "film 中文.mp4";
const DRAFT = { "Tus-Resumable": null, "Upload-Draft-Interop-Version": "8" };

type Send = (
  method: string,
  path: string,
  headers?: Record<string, string | null>,
  body?: Uint8Array<ArrayBuffer>,
) => Promise<TusAnswer>;

interface Way {
  /** The session's id. */
  begin(send: Send): Promise<string>;
  append(
    send: Send,
    id: string,
    at: { offset: number; bytes: Uint8Array<ArrayBuffer>; last: boolean },
  ): Promise<TusAnswer>;
  /** What is there, as this dialect tells it. */
  received(send: Send, id: string): Promise<number>;
}

const json = { "Tus-Resumable": null, "Content-Type": "application/json" };
const body = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

const WAYS: Record<string, Way> = {
  "chunk API": {
    async begin(send) {
      const opened = await send(
        "POST",
        "/api/v1/uploads",
        json,
        body({ fileName: NAME, size: SIZE, forceNew: true }),
      );
      return JSON.parse(opened.text).id;
    },
    async append(send, id, { offset, bytes, last }) {
      const put = await send(
        "PUT",
        `/api/v1/uploads/${id}/chunks/${offset}`,
        { "Tus-Resumable": null },
        bytes,
      );
      return put.status === 200 && last
        ? await send("POST", `/api/v1/uploads/${id}/complete`, { "Tus-Resumable": null })
        : put;
    },
    async received(send, id) {
      return JSON.parse((await send("GET", `/api/v1/uploads/${id}`, { "Tus-Resumable": null })).text)
        .receivedBytes;
    },
  },
  "tus": {
    async begin(send) {
      const headers = { "Upload-Length": String(SIZE), "Upload-Metadata": metadata({ filename: NAME }) };
      return (await send("POST", "/files", headers)).headers.get("Location")!.split("/").at(-1)!;
    },
    append: (send, id, { offset, bytes }) =>
      send("PATCH", `/files/${id}`, { "Content-Type": OFFSET_BYTES, "Upload-Offset": String(offset) }, bytes),
    async received(send, id) {
      return Number((await send("HEAD", `/files/${id}`)).headers.get("Upload-Offset"));
    },
  },
  "IETF draft": {
    async begin(send) {
      const created = await send("POST", "/files", {
        ...DRAFT,
        "Upload-Complete": "?0",
        "Upload-Length": String(SIZE),
        "Content-Disposition": `inline; filename*=UTF-8''${encodeURIComponent(NAME)}`,
      });
      return created.headers.get("Location")!.split("/").at(-1)!;
    },
    append: (send, id, { offset, bytes, last }) =>
      send("PATCH", `/files/${id}`, {
        ...DRAFT,
        "Content-Type": "application/partial-upload",
        "Upload-Offset": String(offset),
        "Upload-Complete": last ? "?1" : "?0",
      }, bytes),
    async received(send, id) {
      return Number((await send("HEAD", `/files/${id}`, DRAFT)).headers.get("Upload-Offset"));
    },
  },
};

Deno.test("a session begun in any dialect goes on and is finished in any other", async (t) => {
  await using app = await startApp({
    pawlJson: { limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
  });
  await using client = tusClient(app);
  const as = (user: typeof ALICE): Send => (method, path, headers = {}, bytes) =>
    client.send(method, path, { headers, body: bytes ?? null, user });
  const send = as(ALICE);
  let seed = 0;

  for (const [first, begun] of Object.entries(WAYS)) {
    for (const [second, continued] of Object.entries(WAYS)) {
      for (const [third, finished] of Object.entries(WAYS)) {
        await t.step(`${first}, then ${second}, then ${third}`, async () => {
          const bytes = randomBytes(SIZE, { seed: ++seed });
          const part = (n: number) => ({
            offset: n * CHUNK,
            bytes: bytes.slice(n * CHUNK, (n + 1) * CHUNK),
            last: n === 2,
          });
          const id = await begun.begin(send);
          for (const [n, way] of [begun, continued, finished].entries()) {
            assert.equal(await way.received(send, id), n * CHUNK);
            if (n < 2) {
              assert.equal((await send("GET", `/files/${id}`, { "Tus-Resumable": null })).status, 404);
            }
            const stranger = await way.append(as(BOB), id, part(n));
            assert.equal(stranger.status, 404, "another user's bytes");
            const answer = await way.append(send, id, part(n));
            assert.ok(answer.status < 300, answer.text);
          }
          const { attachmentId, status } = JSON.parse(
            (await send("GET", `/api/v1/uploads/${id}`, { "Tus-Resumable": null })).text,
          );
          assert.equal(status, "completed");
          const { body: attachment } = await app.json("GET", `/api/v1/attachments/${attachmentId}`);
          assert.deepEqual([attachment.fileName, attachment.size, attachment.ownerId], [NAME, SIZE, "alice"]);
          assertSameBytes(await client.bytes(`/files/${id}`), bytes);
        });
      }
    }
  }
});
