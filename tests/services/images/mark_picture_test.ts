import assert from "node:assert/strict";
import { loadConfig } from "../../../config/load.ts";
import { openImages } from "../../../services/images/images.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { drawing } from "./pictures.ts";

Deno.test("a picture for watermarks that cannot be used is told at the start, and can be once it is mended", async () => {
  await using dir = await tempDir();
  const path = dir.join("logo.png");
  const loaded = await loadConfig({
    env: { PAWL_DATA_DIR: dir.path, PAWL_WATERMARK_PICTURE: path },
    readTextFile: () => Promise.reject(new Deno.errors.NotFound()),
    cwd: dir.path,
  });
  if ("mistakes" in loaded) throw new Error(loaded.mistakes.join("\n"));
  const told: Record<string, unknown>[] = [];
  const images = openImages(loaded.config, {
    isBusy: () => false,
    warn: (_message, properties) => told.push(properties),
  });
  try {
    await images.checkMark();
    assert.deepEqual(told.map((properties) => properties.path), [path]);
    assert.ok(told[0]!.cause instanceof Deno.errors.NotFound);

    await Deno.writeTextFile(path, "no picture");
    await images.checkMark();
    assert.match(String(told[1]!.cause), /it is no picture/);

    await Deno.writeFile(path, await drawing({ width: 30, height: 20 }).png().toBuffer());
    await images.checkMark();
    assert.equal(told.length, 2);
    assert.equal((await images.markPicture()).width, 30);
  } finally {
    images.close();
  }
});
