/** IETF resumable uploads in browsers: facts 40 and 41, over a real socket. */
import assert from "node:assert/strict";
import { startApp } from "../../support/app.ts";
import { type Fields, tusClient } from "../../support/tus.ts";

const ORIGIN = "https://app.example";
const OTHER = "https://other.example";
const HELLO = new TextEncoder().encode("hello world");
const DRAFT = { "Tus-Resumable": null, "Upload-Draft-Interop-Version": "8" };
const APPEND = { "Content-Type": "application/partial-upload", "Upload-Complete": "?1" };
const CORS = /^access-control-/;

Deno.test("resumable uploads from pages of other origins", async (t) => {
  await using app = await startApp({ env: { PAWL_CORS_ORIGINS: ORIGIN } });
  await using client = tusClient(app);
  const send = (origin: string) => (method: string, path: string, headers: Fields, body?: typeof HELLO) =>
    client.send(method, path, { headers: { ...DRAFT, ...headers, Origin: origin }, body: body ?? null });
  const listed = send(ORIGIN);

  await t.step(
    "fact 40: a preflight is answered for listed origins only, and asks for no token",
    async () => {
      const asked = {
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers":
          "authorization,content-type,upload-complete,upload-offset,upload-length,upload-draft-interop-version,repr-digest",
        "Upload-Draft-Interop-Version": null,
      };
      for (const path of ["/files", "/files/AAAAAAAAAAAAAAAAAAAAAA"]) {
        for (const [origin, allowed] of [[ORIGIN, true], [OTHER, false]] as const) {
          const { status, headers } = await client.send("OPTIONS", path, {
            headers: { "Tus-Resumable": null, ...asked, Origin: origin },
            user: null,
          });
          assert.ok(status === 200 || status === 204, `${status}`);
          assert.match(headers.get("Vary")!, /\bOrigin\b/);
          const names = [...headers.keys()].filter((name) => CORS.test(name));
          if (!allowed) {
            assert.deepEqual(names, []);
            continue;
          }
          assert.equal(headers.get("Access-Control-Allow-Origin"), ORIGIN);
          const list = (name: string) => headers.get(name)!.toLowerCase().split(/, */);
          assert.ok(list("Access-Control-Allow-Methods").includes("patch"));
          const accepted = list("Access-Control-Allow-Headers");
          for (const name of asked["Access-Control-Request-Headers"].split(",")) {
            assert.ok(accepted.includes(name), name);
          }
        }
      }
    },
  );

  await t.step("fact 41: every header that an answer bears can be read, in refusals too", async () => {
    const created = await listed("POST", "/files", { "Upload-Complete": "?0", "Upload-Length": "22" }, HELLO);
    const path = created.headers.get("Location")!;
    const answers = [
      created,
      await listed("OPTIONS", "/files", {}),
      await listed("HEAD", path, {}),
      await listed("PATCH", path, { ...APPEND, "Upload-Offset": "3" }, HELLO),
      await listed("PATCH", path, { ...APPEND, "Content-Type": "text/plain", "Upload-Offset": "11" }, HELLO),
      await listed("POST", "/files", { "Upload-Complete": "?0", "Upload-Length": "999999999999999" }),
      await listed("PATCH", path, { ...APPEND, "Upload-Offset": "11" }, HELLO),
      await listed("HEAD", path, {}),
      await listed("DELETE", path, {}),
      await listed("HEAD", path, {}),
      await listed("POST", "/files", { Authorization: "Bearer no" }),
    ];
    assert.deepEqual(answers.map(({ status }) => status), [
      201,
      200,
      204,
      409,
      415,
      413,
      200,
      204,
      204,
      410,
      401,
    ]);
    const read = new Set<string>();
    for (const { status, headers } of answers) {
      assert.equal(headers.get("Access-Control-Allow-Origin"), ORIGIN, `${status}`);
      assert.match(headers.get("Vary")!, /\bOrigin\b/);
      const exposed = headers.get("Access-Control-Expose-Headers")!.toLowerCase().split(/, */);
      for (const name of exposed.filter((name) => headers.has(name))) read.add(name);
    }
    for (
      const name of [
        "Accept-Patch",
        "Content-Location",
        "Location",
        "Pawl-Attachment-Id",
        "Repr-Digest",
        "Upload-Complete",
        "Upload-Length",
        "Upload-Limit",
        "Upload-Offset",
        "WWW-Authenticate",
        "X-Request-Id",
      ]
    ) {
      assert.ok(read.has(name.toLowerCase()), name);
    }
  });

  await t.step(
    "fact 41: an origin that is not listed may read nothing, and nobody else is harmed",
    async () => {
      const other = await send(OTHER)("POST", "/files", { "Upload-Complete": "?1" }, HELLO);
      const refused = await send(OTHER)("PATCH", "/files/AAAAAAAAAAAAAAAAAAAAAA", APPEND, HELLO);
      assert.deepEqual([other.status, refused.status], [201, 400]);
      for (const { headers } of [other, refused]) {
        assert.deepEqual([...headers.keys()].filter((name) => CORS.test(name)), []);
        assert.match(headers.get("Vary")!, /\bOrigin\b/);
      }
    },
  );
});
