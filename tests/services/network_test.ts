import assert from "node:assert/strict";
import fc from "fast-check";
import { hostNetwork, inNetwork, parseNetwork, showNetwork } from "../../services/network.ts";

const shown = (text: string) => {
  const network = parseNetwork(text);
  return network && showNetwork(network);
};

Deno.test("blocks are read in every form and shown in one", () => {
  const forms: [string, string | null][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7/32", "192.0.2.7"],
    ["192.0.2.7/24", "192.0.2.0/24"],
    [" 10.255.255.255/9 ", "10.128.0.0/9"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:0::1", "2001:db8::1"],
    ["2001:db8:1:2:3:4:5:6/64", "2001:db8:1:2::/64"],
    ["2001:db8::ffff/127", "2001:db8::fffe/127"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
    ["fe80::1%eth0", "fe80::1"],
    ...["", "x", "1.2.3", "1.2.3.4/33", "::/129", "1.2.3.4/", "1.2.3.4/-1", "1.2.3.4/8/8", "0x7f.0.0.1"].map(
      (text): [string, null] => [text, null],
    ),
  ];
  for (const [text, expected] of forms) assert.equal(shown(text), expected, text);
});

Deno.test("an address lies in a block exactly when its leading bits are the block's", () => {
  const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(fc.property(address, address, fc.integer({ min: 0, max: 32 }), (one, other, bits) => {
    const text = [...one].join(".");
    const network = parseNetwork(`${[...other].join(".")}/${bits}`)!;
    const leading = (of: Uint8Array) =>
      [...of].map((byte) => byte.toString(2).padStart(8, "0")).join("").slice(0, bits);
    assert.equal(inNetwork(text, network), leading(one) === leading(other));
    assert.equal(inNetwork(`::ffff:${text}`, network), leading(one) === leading(other), "mapped");
    assert.ok(inNetwork([...other].join("."), network));
    assert.ok(inNetwork([...other].join("."), parseNetwork(showNetwork(network))!));
  }));
  assert.equal(inNetwork("unknown", parseNetwork("0.0.0.0/0")!), false);
  assert.equal(inNetwork("::1", parseNetwork("0.0.0.0/0")!), false);
});

Deno.test("an IPv6 host is its /64, an IPv4 host its address", () => {
  assert.equal(hostNetwork("2001:db8:1:2:aaaa:bbbb:cccc:dddd"), "2001:db8:1:2::/64");
  assert.equal(hostNetwork("192.0.2.7"), "192.0.2.7");
  assert.equal(hostNetwork("unknown"), "unknown");
});
