import assert from "node:assert/strict";
import fc from "fast-check";
import { type FormFile, type FormOptions, readForm } from "../../../routes/http/form_upload.ts";
import { END, type Feed, feed, FORM_TYPE, join, part } from "../../support/form.ts";

const OPTIONS: FormOptions = { fileField: "file", maxFields: 8, maxFieldBytes: 100, idleMs: 30_000 };
const HELLO = part('name="file"; filename="a.txt"', "hello");

/** Reads the file into memory, so that a test can compare it. */
async function take({ body, ...file }: FormFile) {
  return { ...file, bytes: new Uint8Array(await new Response(body).arrayBuffer()) };
}

function read(
  pieces: (string | Uint8Array)[],
  options: Feed & Partial<FormOptions> & { type?: string } = {},
) {
  const headers = new Headers({ "Content-Type": options.type ?? FORM_TYPE });
  return readForm({ headers, body: feed(join(...pieces), options) }, {
    ...OPTIONS,
    ...options,
    onFile: take,
  });
}

Deno.test("a form made by a client is read back, whatever its fields, their order and the cuts of its bytes", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !/[\r\n]/.test(text));
  const fields = fc.dictionary(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((name) =>
      /^[^\r\n"%\\]+$/.test(name) && name !== "file"
    ),
    text,
    { maxKeys: 5, noNullPrototype: true },
  );
  // Bytes that look like delimiters are frequent, so that cuts fall among them.
  const tricky = fc.constantFrom(13, 10, 45, 45, 98);
  const content = fc.array(fc.oneof(tricky, fc.nat(255)), { maxLength: 200 }).map((bytes) =>
    new Uint8Array(bytes)
  );
  await fc.assert(
    fc.asyncProperty(
      fields,
      content,
      fc.nat(5),
      fc.array(fc.nat(1500), { maxLength: 12 }),
      async (fields, bytes, at, cuts) => {
        const form = new FormData();
        const entries = Object.entries(fields);
        for (const [name, value] of entries.slice(0, at)) form.append(name, value);
        form.append("file", new File([bytes], '报告 "最终".pdf', { type: "application/pdf" }));
        for (const [name, value] of entries.slice(at)) form.append(name, value);
        const request = new Request("http://localhost/", { method: "POST", body: form });
        const whole = new Uint8Array(await request.arrayBuffer());
        const edges = cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b);
        const result = await read([whole], { cuts: edges, type: request.headers.get("Content-Type")! });
        assert.deepEqual(result.fields, fields);
        assert.deepEqual(result.file, {
          fileName: '报告 "最终".pdf',
          contentType: "application/pdf",
          fieldsBefore: Object.fromEntries(entries.slice(0, at)),
          bytes,
        });
      },
    ),
    { numRuns: 150 },
  );
});

Deno.test("a form that is cut off anywhere is refused, and its file is never taken for whole unless it was", async () => {
  const whole = join(part('name="a"', "1"), HELLO, part('name="b"', "2"), END);
  const fileEnd = join(part('name="a"', "1"), HELLO).length;
  for (let length = 0; length < whole.length - "\r\n".length; length++) {
    for (const end of ["close", "break"] as const) {
      let taken: string | undefined;
      const form = readForm({
        headers: new Headers({ "Content-Type": FORM_TYPE }),
        body: feed(whole.slice(0, length), { end }),
      }, {
        ...OPTIONS,
        onFile: async (file) => void (taken = new TextDecoder().decode((await take(file)).bytes)),
      });
      await assert.rejects(form, { code: "body-incomplete" }, `${length} bytes, then ${end}`);
      if (length < fileEnd) assert.equal(taken, undefined, `${length} bytes, then ${end}`);
      else assert.ok(taken === undefined || taken === "hello");
    }
  }
});

