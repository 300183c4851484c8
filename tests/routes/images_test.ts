import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import sharp from "sharp";
import { gifOf, lyingPng, pngBomb } from "../services/images/hostile_pictures.ts";
import { cleaned, drawing, encoded, inspect, pixelsOf } from "../services/images/pictures.ts";
import { type Answer, BOB, startApp, type TestApp, type TestUser } from "../support/app.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { openUpload, putChunk, SMALL_CHUNKS } from "../support/upload_calls.ts";

const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function photograph(options: { width?: number; height?: number; orientation?: number } = {}) {
  const { orientation = 6, ...size } = options;
  const image = drawing({ width: 600, height: 400, ...size }).withMetadata({ orientation }).withExifMerge({
    IFD0: { Artist: "Anna Example" },
    IFD3: { GPSLatitude: "52/1 31/1 0/1", GPSLatitudeRef: "N" },
  });
  return new Uint8Array(await image.jpeg({ quality: 95 }).toBuffer());
}

async function put(
  app: TestApp,
  { bytes, name = "photo.jpg", query = "", user }: {
    bytes: Uint8Array<ArrayBuffer>;
    name?: string;
    query?: string;
    user?: TestUser;
  },
): Promise<Answer> {
  const path = `/api/v1/files/${name}?${query}`;
  const response = await app.request(path, { method: "PUT", body: bytes, ...(user && { user }) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function bytesAt(app: TestApp, url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await app.request(url);
  assert.equal(response.status, 200, url);
  return await response.bytes();
}

const IMAGE = "businessType=Image";

async function variantsIn(app: TestApp): Promise<unknown[]> {
  await assertConsistent(app);
  return await app.services.core.records.page(["variant"], { limit: 100 });
}

Deno.test("a photograph of type Image loses its metadata before it is stored, and nothing else", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const { status, body } = await put(app, { bytes: photo, query: `${IMAGE}&sha256=${sha256Of(photo)}` });
  assert.equal(status, 201);
  assert.equal(body.sourceSha256, sha256Of(photo));
  assert.deepEqual(body.image, { width: 400, height: 600, metadataRemoved: true });
  const stored = await bytesAt(app, body.url);
  assert.deepEqual([sha256Of(stored), stored.length], [body.sha256, body.size]);
  assert.deepEqual(stored, await cleaned(photo));
  assert(!new TextDecoder("latin1").decode(stored).includes("Anna"));
  assert.deepEqual(await pixelsOf(stored), await pixelsOf(photo));
  const { blobs } = await assertConsistent(app);
  assert.equal(blobs.length, 2, "the picture and its thumbnail");
});

Deno.test("a session does the same, declares the bytes received, and is finished once", async () => {
  await using app = await startApp({ pawlJson: SMALL_CHUNKS });
  const photo = await photograph();
  const opened = await openUpload(app, {
    fileName: "photo.jpg",
    size: photo.length,
    sha256: sha256Of(photo),
    businessType: "Image",
  });
  const { id } = opened.body;
  for (let offset = 0; offset < photo.length; offset += 4096) {
    await putChunk(app, id, { offset, body: photo.slice(offset, offset + 4096) });
  }
  const done = await app.json("POST", `/api/v1/uploads/${id}/complete`, {
    body: { sha256: sha256Of(photo) },
  });
  assert.equal(done.status, 201);
  assert.equal(done.body.sourceSha256, sha256Of(photo));
  assert.deepEqual(await bytesAt(app, done.body.url), await cleaned(photo));
  const again = await app.json("POST", `/api/v1/uploads/${id}/complete`, {
    body: { sha256: sha256Of(photo) },
  });
  assert.deepEqual([again.status, again.body.id], [200, done.body.id]);
  await assertConsistent(app);
});

Deno.test("General keeps a picture as it came, unless it is asked to remove what is private", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const kept = await put(app, { bytes: photo });
  assert.deepEqual([kept.body.sha256, kept.body.image], [
    sha256Of(photo),
    { width: 400, height: 600, metadataRemoved: false },
  ]);
  const asked = await put(app, { bytes: photo, query: "removeExif=true" });
  assert.equal(asked.body.image.metadataRemoved, true);
  assert.equal(asked.body.sha256, sha256Of(await cleaned(photo)));
  const refused = await put(app, { bytes: photo, query: `${IMAGE}&removeExif=false` });
  assert.deepEqual([refused.status, refused.body.sha256], [201, sha256Of(photo)]);
  await assertConsistent(app);
});

Deno.test("a format without a lossless way is refused where metadata must go, and said to be unchanged elsewhere", async () => {
  await using app = await startApp({
    pawlJson: { businessTypes: { Scan: { extensions: [".tif"], removeExif: true } } },
  });
  const tiff = new Uint8Array(
    await drawing().withXmp("<x:xmpmeta xmlns:x='adobe:ns:meta/'>Anna</x:xmpmeta>").tiff().toBuffer(),
  );
  assert.equal((await inspect(tiff)).clean, "impossible");
  const refused = await put(app, { bytes: tiff, name: "scan.tif", query: "businessType=Scan" });
  assert.deepEqual([refused.status, refused.body.code], [422, "image-unsupported"]);
  const kept = await put(app, { bytes: tiff, name: "scan.tif", query: "removeExif=1" });
  assert.deepEqual([kept.body.sha256, kept.body.image.metadataRemoved], [sha256Of(tiff), false]);
  await assertConsistent(app);
});

Deno.test("bombs, liars and torn pictures are refused on every way in, and leave nothing behind", async () => {
  await using app = await startApp();
  const whole = await photograph();
  const hostile: [string, string, Uint8Array<ArrayBuffer>][] = [
    ["bomb.png", "image-too-large", pngBomb()],
    ["frames.gif", "image-too-large", gifOf({ frames: 10_000 })],
    ["screen.gif", "image-too-large", gifOf({ frames: 1, side: 60_000 })],
    ["liar.png", "image-unreadable", lyingPng()],
    ["torn.jpg", "image-unreadable", whole.slice(0, whole.length / 2)],
  ];
  for (const [name, code, bytes] of hostile) {
    const refused = await put(app, { bytes, name, query: IMAGE });
    assert.deepEqual([refused.status, refused.body.code], [422, code], name);
    const session = await openUpload(app, { fileName: name, size: bytes.length, businessType: "Image" });
    await putChunk(app, session.body.id, { offset: 0, body: bytes });
    const path = `/api/v1/uploads/${session.body.id}`;
    const completed = await app.json("POST", `${path}/complete`);
    assert.deepEqual([completed.status, completed.body.code], [422, code], name);
    assert.equal((await app.json("GET", path)).body.code, "upload-failed");
  }
  assert.deepEqual((await app.json("GET", "/api/v1/attachments")).body.items, []);
  const { blobs } = await assertConsistent(app);
  assert.deepEqual(blobs, []);
  const kept = await put(app, { bytes: pngBomb(), name: "bomb.png" });
  assert.deepEqual(
    [kept.status, kept.body.variants],
    [201, {}],
    "General takes any bytes, and makes nothing of these",
  );
});

for (const engine of ["sharp", "imagescript"]) {
  Deno.test(`with ${engine} variants are made after the answer or when somebody asks, once however many do`, async () => {
    await using app = await startApp({ pawlJson: { images: { engine } } });
    const photo = await photograph({ width: 1800, height: 1200 });
    const { body } = await put(app, { bytes: photo });
    assert.deepEqual(body.variants, {
      thumbnail: { url: `${body.url}?variant=thumbnail`, width: 100, height: 150 },
      small: { url: `${body.url}?variant=small`, width: 200, height: 300 },
      medium: { url: `${body.url}?variant=medium`, width: 400, height: 600 },
      large: { url: `${body.url}?variant=large`, width: 600, height: 900 },
    });
    assert.equal((await assertConsistent(app)).blobs.length, 2, "the picture and its thumbnail");

    const answers = await Promise.all(Array.from({ length: 12 }, () => app.request(body.variants.large.url)));
    const pictures = await Promise.all(answers.map((answer) => answer.bytes()));
    assert.equal(new Set(pictures.map(sha256Of)).size, 1);
    assert.equal((await assertConsistent(app)).blobs.length, 3);
    for (
      const [name, size] of Object.entries<{ url: string; width: number; height: number }>(body.variants)
    ) {
      const { width, height, format } = await sharp(await bytesAt(app, size.url)).metadata();
      assert.deepEqual([width, height, format], [size.width, size.height, "jpeg"], name);
    }
    assert.equal((await app.json("GET", `/api/v1/attachments/${body.id}`)).body.downloadCount, 0);
  });
}

Deno.test("a variant is handed out like any file: ranges, conditions, HEAD, a fitting name", async () => {
  await using app = await startApp();
  const { body } = await put(app, {
    bytes: await encoded("png", { width: 400, height: 300 }),
    name: "drawing.png",
  });
  const { url } = body.variants.thumbnail;
  const whole = await app.request(url);
  const bytes = await whole.bytes();
  const etag = whole.headers.get("ETag")!;
  assert.equal(etag, `"${sha256Of(bytes)}"`);
  assert.equal(whole.headers.get("Content-Type"), "image/jpeg");
  assert.match(whole.headers.get("Content-Disposition")!, /^inline;.*drawing\.jpg/);
  const part = await app.request(url, { headers: { Range: "bytes=10-19", "If-Range": etag } });
  assert.deepEqual([part.status, await part.bytes()], [206, bytes.slice(10, 20)]);
  const current = await app.request(url, { headers: { "If-None-Match": etag } });
  assert.equal(current.status, 304);
  await current.body?.cancel();
  const head = await app.request(url, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("Content-Length")], [200, String(bytes.length)]);
});

