import assert from "node:assert/strict";
import { type FormFile, type FormOptions, readForm } from "../../../routes/http/form_upload.ts";
import { END, feed, FORM_TYPE, join, part } from "../../support/form.ts";

const OPTIONS: FormOptions = { fileField: "file", maxFields: 8, maxFieldBytes: 100, idleMs: 30_000 };
const HELLO = part('name="file"; filename="a.txt"', "hello");

Deno.test("when the file is refused, the form ends with that refusal and the client's body is let go", async () => {
  const bytes = join(part('name="file"; filename="a"', "x".repeat(500_000)), END);
  const cuts = [100, 65536, 131072, 262144];
  const ways: ((file: FormFile) => Promise<void>)[] = [
    () => Promise.reject(new RangeError("refused")),
    () => {
      throw new RangeError("refused");
    },
    async ({ body }) => {
      for await (const _ of body) throw new RangeError("refused");
    },
    async ({ body }) => {
      await body.getReader().read();
      throw new RangeError("refused");
    },
  ];
  for (const onFile of ways) {
    for (const end of ["close", "stall"] as const) {
      const cancelled = Promise.withResolvers<void>();
      const body = feed(bytes, { cuts, end, onCancel: cancelled.resolve });
      const form = readForm({ headers: new Headers({ "Content-Type": FORM_TYPE }), body }, {
        ...OPTIONS,
        onFile,
      });
      await assert.rejects(form, /refused/);
      await cancelled.promise;
    }
  }
});

Deno.test("what the reader of the file leaves unread is passed over, and later fields still count", async () => {
  const big = part('name="file"; filename="a"', "x".repeat(500_000));
  const cuts = [100, 65536, 131072, 262144];
  const headers = new Headers({ "Content-Type": FORM_TYPE });
  const ways: ((file: FormFile) => Promise<string>)[] = [
    () => Promise.resolve("ok"),
    async ({ body }) => (await body.cancel(), "ok"),
    async ({ body }) => {
      for await (const _ of body) break;
      return "ok";
    },
    async ({ body }) => {
      await body.getReader().read();
      return "ok";
    },
  ];
  for (const onFile of ways) {
    const body = feed(join(big, part('name="a"', "1"), END), { cuts });
    assert.deepEqual(await readForm({ headers, body }, { ...OPTIONS, onFile }), {
      fields: { a: "1" },
      file: "ok",
    });
  }
});

Deno.test("a failure after the file waits for the file's reader, so that it can be undone", async () => {
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const headers = new Headers({ "Content-Type": FORM_TYPE });
  const form = readForm({ headers, body: feed(join(HELLO, HELLO, END), { onCancel: gate.resolve }) }, {
    ...OPTIONS,
    async onFile({ body }) {
      await new Response(body).text().catch(() => log.push("cut off"));
      await gate.promise;
      log.push("stored");
    },
  }).catch((error) => log.push(error.code));
  await form;
  assert.deepEqual(log.slice(-2), ["stored", "malformed-body"]);
});

Deno.test("the file can be read into the reader's own buffer, and no faster than it is read", async () => {
  let pulled = 0;
  const bytes = join(
    part('name="file"; filename="a"', new Uint8Array(4_000_000).map((_, i) => i % 251)),
    END,
  );
  const cuts = Array.from({ length: 61 }, (_, i) => (i + 1) * 65536);
  const source = feed(bytes, { cuts }).pipeThrough(
    new TransformStream({ transform: (piece, out) => (pulled += piece.length, out.enqueue(piece)) }),
  );
  const { file } = await readForm({ headers: new Headers({ "Content-Type": FORM_TYPE }), body: source }, {
    ...OPTIONS,
    async onFile({ body }) {
      const reader = body.getReader({ mode: "byob" });
      let buffer = new Uint8Array(10_000);
      let size = 0;
      for (;;) {
        const { done, value } = await reader.read(buffer);
        if (done) return size;
        for (let i = 0; i < value.length; i++) {
          if (value[i] !== (size + i) % 251) throw new Error(`byte ${size + i}`);
        }
        size += value.length;
        assert.ok(pulled - size < 1_000_000, `${pulled - size} bytes ahead`);
        buffer = new Uint8Array(value.buffer);
      }
    },
  });
  assert.equal(file, 4_000_000);
});

Deno.test("a file that was cut off before its reader began is not taken for whole either", async () => {
  const headers = new Headers({ "Content-Type": FORM_TYPE });
  for (const end of ["close", "break"] as const) {
    const ended = Promise.withResolvers<void>();
    let taken: unknown;
    const form = readForm({ headers, body: feed(HELLO.slice(0, -3), { end, onEnd: ended.resolve }) }, {
      ...OPTIONS,
      async onFile({ body }) {
        await ended.promise;
        await new Promise((resolve) => setTimeout(resolve, 0));
        taken = await new Response(body).text().catch((error) => error.code);
      },
    });
    await assert.rejects(form, { code: "body-incomplete" });
    assert.equal(taken, "body-incomplete");
  }
});

Deno.test("a form that is refused before its file does not begin with the file", async () => {
  let begun = false;
  const body = feed(join(part("name"), HELLO, END));
  const form = readForm({ headers: new Headers({ "Content-Type": FORM_TYPE }), body }, {
    ...OPTIONS,
    onFile: () => Promise.resolve(begun = true),
  });
  await assert.rejects(form, { code: "malformed-body" });
  assert.equal(begun, false);
});
