import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalHost, isLoopback } from "../../../routes/http/host_name.ts";

Deno.test("A host has one form, without its port", () => {
  const forms: [string, string | null][] = [
    ["localhost", "localhost"],
    ["LocalHost:8000", "localhost"],
    ["localhost.", "localhost"],
    ["localhost:", "localhost"],
    ["my_service:80", "my_service"],
    ["files.example.org:65535", "files.example.org"],
    ["192.0.2.1:80", "192.0.2.1"],
    ["[::1]:8000", "::1"],
    ["[0:0:0:0:0:0:0:1]", "::1"],
    ["[::ffff:127.0.0.1]", "127.0.0.1"],
  ];
  for (const [text, expected] of forms) assert.equal(canonicalHost(text), expected, text);
});

Deno.test("What could change the address it is pasted into is no host", () => {
  const wrong = [
    ...[
      "",
      " ",
      ":80",
      "a/admin/secret?",
      "a?b",
      "a#b",
      "user@a",
      "a:b@c",
      "a\\b",
      "a b",
      "a,b",
      "a%2fb",
      "a\tb",
    ],
    ...[
      "a:65536",
      "a:123456",
      "a:-1",
      "a:+1",
      "a:8 0",
      "a:80:80",
      "::1",
      "[::1",
      "::1]",
      "[]",
      "[localhost]",
    ],
    ...["[::1]x", "[fe80::1%25eth0]", ".", "..", ".a", "-a", "a..", "ä.example", "a\0"],
  ];
  for (const text of wrong) assert.equal(canonicalHost(text), null, JSON.stringify(text));
});

Deno.test("Loopback is what only this machine reaches, however it is written", () => {
  for (
    const text of [
      "localhost",
      "app.localhost",
      "127.0.0.1",
      "127.255.255.254",
      "[::1]",
      "[::ffff:127.0.0.1]",
    ]
  ) {
    assert.equal(isLoopback(canonicalHost(text)!), true, text);
  }
  for (
    const text of [
      "localhost.evil.example",
      "notlocalhost",
      "127.0.0.1.evil.example",
      "128.0.0.1",
      "127.1",
      "0.0.0.0",
      "[::2]",
      "[::]",
    ]
  ) {
    assert.equal(isLoopback(canonicalHost(text)!), false, text);
  }
});

Deno.test("A canonical host never holds what separates the parts of an address", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webAuthority({ withUserInfo: true, withPort: true })), (text) => {
      const host = canonicalHost(text);
      if (host !== null) assert.match(host, /^[a-z0-9._:-]+$/);
    }),
  );
});