Deno.test("what is made at once follows the options, and never more is made than was asked for", async () => {
  await using app = await startApp();
  const count = async () => (await assertConsistent(app)).blobs.length;
  await put(app, { bytes: await photograph({ width: 500 }), query: "generateThumbnail=false" });
  assert.equal(await count(), 1);
  await put(app, { bytes: await photograph({ width: 700 }), query: "generateMultipleSizes=true" });
  assert.equal(await count(), 1 + 5);
  const session = await openUpload(app, {
    fileName: "photo.jpg",
    size: 3,
    image: { generateThumbnail: false },
  });
  assert.equal(session.status, 201);
});

Deno.test("where there is no variant, a reason is given", async () => {
  await using app = await startApp({ pawlJson: { images: { engine: "imagescript" } } });
  const text = new TextEncoder().encode("hello");
  const whole = await encoded("jpeg");
  const torn = new Uint8Array([...whole.slice(0, whole.length - 300), ...new Uint8Array(300)]);
  for (
    const [name, bytes, reason] of [
      ["note.txt", text, "not-a-picture"],
      ["photo.webp", await encoded("webp"), "format-not-read"],
      ["bomb.png", pngBomb(), "too-large"],
      ["scrambled.png", scrambled(await encoded("png")), "cannot-be-decoded"],
      ["torn.jpg", torn, null],
    ] as const
  ) {
    const { body } = await put(app, { bytes, name });
    const { status, body: answer } = await app.json("GET", `${body.url}?variant=small`);
    if (reason === null) continue;
    assert.deepEqual([status, answer.code, answer.reason], [404, "no-variant", reason], name);
    const again = await app.json("GET", `${body.url}?variant=small`);
    assert.deepEqual([again.status, again.body.reason], [404, reason], `${name} again`);
  }
  assert.equal((await app.json("GET", "/api/v1/attachments/1/content?variant=huge")).status, 400);
  await assertConsistent(app);
});

