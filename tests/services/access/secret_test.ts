import assert from "node:assert/strict";
import { join } from "node:path";
import { readOrCreateSecret } from "../../../services/access/secret.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("The secret is made once, with its directory, for the owner's eyes only", async () => {
  await using dir = await tempDir();
  const dataDir = dir.join("deep/data");
  const secret = await readOrCreateSecret(dataDir);
  assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(await readOrCreateSecret(dataDir), secret);
  const names = Array.from(Deno.readDirSync(dataDir), (entry) => entry.name);
  assert.deepEqual(names, ["secret"], "no draft stays behind");
  if (Deno.build.os !== "windows") {
    assert.equal(Deno.statSync(join(dataDir, "secret")).mode! & 0o777, 0o600);
    assert.equal(Deno.statSync(dataDir).mode! & 0o777, 0o700);
  }
});

Deno.test("Everybody who makes the secret at once gets the same one", async () => {
  await using dir = await tempDir();
  for (let round = 0; round < 20; round++) {
    const dataDir = dir.join(String(round));
    const secrets = await Promise.all(Array.from({ length: 8 }, () => readOrCreateSecret(dataDir)));
    assert.equal(new Set(secrets).size, 1);
    assert.equal((await Deno.readTextFile(join(dataDir, "secret"))).trim(), secrets[0]);
    assert.equal(Array.from(Deno.readDirSync(dataDir)).length, 1);
  }
});

Deno.test("Two data directories have different secrets", async () => {
  await using dir = await tempDir();
  assert.notEqual(await readOrCreateSecret(dir.join("a")), await readOrCreateSecret(dir.join("b")));
});

Deno.test("A secret that the operator put there is used as it is, without the line's end", async () => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("secret"), "correct horse battery staple and more\n");
  assert.equal(await readOrCreateSecret(dir.path), "correct horse battery staple and more");
});

Deno.test("An empty or cut secret stops with advice and stays as it is", async () => {
  await using dir = await tempDir();
  const path = dir.join("secret");
  for (const text of ["", "short"]) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(readOrCreateSecret(dir.path), /damaged.*Put the old one back/s);
    assert.equal(await Deno.readTextFile(path), text);
  }
});
