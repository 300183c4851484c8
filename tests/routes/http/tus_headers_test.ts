import assert from "node:assert/strict";
import fc from "fast-check";
import { dialectOf } from "../../../routes/http/dialect.ts";
import { methodOf, riskierMethod } from "../../../routes/http/method_override.ts";
import {
  declaredLength,
  uploadChecksum,
  uploadConcat,
  uploadIdOf,
  uploadMetadata,
} from "../../../routes/http/tus_headers.ts";
import { Problem } from "../../../services/problem.ts";

/** null when it is refused in our way. */
function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof Problem && error.status === 400, String(error));
    return null;
  }
}

/** What `Headers` takes as a value. */
const headerValue = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
});
const base64 = (text: string) => new TextEncoder().encode(text).toBase64();

Deno.test("metadata come back as they went in, however they are spaced", () => {
  const key = fc.stringMatching(/^[!-+\--~]{1,12}$/);
  const pairs = fc.uniqueArray(fc.tuple(key, fc.string({ unit: "grapheme" })), {
    selector: ([key]) => key,
    maxLength: 6,
  });
  fc.assert(fc.property(pairs, fc.boolean(), (pairs, spaced) => {
    const header = pairs.map(([key, value]) => value === "" && spaced ? key : `${key} ${base64(value)}`).join(
      spaced ? " , " : ",",
    );
    const { values } = uploadMetadata(new Headers({ "Upload-Metadata": header }));
    assert.deepEqual([...values], pairs.map(([key, value]) => [key, value.toWellFormed()]));
  }));
});

Deno.test("whatever is sent as a tus header is understood or refused, and what is given back breaks no header", () => {
  const any = fc.oneof(
    headerValue,
    fc.stringMatching(/^(partial|final;|sha1 |crc32 |filename )?[ -~]{0,40}$/),
  );
  fc.assert(
    fc.property(any, (value) => {
      const headers = (name: string) => new Headers({ [name]: value });
      const metadata = orRefused(() => uploadMetadata(headers("Upload-Metadata")));
      if (metadata?.header) assert.match(metadata.header, /^[\x20-\x7e]+$/);
      const checksum = orRefused(() => uploadChecksum(headers("Upload-Checksum")));
      for (const digest of Object.values(checksum ?? {})) assert.match(digest, /^([0-9a-f]{2})*$/);
      const concat = orRefused(() => uploadConcat(headers("Upload-Concat")));
      if (concat?.kind === "final") assert.match(concat.header, /^final;[\x20-\x7e]*$/);
      orRefused(() => declaredLength(headers("Upload-Length")));
      orRefused(() => declaredLength(headers("Upload-Defer-Length")));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("addresses of parts are those of this server, relative or absolute, and nothing else", () => {
  const where = {
    base: "http://pawl.example:8000/files",
    hosts: ["pawl.example:8000", "files.example"],
    folder: "/files",
  };
  const id = "AAAAAAAAAAAAAAAAAAAAAA";
  for (
    const right of [
      `/files/${id}`,
      `http://pawl.example:8000/files/${id}`,
      `https://files.example/files/${id}`,
      `//files.example/files/${id}`,
      `files/${id}`,
      `/files/${id}?x=1`,
    ]
  ) {
    assert.equal(uploadIdOf(right, where), id, right);
  }
  for (
    const wrong of [
      "",
      "/",
      "/files",
      "/files/",
      `/files/${id}/x`,
      `/other/${id}`,
      `https://evil.example/files/${id}`,
      `http://pawl.example/files/${id}`,
      `ftp://files.example/files/${id}`,
      `/files/../files`,
      "http://[",
    ]
  ) {
    assert.throws(() => uploadIdOf(wrong, where), Problem, wrong);
  }
  fc.assert(fc.property(fc.webUrl(), (url) => {
    if (!where.hosts.includes(new URL(url).host)) assert.throws(() => uploadIdOf(url, where), Problem);
  }));
});

Deno.test("a request speaks the IETF's protocol by its version, its Upload-Complete, or its PATCH's type", () => {
  const speaks = (method: string, headers: Record<string, string> = {}) =>
    dialectOf({ method, headers: new Headers(headers) });
  const partial = { "Content-Type": "Application/Partial-Upload; x=y" };
  assert.equal(speaks("POST", { "Upload-Draft-Interop-Version": "8" }), "ietf");
  assert.equal(speaks("POST", { "Upload-Complete": "?1" }), "ietf");
  assert.equal(speaks("PATCH", partial), "ietf");
  assert.equal(speaks("POST", { ...partial, "X-HTTP-Method-Override": "PATCH" }), "ietf");
  assert.equal(speaks("POST", partial), "tus");
  assert.equal(speaks("PATCH", { "Content-Type": "application/partial-uploads" }), "tus");
  assert.equal(speaks("HEAD", { "Tus-Resumable": "1.0.0" }), "tus");
});

Deno.test("the method that is meant counts, and for whoever looks for danger the riskier of both", () => {
  const request = (method: string, override?: string) => ({
    method,
    headers: new Headers(override === undefined ? {} : { "X-HTTP-Method-Override": override }),
  });
  assert.deepEqual([methodOf(request("POST")), riskierMethod(request("POST"))], ["POST", "POST"]);
  assert.deepEqual([methodOf(request("GET", " delete ")), riskierMethod(request("GET", "DELETE"))], [
    "DELETE",
    "DELETE",
  ]);
  assert.deepEqual([methodOf(request("POST", "GET")), riskierMethod(request("POST", "GET"))], [
    "GET",
    "POST",
  ]);
  assert.equal(methodOf(request("POST", "")), "POST");
});
