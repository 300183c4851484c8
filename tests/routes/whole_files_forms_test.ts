import assert from "node:assert/strict";
import { ALICE, type Answer, startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { answer, begun, contentOf, outcome, sha256, storedSizes } from "../support/upload_calls.ts";

const SIZE = 300_000;
const FILE = randomBytes(SIZE, { seed: 1 });
FILE.set(new TextEncoder().encode("%PDF-1.7\n"));
const BOUNDARY = "----pawl-form-test";
const NO_TYPE_LARGER_THAN = (maxBytes: number) => ({
  businessTypes: Object.fromEntries(
    ["General", "Avatar", "Image", "Document", "Video", "Audio"].map((name) => [name, { maxBytes }]),
  ),
});

interface Part {
  /** Parameters of its Content-Disposition after `form-data`. */
  disposition: string;
  headers?: string[];
  content: string | Uint8Array;
}

const field = (name: string, value: string): Part => ({ disposition: `name="${name}"`, content: value });
const file = (fileName = "a.bin", content: Uint8Array = FILE, headers: string[] = []): Part => ({
  disposition: `name="file"; filename="${fileName}"`,
  headers,
  content,
});

function encode(parts: Part[], { end = `--${BOUNDARY}--\r\n` } = {}): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder();
  const pieces = parts.flatMap(({ disposition, headers = [], content }) => [
    text.encode(
      [`--${BOUNDARY}`, `Content-Disposition: form-data; ${disposition}`, ...headers, "", ""].join("\r\n"),
    ),
    typeof content === "string" ? text.encode(content) : content,
    text.encode("\r\n"),
  ]);
  return new Uint8Array([...pieces, text.encode(end)].flatMap((piece) => [...piece]));
}

async function send(app: TestApp, body: BodyInit, { query = "", user = ALICE } = {}): Promise<Answer> {
  const headers: Record<string, string> = body instanceof FormData
    ? {}
    : { "Content-Type": `multipart/form-data; boundary=${BOUNDARY}` };
  return await answer(
    await app.request(`/api/v1/attachments${query}`, { method: "POST", body, headers, user }),
  );
}

async function assertNothingLeft(app: TestApp) {
  assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
}

Deno.test("a browser's form is an attachment", async () => {
  await using app = await startApp();
  const form = new FormData();
  form.set("businessType", "Document");
  form.set("file", new File([FILE], '报告 "1".pdf', { type: "application/pdf" }));
  form.set("businessId", "7");
  const { status, headers, body } = await send(app, form);
  assert.equal(status, 201);
  assert.equal(headers.get("Location"), `/api/v1/attachments/${body.id}`);
  const { fileName, contentType, businessType, businessId, size } = body;
  assert.deepEqual(
    { fileName, contentType, businessType, businessId, size },
    {
      fileName: '报告 "1".pdf',
      contentType: "application/pdf",
      businessType: "Document",
      businessId: "7",
      size: SIZE,
    },
  );
  assert.equal(body.sha256, sha256(FILE));
  assert.deepEqual(await contentOf(app, body), new Uint8Array(FILE));
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
});

const FIELDS = [field("businessType", "Document"), field("businessId", "7"), field("fileName", "named.pdf")];

for (
  const [where, parts] of [
    ["before", [...FIELDS, file()]],
    ["after", [file(), ...FIELDS]],
    ["around", [FIELDS[0]!, file(), FIELDS[1]!, FIELDS[2]!]],
  ] as const
) {
  Deno.test(`fields ${where} the file count alike`, async () => {
    await using app = await startApp();
    const { status, body } = await send(app, encode([...parts]));
    const { fileName, businessType, businessId, contentType } = body;
    assert.deepEqual([status, fileName, businessType, businessId, contentType], [
      201,
      "named.pdf",
      "Document",
      "7",
      "application/pdf",
    ]);
  });
}

Deno.test("fields may also be in the query, and the form's own win", async () => {
  await using app = await startApp();
  const query = "?businessType=Image&businessId=9";
  const { body } = await send(app, encode([file("a.pdf"), field("businessType", "Document")]), { query });
  assert.deepEqual([body.businessType, body.businessId], ["Document", "9"]);
});

for (const size of [0, 1, 65_535, 65_536, 65_537]) {
  Deno.test(`a form's file of ${size} bytes keeps every one of them`, async () => {
    await using app = await startApp();
    const content = FILE.slice(0, size);
    const { status, body } = await send(app, encode([file("a.bin", content)]));
    assert.deepEqual([status, body.size, body.sha256], [201, size, sha256(content)]);
  });
}

Deno.test("a file that holds what looks like the form's own lines keeps every byte", async () => {
  await using app = await startApp();
  const almost = BOUNDARY.slice(0, -1);
  const text = `\r\n--${almost}\r\n\r\n--${almost}--\r\n-${BOUNDARY}\r\n--\r\n\r\n--${BOUNDARY}`.slice(0, -1);
  const content = new TextEncoder().encode(text.repeat(1000));
  const { status, body } = await send(app, encode([file("a.bin", content), field("businessId", "7")]));
  assert.deepEqual([status, body.sha256, body.businessId], [201, sha256(content), "7"]);
});

