import assert from "node:assert/strict";
import { ALICE, startApp, type TestApp } from "../support/app.ts";
import { listen } from "../support/listening_app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { rawConnect } from "../support/raw_http.ts";
import { begun, handFed, storedSizes, until } from "../support/upload_calls.ts";

const SIZE = 1_000_000;
const FILE = randomBytes(SIZE, { seed: 1 });
const SENT = 400_000;
const text = (value: string) => new TextEncoder().encode(value);
const FORM = text('--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n');

async function assertNothingLeft(app: TestApp) {
  assert.deepEqual([await storedSizes(app), await begun(app)], [[], 0]);
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
}

for (
  const [what, lines, before] of [
    ["put with a length", ["PUT /api/v1/files/a.bin HTTP/1.1", `Content-Length: ${SIZE}`], []],
    [
      "put without a length",
      ["PUT /api/v1/files/a.bin HTTP/1.1", "Transfer-Encoding: chunked"],
      text(`${SIZE.toString(16)}\r\n`),
    ],
    [
      "posted",
      ["POST /api/v1/attachments?fileName=a.bin HTTP/1.1", `Content-Length: ${SIZE}`],
      [],
    ],
    [
      "in a form",
      [
        "POST /api/v1/attachments HTTP/1.1",
        "Content-Type: multipart/form-data; boundary=b",
        `Content-Length: ${SIZE}`,
      ],
      FORM,
    ],
  ] as const
) {
  Deno.test(`a file ${what} whose connection breaks leaves nothing behind`, async () => {
    await using app = await startApp();
    await using server = listen(app);
    {
      using connection = await rawConnect(server.url);
      await connection.send(await server.head([...lines], ALICE));
      await connection.send(new Uint8Array(before));
      await connection.send(FILE.slice(0, SENT));
      // A form's parser keeps some of it back.
      await until(async () => ((await storedSizes(app))[0] ?? 0) > SENT - 100_000);
      assert.equal(await begun(app), 1);
    }
    await server.answered(1);
    await assertNothingLeft(app);
  });
}

Deno.test("a body in pieces that ends without its last piece is no file", async () => {
  await using app = await startApp();
  await using server = listen(app);
  {
    using connection = await rawConnect(server.url);
    const lines = ["PUT /api/v1/files/a.bin HTTP/1.1", "Transfer-Encoding: chunked"];
    await connection.send(await server.head(lines, ALICE));
    await connection.send(`${SENT.toString(16)}\r\n`);
    await connection.send(FILE.slice(0, SENT));
    await connection.send("\r\n");
    await until(async () => (await storedSizes(app))[0] === SENT);
    await connection.halfClose();
    await connection.rest();
  }
  await server.answered(1);
  await assertNothingLeft(app);
});

Deno.test("what a crash left of whole files is removed at the next start, and finished ones stay", async () => {
  await using app = await startApp();
  const stored = await app.request("/api/v1/files/a.bin", { method: "PUT", body: FILE });
  assert.equal(stored.status, 201);
  await stored.body?.cancel();
  const body = handFed();
  const writing = app.request("/api/v1/files/b.bin", { method: "PUT", body: body.stream });
  body.send(FILE.slice(0, SENT));
  await until(async () => (await storedSizes(app)).length === 2);
  // Files as they are at this moment are what a crash would leave.
  const [day] = await Array.fromAsync(Deno.readDir(`${app.config.dataDir}/blobs`));
  const id = (await app.services.core.blobs.unsettled())[0]!;
  const copy = await Deno.readFile(`${app.config.dataDir}/blobs/${day!.name}/${id.slice(9)}`);
  body.break();
  assert.equal((await writing).status, 400);
  await (await writing).body?.cancel();
  await Deno.writeFile(`${app.config.dataDir}/blobs/${day!.name}/${id.slice(9)}`, copy);
  // Closing in good order takes the note away that a crash leaves; this is another one.
  await Deno.writeFile(`${app.config.dataDir}/begun/${id}`, new Uint8Array(0));
  await app.restart();
  assert.deepEqual([await storedSizes(app), await begun(app)], [[SIZE], 0]);
});
