import assert from "node:assert/strict";
import { newUploadId, UPLOAD_ID } from "../../services/ids.ts";

Deno.test("ids of sessions and links are words for a command line: none begins with a dash", () => {
  for (let n = 0; n < 5000; n++) {
    const id = newUploadId();
    assert.match(id, UPLOAD_ID);
    assert.ok(!id.startsWith("-"), id);
  }
});
