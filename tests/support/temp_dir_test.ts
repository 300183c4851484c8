import assert from "node:assert/strict";
import { tempDir } from "./temp_dir.ts";

Deno.test("a temporary directory goes with everything in it", async () => {
  let path: string;
  {
    await using dir = await tempDir();
    path = dir.path;
    await Deno.mkdir(dir.join("a/b"), { recursive: true });
    await Deno.writeTextFile(dir.join("a/b/c"), "x");
  }
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});
