/** tus 1.0.0 in browsers: the numbered facts, over a real socket. */
import assert from "node:assert/strict";
import { startApp } from "../../support/app.ts";
import { tusClient } from "../../support/tus.ts";

const ORIGIN = "https://app.example";

Deno.test("tus from pages of other origins", async (t) => {
  await using app = await startApp({ env: { PAWL_CORS_ORIGINS: ORIGIN } });
  await using tus = tusClient(app);

  await t.step(
    "fact 40: a preflight allows every method and header of the protocols, for a day",
    async () => {
      const methods = ["POST", "HEAD", "PATCH", "OPTIONS", "GET", "DELETE"];
      const wanted = [
        "Authorization",
        "Content-Type",
        "Upload-Length",
        "Upload-Offset",
        "Tus-Resumable",
        "Upload-Metadata",
        "Upload-Defer-Length",
        "Upload-Concat",
        "Upload-Checksum",
        "X-HTTP-Method-Override",
        "X-Request-ID",
        "X-Requested-With",
        "Upload-Complete",
        "Upload-Draft-Interop-Version",
        "Content-Digest",
        "Repr-Digest",
        "Range",
        "If-Range",
        "If-Match",
      ];
      for (const path of ["/files", "/files/AAAAAAAAAAAAAAAAAAAAAA"]) {
        const { status, headers } = await tus.send("OPTIONS", path, {
          headers: {
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": wanted.join(","),
            "Tus-Resumable": null,
          },
          user: null,
        });
        assert.equal(status, 204);
        assert.equal(headers.get("Access-Control-Allow-Origin"), ORIGIN);
        assert.equal(headers.get("Access-Control-Max-Age"), "86400");
        const list = (name: string) => headers.get(name)!.toLowerCase().split(",").map((item) => item.trim());
        for (const method of methods) {
          assert.ok(list("Access-Control-Allow-Methods").includes(method.toLowerCase()), method);
        }
        for (const name of wanted) {
          assert.ok(list("Access-Control-Allow-Headers").includes(name.toLowerCase()), name);
        }
      }
    },
  );

  await t.step(
    "fact 41: answers, refusals too, expose every header to known origins, and nothing to others",
    async () => {
      const exposed = [
        "Upload-Offset",
        "Location",
        "Upload-Length",
        "Tus-Version",
        "Tus-Resumable",
        "Tus-Max-Size",
        "Tus-Extension",
        "Tus-Checksum-Algorithm",
        "Upload-Metadata",
        "Upload-Defer-Length",
        "Upload-Concat",
        "Upload-Expires",
        "Upload-Complete",
        "Upload-Limit",
        "ETag",
        "Content-Range",
        "Accept-Ranges",
        "Content-Disposition",
        "Content-Location",
        "Pawl-Attachment-Id",
        "Retry-After",
        "Repr-Digest",
      ];
      const path = await tus.create({ "Upload-Length": "5" });
      const asked: [string, string, Record<string, string | null>, number][] = [
        ["POST", "/files", { "Upload-Length": "5" }, 201],
        ["POST", "/files", {}, 400],
        ["HEAD", path, {}, 200],
        ["HEAD", path, { "Tus-Resumable": null }, 412],
        ["PATCH", path, {}, 415],
        ["OPTIONS", "/files", {}, 200],
        ["POST", "/files", { Authorization: "Bearer no" }, 401],
        ["DELETE", path, {}, 204],
      ];
      for (const [method, to, given, expected] of asked) {
        const { status, headers } = await tus.send(method, to, { headers: { ...given, Origin: ORIGIN } });
        assert.equal(status, expected, method);
        assert.equal(headers.get("Access-Control-Allow-Origin"), ORIGIN, `${method} ${status}`);
        assert.match(headers.get("Vary")!, /\bOrigin\b/);
        const names = headers.get("Access-Control-Expose-Headers")!.split(",").map((name) => name.trim());
        for (const name of exposed) assert.ok(names.includes(name), name);
      }
      const other = await tus.send("POST", "/files", {
        headers: { "Upload-Length": "5", Origin: "https://other.example" },
      });
      assert.deepEqual([other.status, other.headers.get("Access-Control-Allow-Origin")], [201, null]);
    },
  );
});