/** Whole by its parts, but no picture comes out. */
function scrambled(png: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = png.slice();
  const data = bytes.length - 12 - 200;
  for (let at = data; at < data + 150; at++) bytes[at] = 0xff;
  return bytes;
}

Deno.test("without an engine pictures are taken, cleaned and handed out; there are no variants and no marks", async () => {
  await using app = await startApp({ pawlJson: { images: { engine: "off" } } });
  const { body } = await put(app, { bytes: await photograph(), query: IMAGE });
  assert.deepEqual([body.image.metadataRemoved, body.variants], [true, {}]);
  const none = await app.json("GET", `${body.url}?variant=thumbnail`);
  assert.deepEqual([none.status, none.body.code, none.body.reason], [404, "no-variant", "switched-off"]);
  const marked = await put(app, { bytes: await photograph(), query: "addWatermark=true" });
  assert.deepEqual([marked.status, marked.body.code], [422, "image-unsupported"]);
});

Deno.test("who may not see the file sees no variant of it", async () => {
  await using app = await startApp();
  const own = await put(app, { bytes: await photograph() });
  const shown = await put(app, { bytes: await photograph(), query: "visibility=public" });
  const ask = async (url: string, user: TestUser | null) => {
    const response = await app.request(url, { user });
    await response.body?.cancel();
    return response.status;
  };
  const [hidden, open] = [own.body.variants.small.url, shown.body.variants.small.url];
  assert.deepEqual([await ask(hidden, BOB), await ask(hidden, null)], [404, 401]);
  assert.deepEqual([await ask(open, BOB), await ask(open, null)], [200, 200]);
});

