import assert from "node:assert/strict";
import { diskProblem, onDisk } from "../../../services/blobs/disk_errors.ts";
import { Problem } from "../../../services/problem.ts";

const withCode = (code: string) => Object.assign(new Error("failed"), { code });

Deno.test("what the file system refuses becomes the problem that fits it", () => {
  const cases = [
    ["ENOSPC", "disk-full", 507],
    ["EDQUOT", "disk-full", 507],
    ["EMFILE", "busy", 503],
    ["ENFILE", "busy", 503],
    ["EIO", "storage-unavailable", 503],
    ["EROFS", "storage-unavailable", 503],
    ["EACCES", "storage-unavailable", 503],
  ] as const;
  for (const [code, expected, status] of cases) {
    const error = withCode(code);
    const problem = diskProblem(error);
    assert.deepEqual([problem.code, problem.status], [expected, status], code);
    assert.ok(problem.retryAfter! > 0, `${code} says when to try again`);
    assert.equal(problem.cause, error);
    assert.doesNotMatch(problem.message, /failed|E[A-Z]{3}/, "no internals");
  }
});

Deno.test("errors without a code, and what is no error, are failures of the disk too", () => {
  for (const error of [new Error("odd"), null, undefined, "text"]) {
    assert.equal(diskProblem(error).code, "storage-unavailable");
  }
});

Deno.test("a problem found while working on the disk stays what it is, and results pass", async () => {
  const problem = new Problem("blob-missing", "Gone.");
  await assert.rejects(onDisk(Promise.reject(problem)), (error) => error === problem);
  assert.equal(await onDisk(Promise.resolve(1)), 1);
});
