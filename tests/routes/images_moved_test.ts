/** A stored picture that is moved to a type with rules about pictures is judged as if it came just now. */
import assert from "node:assert/strict";
import { lyingPng, pngBomb } from "../services/images/hostile_pictures.ts";
import { drawing, encoded } from "../services/images/pictures.ts";
import { type Answer, startApp, type TestApp } from "../support/app.ts";
import { answer } from "../support/upload_calls.ts";

const SVG = (inside: string) =>
  new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">${inside}<path d="M0 0h4"/></svg>`,
  );

async function moved(app: TestApp, name: string, bytes: Uint8Array<ArrayBuffer>): Promise<Answer> {
  const stored = await answer(await app.request(`/api/v1/files/${name}`, { method: "PUT", body: bytes }));
  assert.equal(stored.status, 201, `General takes ${name}`);
  return await app.json("PATCH", `/api/v1/attachments/${stored.body.id}`, {
    body: { businessType: "Avatar" },
  });
}

Deno.test("moved to a type that removes metadata, only sound pictures without any are taken", async () => {
  await using app = await startApp();
  const gps = { IFD3: { GPSLatitude: "52/1 31/1 0/1", GPSLatitudeRef: "N" } };
  const photo = new Uint8Array(await drawing().withExif(gps).jpeg().toBuffer());
  const refused: [string, string, Uint8Array<ArrayBuffer>][] = [
    ["photo.jpg", "image-unsupported", photo],
    ["torn.jpg", "image-unreadable", photo.slice(0, photo.length - 20)],
    // Whoever only looks at its head takes it for no picture at all.
    [
      "headless.jpg",
      "image-unreadable",
      Uint8Array.of(...photo.slice(0, 2), 0xff, 0xe1, 0, 1, ...photo.slice(2)),
    ],
    ["bomb.png", "image-too-large", pngBomb()],
    ["liar.png", "image-unreadable", lyingPng()],
    ["drawing.svg", "image-unsupported", SVG("<metadata>Anna</metadata>")],
    ["torn.svg", "image-unreadable", SVG("").slice(0, -5)],
  ];
  for (const [name, code, bytes] of refused) {
    const { status, body } = await moved(app, name, bytes);
    assert.deepEqual([name, status, body.code], [name, 422, code]);
  }
  const taken: [string, Uint8Array<ArrayBuffer>][] = [
    ["clean.png", await encoded("png")],
    ["clean.svg", SVG("")],
  ];
  for (const [name, bytes] of taken) {
    const { status, body } = await moved(app, name, bytes);
    assert.deepEqual([name, status, body.businessType], [name, 200, "Avatar"]);
    assert.equal(body.image?.metadataRemoved ?? true, true, "it is known to hold none");
  }
});