Deno.test("forms that are not one file with a few named fields are refused with what to do", async () => {
  const many = Array.from({ length: 9 }, (_, i) => part(`name="f${i}"`));
  const other = (type: string) => ({ type });
  const table: [RegExp, string, (string | Uint8Array)[], { type: string }?][] = [
    [/has no file/, "malformed-body", [END]],
    [/has no file/, "malformed-body", [part('name="a"', "1"), END]],
    [/more than one file/, "malformed-body", [HELLO, HELLO, END]],
    [/more than one file/, "malformed-body", [HELLO, part('name="x"; filename="b"'), END]],
    [/in the part "file", not in "photo"/, "malformed-body", [part('name="photo"; filename="b"'), END]],
    [/in the part "file", not in ""/, "malformed-body", [part('filename="b"'), END]],
    [/no name/, "malformed-body", [part('x="b"', "1"), HELLO, END]],
    [/no name/, "malformed-body", [part('name=""', "1"), HELLO, END]],
    [/"a" twice/, "malformed-body", [part('name="a"'), HELLO, part('name="a"'), END]],
    [/"a" may have 100 bytes/, "body-too-large", [part('name="a"', "x".repeat(101)), HELLO, END]],
    [/8 fields/, "body-too-large", [...many, HELLO, END]],
    [/8 fields/, "body-too-large", ["--b\r\n\r\n\r\n".repeat(5000), END]],
    [/too large beside its file/, "body-too-large", ["x".repeat(3e6), "\r\n", HELLO, END]],
    [/too large beside its file/, "body-too-large", [HELLO, END, "x".repeat(3e6)]],
    [/closing boundary/, "body-incomplete", ["hello"]],
    [/closing boundary/, "body-incomplete", [""]],
    [/multipart\/form-data/, "unsupported-media-type", ["{}"], other("application/json")],
    [/multipart\/form-data/, "unsupported-media-type", [HELLO, END], other("multipart/form-databoundary=b")],
    [/one boundary/, "malformed-body", [HELLO, END], other("multipart/form-data")],
    [/one boundary/, "malformed-body", [HELLO, END], other("multipart/form-data; boundary=")],
    [/one boundary/, "malformed-body", [HELLO, END], other("multipart/form-data; boundary=b; boundary=c")],
    [/one boundary/, "malformed-body", [HELLO, END], other(`${FORM_TYPE}, ${FORM_TYPE}`)],
    [
      /one boundary/,
      "malformed-body",
      [HELLO, END],
      other(`multipart/form-data; boundary=${"b".repeat(71)}`),
    ],
  ];
  for (const [message, code, pieces, options] of table) {
    const size = join(...pieces).length;
    const cuts = Array.from({ length: Math.floor(size / 65536) }, (_, i) => (i + 1) * 65536);
    await assert.rejects(read(pieces, { cuts, ...options }), { code, message }, String(message));
  }
  const empty = readForm({ headers: new Headers({ "Content-Type": FORM_TYPE }), body: null }, {
    ...OPTIONS,
    onFile: take,
  });
  await assert.rejects(empty, { code: "malformed-body" });
});

Deno.test("unusual but understandable forms are read", async () => {
  const file = async (disposition: string) => (await read([part(disposition, "x"), END])).file;
  assert.equal((await file("name=file; filename=plain.txt")).fileName, "plain.txt");
  assert.equal((await file(`name="file"; filename*=UTF-8''%E4%B8%AD.txt`)).fileName, "中.txt");
  assert.equal((await file('name="file"; filename="a\\"b.txt"')).fileName, 'a"b.txt');
  assert.equal((await file('name="file"; filename=""')).fileName, null);
  assert.equal((await file('name="file"')).fileName, null);
  assert.equal((await file('name="file"; filename="../a\0b"')).fileName, "../a\0b");
  assert.equal(
    (await file('name="file"; filename="a"\r\nContent-Type: Image/PNG; x=y')).contentType,
    "image/png",
  );
  assert.equal((await file('name="file"; filename="a"\r\nContent-Type: text/plain')).contentType, null);
  const full = part('name="f"', "x".repeat(100));
  assert.equal((await read([full, HELLO, END.trimEnd()])).fields.f, "x".repeat(100));
  assert.deepEqual((await read(["preamble\r\n", HELLO, END, "epilogue"], { cuts: [5, 100] })).fields, {});
  const quoted = await read([HELLO, END], { type: 'Multipart/Form-Data; charset=utf-8; boundary="b"' });
  assert.equal(quoted.file.bytes.length, 5);
  // Nobody keeps a megabyte of name; what is left is refused as too long where names are judged.
  const long = (await file(`name="file"; filename="${"x".repeat(1_000_000)}"`)).fileName;
  assert.ok(long!.length > 255 && long!.length < 8192);
  const names = await read([part('name="__proto__"', "1"), part('name="constructor"', "2"), HELLO, END]);
  assert.deepEqual(Object.entries(names.fields), [["__proto__", "1"], ["constructor", "2"]]);
});

Deno.test("no bytes make the reader hang or fail with anything but a refusal", async () => {
  const words = fc.constantFrom(
    "--b",
    "--b--",
    "\r\n",
    "\r\n\r\n",
    "\n",
    'Content-Disposition: form-data; name="file"; filename="a"',
    'Content-Disposition: form-data; name="a"',
    "Content-Type: text/plain; charset=x",
    ":",
    "; filename*=x''%zz",
    "\xff",
    "-",
    "text",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(words, { maxLength: 30 }),
      fc.array(fc.nat(400), { maxLength: 8 }),
      async (words, cuts) => {
        const bytes = new Uint8Array([...words.join("")].map((char) => char.charCodeAt(0)));
        const edges = cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b);
        try {
          await read([bytes], { cuts: edges });
        } catch (error) {
          const { code } = error as { code?: string };
          assert.ok(
            ["malformed-body", "body-incomplete", "body-too-large"].includes(code ?? ""),
            String(error),
          );
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("a client that stalls is told so, and its file is not taken for whole", async () => {
  const fileError = Promise.withResolvers<unknown>();
  const form = readForm({
    headers: new Headers({ "Content-Type": FORM_TYPE }),
    body: feed(HELLO.slice(0, -4), { end: "stall" }),
  }, {
    ...OPTIONS,
    idleMs: 20,
    onFile: (file) => take(file).catch((error) => (fileError.resolve(error), Promise.reject(error))),
  });
  await assert.rejects(form, { code: "body-stalled", status: 408 });
  assert.equal((await fileError.promise as { code: string }).code, "body-stalled");
  await assert.rejects(read([part('name="a"', "1")], { end: "stall", idleMs: 20 }), { code: "body-stalled" });
});
