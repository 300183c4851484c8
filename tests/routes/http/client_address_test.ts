import assert from "node:assert/strict";
import fc from "fast-check";
import { clientAddress, trustedProxies } from "../../../routes/http/client_address.ts";

const NOBODY: string[] = [];
const LAN = ["10.0.0.0/8", "127.0.0.1", "fd00::/8"];

/** The address found for a peer, its `X-Forwarded-For` and the trusted blocks. */
function found(remote: string | undefined, forwarded: string | null, blocks = LAN): string {
  const headers = new Headers(forwarded === null ? {} : { "X-Forwarded-For": forwarded });
  return clientAddress(remote, headers, { trusted: trustedProxies(blocks) });
}

Deno.test("Without trusted proxies the peer is the client, whatever it claims", () => {
  assert.equal(found("10.0.0.1", "192.0.2.1", NOBODY), "10.0.0.1");
  assert.equal(found("203.0.113.9", "192.0.2.1"), "203.0.113.9");
});

Deno.test("A trusted proxy tells the client, and what the client wrote before it is passed over", () => {
  assert.equal(found("10.0.0.1", "192.0.2.1"), "192.0.2.1");
  assert.equal(found("10.0.0.1", "1.2.3.4, 192.0.2.1"), "192.0.2.1");
  assert.equal(found("10.0.0.1", "10.9.9.9, 192.0.2.1, 10.0.0.2,127.0.0.1"), "192.0.2.1");
  assert.equal(found("fd12::1", "2001:db8::7"), "2001:db8::7");
});

Deno.test("Several headers are one list", () => {
  const headers = new Headers();
  headers.append("X-Forwarded-For", "1.2.3.4");
  headers.append("X-Forwarded-For", "192.0.2.1");
  assert.equal(clientAddress("10.0.0.1", headers, { trusted: trustedProxies(LAN) }), "192.0.2.1");
});

Deno.test("Where everybody on the way is trusted, the farthest is the client", () => {
  assert.equal(found("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
  assert.equal(found("10.0.0.1", null), "10.0.0.1");
});

Deno.test("An entry that is no address ends the walk at the proxy that wrote it", () => {
  for (
    const entry of [
      "unknown",
      "_hidden",
      "",
      "1.2.3",
      "127.1",
      "0x7f.0.0.1",
      "1.2.3.4.5",
      "example.com",
      "[::1",
      "::1]",
    ]
  ) {
    assert.equal(found("10.0.0.1", `192.0.2.1, ${entry}, 10.0.0.2`), "10.0.0.2", entry);
  }
});

Deno.test("Addresses come in one form: no port, no brackets, IPv4 where it is mapped, short IPv6, no zone", () => {
  const forms: [string, string][] = [
    ["192.0.2.1:4711", "192.0.2.1"],
    ["[2001:DB8:0:0::1]:4711", "2001:db8::1"],
    ["[2001:db8::1]", "2001:db8::1"],
    ["2001:0db8:0000::0001", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:0201", "192.0.2.1"],
    ["fe80::1%eth0", "fe80::1"],
  ];
  for (const [entry, expected] of forms) {
    assert.equal(found("10.0.0.1", entry), expected);
    if (!entry.endsWith("4711") && !entry.startsWith("[")) assert.equal(found(entry, null), expected);
  }
});

Deno.test("An IPv4 proxy is recognised when it connects over a mapped IPv6 address", () => {
  assert.equal(found("::ffff:10.0.0.1", "192.0.2.1"), "192.0.2.1");
  assert.equal(found("10.0.0.1", "192.0.2.1", ["::ffff:10.0.0.0/104"]), "192.0.2.1");
  assert.equal(found("11.0.0.1", "192.0.2.1", ["::ffff:10.0.0.0/104"]), "11.0.0.1");
});

Deno.test("A block ends at its bits, and IPv4 and IPv6 blocks do not mix", () => {
  const trusts = (block: string, address: string) => trustedProxies([block])(address);
  assert.equal(trusts("192.168.4.0/22", "192.168.7.255"), true);
  assert.equal(trusts("192.168.4.0/22", "192.168.8.0"), false);
  assert.equal(trusts("2001:db8::/33", "2001:db8:7fff::1"), true);
  assert.equal(trusts("2001:db8::/33", "2001:db8:8000::1"), false);
  assert.equal(trusts("0.0.0.0/0", "203.0.113.1"), true);
  assert.equal(trusts("0.0.0.0/0", "2001:db8::1"), false);
  assert.equal(trusts("::/0", "203.0.113.1"), false);
});

Deno.test("A malformed block is named", () => {
  for (
    const block of [
      "",
      "10.0.0.0/33",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "10.0/8",
      "fd00::/129",
      "proxy.example",
      "10.0.0.0/ 8",
    ]
  ) {
    assert.throws(
      () => trustedProxies([block]),
      (error) => error instanceof TypeError && error.message.includes(`"${block}"`),
    );
  }
});

Deno.test("Without a peer the client is unknown", () => {
  assert.equal(found(undefined, "192.0.2.1"), "unknown");
  assert.equal(found("", "192.0.2.1"), "unknown");
});

Deno.test("Whatever the header holds, the answer is an address that the peer or a trusted proxy vouches for", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());
  const entry = fc.oneof(
    address,
    fc.string(),
    fc.constantFrom("unknown", "10.0.0.1", "[::1]:80", "1.2.3.4:5"),
  );
  fc.assert(fc.property(address, fc.array(entry, { maxLength: 6 }), (remote, entries) => {
    const safe = entries.map((text) => text.replace(/[^\x21-\x7e]|,/g, ""));
    const result = found(remote, safe.join(", "));
    assert.equal(found(result, null, NOBODY), result, "canonical");
    if (!trustedProxies(LAN)(found(remote, null, NOBODY))) assert.equal(result, found(remote, null, NOBODY));
    // What stands before an untrusted last entry changes nothing.
    assert.equal(found("10.0.0.1", [...safe, "203.0.113.5"].join(",")), "203.0.113.5");
  }));
});
