import assert from "node:assert/strict";
import { load, mistakesOf } from "./load_support.ts";

const FILE = "/run/secrets/jwt";

Deno.test("a secret may come from a file, whose last line break does not belong to it", async () => {
  const loaded = await load({ PAWL_JWT_SECRET_FILE: FILE }, { [FILE]: `${"k".repeat(31)} \r\n` });
  assert("config" in loaded);
  assert.equal(loaded.config.jwt.secret, `${"k".repeat(31)} `);
});

Deno.test("a secret has at least 32 bytes, and a mistake never shows it", async () => {
  assert.deepEqual(await mistakesOf({ PAWL_JWT_SECRET: "密".repeat(11) }), []);
  const short = "hush-hush-hush-hush-hush-hush-h";
  const byFile = await load({ PAWL_JWT_SECRET_FILE: FILE }, { [FILE]: short + "\n" });
  assert("mistakes" in byFile);
  assert.deepEqual(byFile.mistakes, [
    "The content of PAWL_JWT_SECRET_FILE must be at least 32 bytes long (what was given is not shown).",
  ]);
  assert.deepEqual(await mistakesOf({ PAWL_JWT_SECRET: short }), [
    "PAWL_JWT_SECRET must be at least 32 bytes long (what was given is not shown).",
  ]);
});

Deno.test("a secret and its file together are a mistake", async () => {
  const secret = "k".repeat(32);
  const loaded = await load({ PAWL_JWT_SECRET: secret, PAWL_JWT_SECRET_FILE: FILE }, { [FILE]: secret });
  assert.deepEqual(loaded, {
    mistakes: ["PAWL_JWT_SECRET and PAWL_JWT_SECRET_FILE are both set: set only one of them."],
  });
});

Deno.test("a secret file that cannot be read is a mistake with its name", async () => {
  assert.deepEqual(await mistakesOf({ PAWL_JWT_SECRET_FILE: FILE }), [
    `PAWL_JWT_SECRET_FILE is "${FILE}": this file cannot be read: there is no such file.`,
  ]);
});

Deno.test("mistakes show neither the value of an unknown variable nor a password in an address", async () => {
  const mistakes = await mistakesOf({
    PAWL_JWT_SECRT: "hush",
    PAWL_PUBLIC_URL: "https://me:hush@files.example/",
  }, { jwtSecret: "hush" });
  assert.equal(mistakes.length, 3);
  assert(!mistakes.join().includes("hush"), mistakes.join("\n"));
  assert(mistakes.includes("PAWL_JWT_SECRT is not a setting, did you mean PAWL_JWT_SECRET?"));
});
