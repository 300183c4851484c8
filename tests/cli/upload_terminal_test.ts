import assert from "node:assert/strict";
import { person } from "../support/cli.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes, randomSha256 } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";

const MIB = 1024 * 1024;

Deno.test("bars show what is on its way; Ctrl-C keeps what was sent, and the same command goes on", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  const size = 8 * MIB;
  await Deno.writeFile(me.join("film.mp4"), randomBytes(size, { seed: 1 }));
  proxy.setFault({ kind: "slow", direction: "up", bytesPerSecond: 1 * MIB });

  await using first = await me.terminal(["up", "film.mp4"]);
  await first.shows(/^film\.mp4 +[━─]{8,} +[1-9]\d? % .*[kM]B\/s +\d+:\d\d left$/m);
  assert.equal(first.cursorVisible, false);
  // Something has been acknowledged.
  await first.shows(/^film\.mp4 .* [2-9]\d % /m);
  await first.type("\x03");
  assert.equal(await first.ended, 130);
  const kept =
    /^film\.mp4: (\S+ [kM]B) of 8\.39 MB are there\.\nStopped\. What was sent is kept: run the same/m
      .exec(first.text());
  assert.ok(kept, first.text());
  assert.equal(first.cursorVisible, true);

  // What is still in the proxy's pipes would arrive late.
  proxy.cutAll({ reset: true });
  proxy.setFault({ kind: "pass" });
  const before = proxy.passed.up;
  await using second = await me.terminal(["up", "film.mp4"]);
  assert.equal(await second.ended, 0);
  const [, id, resumed] =
    /^(\d+) {2}film\.mp4 {2}\(8\.39 MB in .*, went on from (\S+ [kM]B)\)$/m.exec(second.text()) ?? [];
  assert.ok(id, second.text());
  const { sha256, size: stored } = await (await server.fetch(`/api/v1/attachments/${id}`)).json();
  assert.deepEqual([stored, sha256], [size, randomSha256(size, { seed: 1 })]);
  assert.equal(resumed, kept[1]);
  assert.ok(proxy.passed.up - before < size, "all was sent again");
});