for (
  const [what, parts, status, code] of [
    ["a second file", [file(), file("b.bin", FILE.slice(0, 10))], 400, "malformed-body"],
    ["no file", [field("businessType", "Document")], 400, "malformed-body"],
    ["no part at all", [], 400, "malformed-body"],
    [
      "a file in another part",
      [{ ...file(), disposition: 'name="photo"; filename="a"' }],
      400,
      "malformed-body",
    ],
    ["a field twice", [file(), field("businessId", "1"), field("businessId", "2")], 400, "malformed-body"],
    ["a part without a name", [file(), { disposition: "", content: "x" }], 400, "malformed-body"],
    ["an unknown field", [file(), field("colour", "red")], 400, "invalid-request"],
    ["a field that is too long", [file(), field("businessId", "x".repeat(5000))], 413, "body-too-large"],
    [
      "too many fields",
      [file(), ...Array.from({ length: 21 }, (_, index) => field(`f${index}`, "x"))],
      413,
      "body-too-large",
    ],
    ["a file without a name", [{ ...file(), disposition: 'name="file"' }], 400, "invalid-file-name"],
    ["a name that is none", [file("..")], 400, "invalid-file-name"],
    ["an unknown business type", [file(), field("businessType", "Toy")], 400, "unknown-business-type"],
    [
      "an extension that its type does not take",
      [file("a.exe"), field("businessType", "Image")],
      415,
      "type-not-allowed",
    ],
    ["a wrong digest", [file(), field("sha256", "ab".repeat(32))], 422, "digest-mismatch"],
  ] as [string, Part[], number, string][]
) {
  Deno.test(`a form with ${what} is refused and leaves nothing behind`, async () => {
    await using app = await startApp();
    assert.deepEqual(outcome(await send(app, encode(parts))), [status, code]);
    await assertNothingLeft(app);
  });
}

Deno.test("a form that ends before its last line is refused and leaves nothing behind", async () => {
  await using app = await startApp();
  const whole = encode([file(), field("businessId", "7")]);
  const cuts = [10, 100, 5000, SIZE + 100, whole.length - 10, whole.length - 4];
  for (const end of cuts) {
    const { status, body } = await send(app, whole.slice(0, end));
    assert.deepEqual([status, body.code], [400, "body-incomplete"], `cut at ${end} of ${whole.length}`);
  }
  await assertNothingLeft(app);
});

Deno.test("a form's file larger than its type takes is refused when the form has ended", async () => {
  await using app = await startApp({ pawlJson: { businessTypes: { Tiny: { maxBytes: SIZE - 1 } } } });
  const refused = await send(app, encode([file(), field("businessType", "Tiny")]));
  assert.deepEqual(outcome(refused), [413, "file-too-large"]);
  assert.deepEqual([refused.body.businessType, refused.body.maxBytes], ["Tiny", SIZE - 1]);
  await assertNothingLeft(app);
  const fits = encode([file("a.bin", FILE.slice(1)), field("businessType", "Tiny")]);
  assert.equal((await send(app, fits)).status, 201);
});

Deno.test("a form's file larger than any type takes is refused while it streams", async () => {
  await using app = await startApp({ pawlJson: NO_TYPE_LARGER_THAN(200_000) });
  let asked = 0;
  const head = encode([file("a.bin", new Uint8Array(0))], { end: "" }).slice(0, -2);
  const long = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 0)); // As from a network.
      if (asked === 1000) return controller.close();
      controller.enqueue(asked++ === 0 ? head : new Uint8Array(10_000));
    },
  }, { highWaterMark: 0 });
  const refused = await send(app, long);
  assert.deepEqual(outcome(refused), [413, "file-too-large"]);
  assert.ok(asked < 100, `${asked} pieces were read`);
  await assertNothingLeft(app);
});

for (
  const type of [
    "multipart/form-data",
    "multipart/form-data; boundary=",
    `multipart/form-data; boundary=${"x".repeat(71)}`,
    "multipart/form-data; boundary=a; boundary=b",
  ]
) {
  Deno.test(`a form with the Content-Type ${type.slice(0, 50)} is refused`, async () => {
    await using app = await startApp();
    const refused = await answer(
      await app.request("/api/v1/attachments", {
        method: "POST",
        body: encode([file()]),
        headers: { "Content-Type": type },
      }),
    );
    assert.deepEqual(outcome(refused), [400, "malformed-body"]);
    await assertNothingLeft(app);
  });
}

Deno.test("a form's file equal to stored content is not stored again", async () => {
  await using app = await startApp();
  await send(app, encode([file("a.bin")]));
  assert.equal((await send(app, encode([file("b.bin")]))).status, 201);
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
});

Deno.test("a digest header on a form is refused: it would not be one of the file", async () => {
  await using app = await startApp();
  const body = new FormData();
  body.append("file", new File(["hello"], "a.txt"));
  for (const name of ["Content-Digest", "Repr-Digest"]) {
    const headers = { [name]: "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:" };
    const response = await app.request("/api/v1/attachments", { method: "POST", body, headers });
    assert.equal(response.status, 400);
    assert.equal((await response.json()).code, "invalid-digest");
  }
});