Deno.test("attachments of equal content share their variants, which go with the last of them", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const first = await put(app, { bytes: photo, query: "generateMultipleSizes=true" });
  const second = await put(app, { bytes: photo, query: "generateMultipleSizes=true", user: BOB });
  assert.equal((await assertConsistent(app)).blobs.length, 5);
  await app.json("DELETE", `/api/v1/attachments/${first.body.id}?permanent=true`);
  await cleanUp(app, { hours: 1 });
  assert.equal((await assertConsistent(app)).blobs.length, 5);
  await app.json("DELETE", `/api/v1/attachments/${second.body.id}?permanent=true`, { user: BOB });
  await cleanUp(app, { hours: 1 });
  const { blobs, files } = await assertConsistent(app);
  assert.deepEqual([blobs, [...files]], [[], []]);
});

Deno.test("a variant whose bytes were lost is made again", async () => {
  await using app = await startApp();
  const { body } = await put(app, { bytes: await photograph(), query: "generateThumbnail=false" });
  const before = await bytesAt(app, body.variants.small.url);
  const { blobs } = await assertConsistent(app);
  const variant = blobs.find(({ size }) => size === before.length)!;
  await app.services.core.blobs.remove(variant.id);
  assert.deepEqual(await bytesAt(app, body.variants.small.url), before);
  await assertConsistent(app);
});

Deno.test("a watermark is put on the picture before it is stored: the site's name, or the text of the request", async () => {
  await using app = await startApp({ pawlJson: { siteName: "示例 Pawl" } });
  const bytes = new Uint8Array(
    await sharp({ create: { width: 640, height: 480, channels: 3, background: "#246" } }).png().toBuffer(),
  );
  const seen: string[] = [];
  for (const query of ["addWatermark=true", "addWatermark=true&watermarkText=Other"]) {
    const { status, body } = await put(app, { bytes, name: "plain.png", query });
    assert.deepEqual([status, body.sourceSha256], [201, sha256Of(bytes)]);
    assert.deepEqual(body.image, { width: 640, height: 480, metadataRemoved: true });
    const stored = await bytesAt(app, body.url);
    assert.equal(sha256Of(stored), body.sha256);
    seen.push(body.sha256);
    const [before, after] = [await pixelsOf(bytes), await pixelsOf(stored)];
    const brighter = (row: number) => {
      const [from, to] = [row * 640 * 4, (row + 1) * 640 * 4];
      return after.subarray(from, to).some((value, at) => value > before[from + at]! + 40);
    };
    assert.equal([...Array(240).keys()].some(brighter), false, "nothing above");
    assert.equal([...Array(80).keys()].some((row) => brighter(400 + row)), true, "something below");
  }
  assert.notEqual(seen[0], seen[1]);
  const animation = await put(app, {
    bytes: gifOf({ frames: 2 }),
    name: "a.gif",
    query: "addWatermark=true",
  });
  assert.deepEqual([animation.status, animation.body.code], [422, "image-unsupported"]);
  const text = await put(app, {
    bytes: new TextEncoder().encode("hi"),
    name: "a.txt",
    query: "addWatermark=true",
  });
  assert.equal(text.status, 201, "what is no picture is kept as it is");
  await assertConsistent(app);
});

Deno.test("what is done to a picture is its business type's matter where the upload does not say", async () => {
  await using app = await startApp({
    pawlJson: {
      businessTypes: {
        Gallery: { generateMultipleSizes: true, addWatermark: true },
        Scan: { generateThumbnail: false },
      },
    },
  });
  const photo = await photograph();
  const upload = async (query: string) => {
    const variants = (await variantsIn(app)).length;
    const { body } = await put(app, { bytes: photo, query });
    return { marked: body.sha256 !== body.sourceSha256, made: (await variantsIn(app)).length - variants };
  };
  assert.deepEqual(await upload("businessType=Scan"), { marked: false, made: 0 });
  assert.deepEqual(await upload("businessType=Gallery"), { marked: true, made: 4 });
  assert.deepEqual(await upload("businessType=Scan&generateThumbnail=true"), { marked: false, made: 1 });
  const plain = "businessType=Gallery&addWatermark=false&generateMultipleSizes=false";
  assert.deepEqual(await upload(plain), { marked: false, made: 0 }, "the thumbnail is there already");
  const again = await openUpload(app, {
    fileName: "photo.jpg",
    size: photo.length,
    sha256: sha256Of(photo),
    businessType: "Gallery",
  });
  assert.equal(again.status, 200, "an instant upload");
  assert.notEqual(again.body.attachment?.sha256, sha256Of(photo), JSON.stringify(again.body));
});

