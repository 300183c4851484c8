import assert from "node:assert/strict";
import type { Caller } from "../../services/model.ts";
import { type Action, allows, permitted } from "../../services/policy.ts";
import { Problem } from "../../services/problem.ts";

const CALLERS: Record<string, Caller | null> = {
  anonymous: null,
  stranger: { id: "mallory", role: "user", name: "" },
  owner: { id: "alice", role: "user", name: "" },
  admin: { id: "root", role: "admin", name: "" },
};

/** Who of the callers may do it, in the order above. */
function mayDo<A extends Action>(action: A, subject: Parameters<typeof allows<A>>[2]): string {
  return Object.keys(CALLERS).filter((who) => allows(CALLERS[who]!, action, subject)).join(" ");
}

const attachment = (visibility: "private" | "users" | "public", deletedAt: number | null = null) => ({
  ownerId: "alice",
  visibility,
  deletedAt,
});

Deno.test("Visibility decides who reads a live attachment", () => {
  assert.equal(mayDo("attachment.read", attachment("private")), "owner admin");
  assert.equal(mayDo("attachment.read", attachment("users")), "stranger owner admin");
  assert.equal(mayDo("attachment.read", attachment("public")), "anonymous stranger owner admin");
});

Deno.test("A deleted attachment is there for its owner and administrators alone, whatever its visibility", () => {
  for (const visibility of ["private", "users", "public"] as const) {
    for (const deletedAt of [0, 1_700_000_000_000]) {
      assert.equal(mayDo("attachment.read", attachment(visibility, deletedAt)), "owner admin");
    }
  }
});

Deno.test("What the recycle bin has hidden is for administrators alone, its owner included", () => {
  for (const visibility of ["private", "users", "public"] as const) {
    for (const binnedAt of [0, 1_700_000_000_000]) {
      const hidden = { ...attachment(visibility, 0), binnedAt };
      for (const action of ["read", "change", "delete", "restore", "purge", "share"] as const) {
        assert.equal(mayDo(`attachment.${action}`, hidden), "admin", action);
      }
    }
    assert.equal(
      mayDo("attachment.restore", { ...attachment(visibility, 0), binnedAt: null }),
      "owner admin",
    );
  }
});

Deno.test("Being readable by all makes an attachment changeable by nobody else", () => {
  for (const action of ["change", "delete", "restore", "purge", "share"] as const) {
    assert.equal(mayDo(`attachment.${action}`, attachment("public")), "owner admin");
  }
  assert.equal(mayDo("token.revoke", { ownerId: "alice" }), "owner admin");
});

Deno.test("Only the owner writes into an upload; an administrator may look and cancel", () => {
  assert.equal(mayDo("upload.write", { ownerId: "alice" }), "owner");
  assert.equal(mayDo("upload.see", { ownerId: "alice" }), "owner admin");
  assert.equal(mayDo("upload.cancel", { ownerId: "alice" }), "owner admin");
});

Deno.test("Everybody who is signed in may open an upload", () => {
  assert.equal(mayDo("upload.open", {}), "stranger owner admin");
});

Deno.test("What the policy does not name is refused", () => {
  for (const action of ["attachment.fly", "toString", "__proto__", "constructor", ""]) {
    assert.equal(mayDo(action as Action, { ...attachment("public") }), "");
  }
  const unknownVisibility = { ...attachment("public"), visibility: "everyone" as "public" };
  assert.equal(mayDo("attachment.read", unknownVisibility), "owner admin");
});

Deno.test("A refusal says the same about what is not there and what belongs to others", () => {
  const refusal = (caller: Caller | null, subject: { ownerId: string } | null) => {
    try {
      permitted(caller, "upload.see", subject);
    } catch (error) {
      assert(error instanceof Problem);
      return { code: error.code, status: error.status, detail: error.message, headers: error.headers };
    }
    assert.fail("was permitted");
  };
  for (const [who, status] of [["anonymous", 401], ["stranger", 404]] as const) {
    const caller = CALLERS[who]!;
    assert.deepEqual(refusal(caller, { ownerId: "alice" }), refusal(caller, null));
    assert.equal(refusal(caller, null).status, status);
  }
  assert.equal(refusal(null, null).headers["WWW-Authenticate"], 'Bearer realm="pawl"');
  assert.equal(refusal(CALLERS.admin!, null).code, "not-found");
});

Deno.test("What is permitted comes back as it is", () => {
  const record = { ownerId: "alice", more: "than the policy needs" };
  assert.equal(permitted(CALLERS.owner!, "upload.write", record), record);
});
