import assert from "node:assert/strict";
import fc from "fast-check";
import { layoutByteranges, newBoundary } from "../../../routes/http/multipart_byteranges.ts";

Deno.test("the layout is that of RFC 9110 section 14.6", () => {
  const ranges = [{ offset: 500, length: 500 }, { offset: 7000, length: 1000 }];
  const layout = layoutByteranges(ranges, { size: 8000, contentType: "application/pdf", boundary: "B" });
  const decoder = new TextDecoder();
  const shown = layout.parts.map((part) => part instanceof Uint8Array ? decoder.decode(part) : part);
  assert.deepEqual(shown, [
    "--B\r\nContent-Type: application/pdf\r\nContent-Range: bytes 500-999/8000\r\n\r\n",
    ranges[0],
    "\r\n--B\r\nContent-Type: application/pdf\r\nContent-Range: bytes 7000-7999/8000\r\n\r\n",
    ranges[1],
    "\r\n--B--\r\n",
  ]);
  assert.equal(layout.contentType, "multipart/byteranges; boundary=B");
});

Deno.test("the length is exactly that of the parts", () => {
  const range = fc.record({ offset: fc.nat(2 ** 40), length: fc.integer({ min: 1, max: 2 ** 40 }) });
  fc.assert(fc.property(fc.array(range, { minLength: 1, maxLength: 64 }), (ranges) => {
    const layout = layoutByteranges(ranges, { size: 2 ** 42, contentType: "a/b", boundary: "B" });
    const sum = layout.parts.map((part) => part.length).reduce((a, b) => a + b);
    assert.equal(layout.contentLength, sum);
  }));
});

Deno.test("boundaries are tokens that need no quotes, and never the same", () => {
  const boundaries = new Set(Array.from({ length: 100 }, newBoundary));
  assert.equal(boundaries.size, 100);
  for (const boundary of boundaries) assert.match(boundary, /^[0-9a-f]{32}$/);
});