Deno.test("a picture can be the watermark", async () => {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    const logo = sharp({ create: { width: 30, height: 30, channels: 4, background: "white" } });
    await Deno.writeFile(path, await logo.png().toBuffer());
    await using app = await startApp({
      pawlJson: { images: { watermark: { position: "top-left", opacity: 100 } } },
      env: { PAWL_WATERMARK_PICTURE: path },
    });
    const bytes = new Uint8Array(
      await sharp({ create: { width: 200, height: 200, channels: 3, background: "black" } }).png().toBuffer(),
    );
    const { body } = await put(app, { bytes, name: "black.png", query: "addWatermark=1" });
    const pixels = await pixelsOf(await bytesAt(app, body.url));
    assert.deepEqual([...pixels.subarray((12 * 200 + 12) * 4, (12 * 200 + 12) * 4 + 3)], [255, 255, 255]);
    assert.deepEqual([...pixels.subarray((60 * 200 + 60) * 4, (60 * 200 + 60) * 4 + 3)], [0, 0, 0]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("an instant upload is one only where the same would be done to the picture", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const fields = { fileName: "photo.jpg", size: photo.length, sha256: sha256Of(photo) };
  const raw = await put(app, { bytes: photo });
  const instant = await openUpload(app, fields);
  assert.deepEqual([instant.status, instant.body.attachment?.sha256], [200, raw.body.sha256]);
  assert.equal((await openUpload(app, { ...fields, businessType: "Image" })).status, 201);
  const clean = await put(app, { bytes: photo, query: IMAGE });
  const { status, body } = await openUpload(app, { ...fields, businessType: "Image" });
  assert.deepEqual([status, body.attachment?.sha256], [200, clean.body.sha256]);
  assert.deepEqual([body.attachment.sourceSha256, body.attachment.image], [
    sha256Of(photo),
    clean.body.image,
  ]);
  assert.equal((await openUpload(app, { ...fields, image: { addWatermark: true } })).status, 201);
  assert.equal((await variantsIn(app)).length, 2);
  await openUpload(app, { ...fields, image: { generateMultipleSizes: true } });
  assert.equal((await variantsIn(app)).length, 5, "an instant upload has what it asks for made");
});

Deno.test("options said when the upload is completed count, and those of a later opening", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const fields = { fileName: "photo.jpg", size: photo.length, fingerprint: "f" };
  const { body: { id } } = await openUpload(app, fields);
  assert.equal((await openUpload(app, { ...fields, image: { removeExif: true } })).body.id, id);
  await putChunk(app, id, { offset: 0, body: photo });
  const done = await app.json("POST", `/api/v1/uploads/${id}/complete`);
  assert.equal(done.body.image.metadataRemoved, true);
  const other = await openUpload(app, { ...fields, forceNew: true });
  await putChunk(app, other.body.id, { offset: 0, body: photo });
  const said = await app.json("POST", `/api/v1/uploads/${other.body.id}/complete`, {
    body: { image: { addWatermark: true, watermarkText: "Pawl" } },
  });
  assert.deepEqual([said.status, said.body.image.height], [201, 600]);
  assert.notEqual(said.body.sha256, done.body.sha256);
});

Deno.test("a picture with metadata cannot move to a type that allows none", async () => {
  await using app = await startApp();
  const { body } = await put(app, { bytes: await photograph() });
  const path = `/api/v1/attachments/${body.id}`;
  const moved = await app.json("PATCH", path, { body: { businessType: "Image" } });
  assert.deepEqual([moved.status, moved.body.code], [422, "image-unsupported"]);
  const clean = await put(app, { bytes: await photograph(), query: "removeExif=true" });
  const fine = await app.json("PATCH", `/api/v1/attachments/${clean.body.id}`, {
    body: { businessType: "Image" },
  });
  assert.equal(fine.status, 200);
});

Deno.test("a start after a crash between cleaning and commit finishes the upload and keeps no bytes of the first try", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const { body: { id } } = await openUpload(app, {
    fileName: "photo.jpg",
    size: photo.length,
    businessType: "Image",
  });
  await putChunk(app, id, { offset: 0, body: photo });
  const { records } = app.services.core;
  const { transact } = records;
  // As far as anybody can tell, the process ended here: nothing is undone.
  records.transact = () => Promise.reject(new Error("killed"));
  assert.equal((await app.json("POST", `/api/v1/uploads/${id}/complete`)).status, 500);
  records.transact = transact;
  await app.restart();
  await app.services.core.background.settled();
  const { body } = await app.json("GET", `/api/v1/uploads/${id}`);
  assert.equal(body.status, "completed");
  const { blobs } = await assertConsistent(app);
  assert.equal(blobs.length, 2, "the clean picture and its thumbnail");
});

