import assert from "node:assert/strict";
import type { Identity } from "../../../services/access/access.ts";
import { tokenInvalid } from "../../../services/access/refusals.ts";
import { rememberVerified } from "../../../services/access/verified_tokens.ts";

const START = Date.UTC(2026, 0, 1);

/** A verifier that takes every token but "wrong" and counts how often it was asked; tokens end after 90 s. */
function counted() {
  let time = START;
  const asked: string[] = [];
  const verify = (token: string): Promise<Identity> => {
    asked.push(token);
    if (token === "wrong") return Promise.reject(tokenInvalid("it is wrong"));
    const caller = { id: token, role: "user" as const, name: token };
    return Promise.resolve({ caller, expiresAt: START + 90_000, signedInAt: time, signedInBy: "token" });
  };
  return {
    verified: rememberVerified(verify, { now: () => time }),
    asked,
    at: (ms: number) => time = START + ms,
  };
}

Deno.test("a token is verified once a minute", async () => {
  const { verified, asked, at } = counted();
  for (const ms of [0, 1, 59_999]) {
    at(ms);
    const { caller, signedInAt, expiresAt } = await verified("ada");
    assert.deepEqual([caller.id, signedInAt, expiresAt], ["ada", START, START + 90_000]);
  }
  assert.equal(asked.length, 1);
  at(60_000);
  await verified("ada");
  assert.equal(asked.length, 2);
});

Deno.test("a remembered token ends when it ends", async () => {
  const { verified, asked, at } = counted();
  at(60_000);
  await verified("ada");
  at(89_999);
  await verified("ada");
  assert.equal(asked.length, 1);
  at(90_000);
  await verified("ada");
  assert.equal(asked.length, 2);
});

Deno.test("a clock that was put back makes a token be verified anew", async () => {
  const { verified, asked, at } = counted();
  at(10_000);
  await verified("ada");
  at(9_999);
  await verified("ada");
  assert.equal(asked.length, 2);
});

Deno.test("refusals are not remembered, and each token has its own person", async () => {
  const { verified, asked } = counted();
  await assert.rejects(verified("wrong"), { code: "token-invalid" });
  await assert.rejects(verified("wrong"), { code: "token-invalid" });
  assert.equal((await verified("ada")).caller.id, "ada");
  assert.equal((await verified("bob")).caller.id, "bob");
  assert.deepEqual(asked, ["wrong", "wrong", "ada", "bob"]);
});

Deno.test("what is done to an identity is not remembered", async () => {
  const { verified } = counted();
  for (let time = 0; time < 3; time++) {
    const { caller } = await verified("ada");
    assert.equal(caller.role, "user");
    caller.role = "admin";
  }
});

Deno.test("the longest remembered tokens are forgotten beyond a thousand", async () => {
  const { verified, asked } = counted();
  for (let n = 0; n <= 1000; n++) await verified(`user${n}`);
  await verified("user1000");
  assert.equal(asked.length, 1001);
  await verified("user0");
  assert.equal(asked.length, 1002);
});
