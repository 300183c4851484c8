/** The downloads folder of the real server, asked by the byte. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { randomBytes } from "../support/random_bytes.ts";
import { rawRequest } from "../support/raw_http.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";

const GIB = 2 ** 30;
const LARGE = 6 * GIB;

Deno.test("the downloads folder of the real server", async (t) => {
  await using dir = await tempDir();
  const bytes = randomBytes(1_000_000, { seed: 1 });
  await Deno.writeFile(dir.join("download.zip"), bytes);
  await Deno.mkdir(dir.join("sub"));
  await Deno.writeTextFile(dir.join("sub/inner.zip"), "inner");
  await Deno.writeTextFile(dir.join("large.iso"), "");
  await Deno.truncate(dir.join("large.iso"), LARGE);
  const settled = new Date(Date.now() - 60_000);
  for (const name of ["download.zip", "large.iso"]) await Deno.utime(dir.join(name), settled, settled);
  await using server = await startServer({ env: { PAWL_DOWNLOADS_DIR: dir.path } });
  const authorization = `Authorization: Bearer ${await server.token({ sub: "alice" })}`;
  const get = (path: string, init: RequestInit = {}) =>
    server.fetch(`/downloads/${path}`, { ...init, user: { sub: "alice" } });

  await t.step(
    "a broken download goes on with the request of an old Internet Explorer, HTTP/1.0 and no Host",
    async () => {
      const whole = await get("download.zip", { method: "HEAD" });
      const [etag, modified] = [whole.headers.get("ETag")!, whole.headers.get("Last-Modified")!];
      const answer = await rawRequest(server.url, {
        lines: [
          `GET ${server.url}downloads/download.zip HTTP/1.0`,
          authorization,
          "Range: bytes=933714-",
          `Unless-Modified-Since: ${modified}`,
          `If-Range: ${etag}`,
        ],
      });
      assert.deepEqual(
        [answer?.status, answer?.headers.get("Content-Range"), answer?.headers.get("Accept-Ranges")],
        [206, "bytes 933714-999999/1000000", "bytes"],
      );
      assert.deepEqual(
        [answer?.headers.get("ETag"), answer?.headers.get("Last-Modified")],
        [etag, modified],
      );
      assert.equal(Buffer.compare(answer!.body, bytes.subarray(933_714)), 0);
    },
  );

  await t.step("paths that no client of good will sends are nowhere, as they are sent", async () => {
    for (
      const path of [
        "sub\\inner.zip",
        "sub/../download.zip",
        "sub/..",
        "./download.zip",
        "../downloads/download.zip",
      ]
    ) {
      const answer = await rawRequest(server.url, {
        lines: [`GET /downloads/${path} HTTP/1.1`, `Host: ${server.url.host}`, authorization],
      });
      assert.equal(answer?.status, 404, path);
    }
  });

  await t.step("a download that breaks off is logged with the bytes that were left", async () => {
    const line = server.prints(/.*Download of \{name\} broke off.*large\.iso.*/);
    const reader = (await get("large.iso")).body!.getReader();
    await reader.read();
    await reader.cancel();
    const { sent, left } = JSON.parse((await line)[0]);
    assert.equal(sent + left, LARGE);
    assert.ok(left > 0);
  });

  await t.step("a file far beyond 4 GiB is handed out at any byte", async () => {
    const end = await get("large.iso", { headers: { Range: `bytes=${LARGE - 3}-` } });
    assert.deepEqual(
      [end.status, end.headers.get("Content-Range"), (await end.bytes()).length],
      [206, `bytes ${LARGE - 3}-${LARGE - 1}/${LARGE}`, 3],
    );
  });
});