Deno.test("the words of tus metadata and of a form's fields say the same", async () => {
  await using app = await startApp();
  const photo = await photograph();
  const metadata = Object.entries({ filename: "photo.jpg", removeExif: "true" })
    .map(([key, value]) => `${key} ${btoa(value)}`).join(",");
  const tus = await app.request("/files", {
    method: "POST",
    body: photo,
    headers: {
      "Tus-Resumable": "1.0.0",
      "Upload-Length": String(photo.length),
      "Upload-Metadata": metadata,
      "Content-Type": "application/offset+octet-stream",
    },
  });
  assert.equal(tus.status, 201);
  await tus.body?.cancel();
  const form = new FormData();
  form.append("file", new File([photo], "photo.jpg", { type: "image/jpeg" }));
  form.append("removeExif", "1");
  const posted = await app.request("/api/v1/attachments", { method: "POST", body: form });
  assert.equal(posted.status, 201);
  await posted.body?.cancel();
  const { items } = (await app.json("GET", "/api/v1/attachments")).body;
  const clean = sha256Of(await cleaned(photo));
  // deno-lint-ignore no-explicit-any -- answers
  assert.deepEqual(items.map(({ sha256 }: any) => sha256), [clean, clean]);
  const wrong = await put(app, { bytes: photo, query: "removeExif=perhaps" });
  assert.deepEqual([wrong.status, wrong.body.code], [400, "invalid-request"]);
  await assertConsistent(app);
});

Deno.test("a picture of a type that checks them is refused by tus too, and the upload has failed", async () => {
  await using app = await startApp();
  const metadata = `filename ${btoa("bomb.png")},businessType ${btoa("Image")}`;
  const bomb = pngBomb();
  const headers = {
    "Tus-Resumable": "1.0.0",
    "Upload-Length": String(bomb.length),
    "Upload-Metadata": metadata,
  };
  const created = await app.request("/files", { method: "POST", headers });
  assert.equal(created.status, 201);
  const patched = await app.request(new URL(created.headers.get("Location")!, "http://localhost").pathname, {
    method: "PATCH",
    body: bomb,
    headers: {
      "Tus-Resumable": "1.0.0",
      "Upload-Offset": "0",
      "Content-Type": "application/offset+octet-stream",
      "Content-Length": String(bomb.length),
    },
  });
  assert.equal(patched.status, 422);
  assert.match((await patched.json()).detail, /pixels/);
  const { blobs } = await assertConsistent(app);
  assert.deepEqual(blobs, []);
});

Deno.test("an SVG of type Image loses what is no drawing, and is no picture with variants", async () => {
  await using app = await startApp();
  const drawn = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9"/></svg>';
  const told = drawn.replace("<path", "<metadata>Anna</metadata><path");
  const { status, body } = await put(app, {
    bytes: new TextEncoder().encode(told),
    name: "logo.svg",
    query: IMAGE,
  });
  assert.deepEqual([status, body.image, body.variants], [201, null, {}]);
  assert.equal(new TextDecoder().decode(await bytesAt(app, body.url)), drawn);
  assert.equal(body.sourceSha256, sha256Of(new TextEncoder().encode(told)));
  const torn = await put(app, {
    bytes: new TextEncoder().encode(told.slice(0, 60)),
    name: "a.svg",
    query: IMAGE,
  });
  assert.equal(torn.status, 422);
  await assertConsistent(app);
});
