import assert from "node:assert/strict";
import fc from "fast-check";
import { presentation } from "../../../routes/http/inline_types.ts";

const short = (contentType: string, download = false) => {
  const shown = presentation(contentType, { download });
  return `${shown.disposition} ${shown.contentType}`;
};

const CASES: [stored: string, expected: string][] = [
  ["image/png", "inline image/png"],
  ["IMAGE/JPEG", "inline image/jpeg"],
  ["image/gif; x=y", "inline image/gif"],
  ["image/webp", "inline image/webp"],
  ["image/avif", "inline image/avif"],
  ["video/mp4", "inline video/mp4"],
  ["video/webm", "inline video/webm"],
  ["audio/mpeg", "inline audio/mpeg"],
  ["audio/wav", "inline audio/wav"],
  ["text/plain", "inline text/plain; charset=utf-8"],
  ["text/plain; charset=utf-7", "inline text/plain; charset=utf-8"],
  ["text/html", "attachment text/html"],
  ["image/svg+xml", "attachment image/svg+xml"],
  ["application/xhtml+xml", "attachment application/xhtml+xml"],
  ["application/xml", "attachment application/xml"],
  ["application/pdf", "attachment application/pdf"],
  ["application/zip", "attachment application/zip"],
  ["image/pngx", "attachment image/pngx"],
  // a page of ours must not be able to load these as its own
  ["text/javascript", "attachment application/octet-stream"],
  ["application/javascript; charset=utf-8", "attachment application/octet-stream"],
  ["application/x-javascript", "attachment application/octet-stream"],
  ["application/ecmascript", "attachment application/octet-stream"],
  ["text/javascript1.5", "attachment application/octet-stream"],
  ["text/jscript", "attachment application/octet-stream"],
  ["text/css", "attachment application/octet-stream"],
  ["multipart/x-mixed-replace", "attachment application/octet-stream"],
  ["multipart/byteranges; boundary=x", "attachment application/octet-stream"],
  ["message/rfc822", "attachment application/octet-stream"],
  ["", "attachment application/octet-stream"],
  ["png", "attachment application/octet-stream"],
  ["image/", "attachment application/octet-stream"],
  ["image/png\r\nx: y", "attachment application/octet-stream"],
  ["image/png, text/html", "attachment application/octet-stream"],
];

for (const [stored, expected] of CASES) {
  Deno.test(`${JSON.stringify(stored)} goes out as ${expected}`, () => {
    assert.equal(short(stored), expected);
    assert.equal(short(stored, true), expected.replace("inline", "attachment"));
  });
}

Deno.test("nothing but shown audio and video keeps an origin, and nothing at all may run scripts", () => {
  for (const [stored] of CASES) {
    for (const download of [false, true]) {
      const { policy } = presentation(stored, { download });
      const media = !download && /^(audio|video)\//.test(stored);
      assert.equal(policy.split("; ")[0], media ? "sandbox allow-same-origin" : "sandbox");
      assert.match(policy, /default-src 'none'/);
      assert.doesNotMatch(policy, /script/);
    }
  }
});

Deno.test("a PDF is shown in a frame of our own page alone, where it can load and send nothing", () => {
  const shown = presentation("application/pdf; x=y", { download: false, preview: true });
  assert.deepEqual([shown.disposition, shown.contentType], ["inline", "application/pdf"]);
  assert.match(shown.policy, /^default-src 'none'; .*form-action 'none'; frame-ancestors 'self'$/);
  assert.doesNotMatch(shown.policy, /script/);
  assert.equal(presentation("application/pdf", { download: true, preview: true }).disposition, "attachment");
  for (const [stored] of CASES.filter(([stored]) => stored !== "application/pdf")) {
    assert.deepEqual(
      presentation(stored, { download: false, preview: true }),
      presentation(stored, { download: false }),
    );
  }
});

Deno.test("any stored type gives a header value that can be sent", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.boolean(), (stored, download) => {
    const { contentType } = presentation(stored, { download });
    assert.equal(new Headers({ "content-type": contentType }).get("content-type"), contentType);
  }));
});
