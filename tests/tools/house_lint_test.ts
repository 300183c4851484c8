import assert from "node:assert/strict";
import house from "../../tools/house_lint.ts";

const root = new URL("../../", import.meta.url).pathname;

/** The rules that `source` breaks when it stands at `path`, in the order of the source. */
function broken(path: string, source: string): string[] {
  return Deno.lint.runPlugin(house, root + path, source).map(({ id }) => id.replace(/^house\//, ""));
}

const IMPORT = ["import-direction"];

Deno.test("imports go down: main, routes and jobs, services, records and blobs", () => {
  const allowed: [from: string, to: string][] = [
    ["main.ts", "./deno.json"],
    ["main.ts", "./routes/app.ts"],
    ["main.ts", "./config/load.ts"],
    ["main.ts", "./services/open.ts"],
    ["main.ts", "./log.ts"],
    ["log.ts", "./config/config.ts"],
    ["routes/app.ts", "./http/byte_range.ts"],
    ["routes/http/byte_range.ts", "../../services/problem.ts"],
    ["routes/app.ts", "../services/uploads/open.ts"],
    ["routes/app.ts", "../config/config.ts"],
    ["jobs/sweep.ts", "../services/cleanup.ts"],
    ["services/uploads/open.ts", "../records/keys.ts"],
    ["services/open.ts", "./blobs/disk.ts"],
    ["services/records/keys.ts", "../model.ts"],
    ["services/records/keys.ts", "./transact.ts"],
    ["services/blobs/disk.ts", "../problem.ts"],
    ["config/config.ts", "../services/model.ts"],
    ["static/page.tsx", "../client/mod.ts"],
    ["client/cli/main.ts", "../upload.ts"],
    ["tests/routes/app_test.ts", "../../services/records/keys.ts"],
    ["tools/token.ts", "../services/access/token.ts"],
    ["bench/main.ts", "../client/mod.ts"],
  ];
  for (const [from, to] of allowed) {
    assert.deepEqual(broken(from, `import { x } from "${to}"; x();`), [], `${from} imports ${to}`);
  }
});

Deno.test("imports do not go up, sideways or past a room", () => {
  const refused: [from: string, to: string][] = [
    ["routes/app.ts", "../services/records/keys.ts"],
    ["routes/app.ts", "../services/blobs/disk.ts"],
    ["routes/app.ts", "../jobs/sweep.ts"],
    ["routes/app.ts", "../config/load.ts"],
    ["routes/app.ts", "../tests/support/barrier.ts"],
    ["routes/app.ts", "../main.ts"],
    ["services/open.ts", "../log.ts"],
    ["log.ts", "./config/load.ts"],
    ["jobs/sweep.ts", "../routes/app.ts"],
    ["jobs/sweep.ts", "../services/records/keys.ts"],
    ["services/open.ts", "../routes/env.ts"],
    ["services/open.ts", "../config/load.ts"],
    ["services/records/keys.ts", "../uploads/open.ts"],
    ["services/records/keys.ts", "../blobs/disk.ts"],
    ["services/blobs/disk.ts", "../records/keys.ts"],
    ["client/upload.ts", "../services/model.ts"],
    ["client/upload.ts", "../config/config.ts"],
    ["static/page.tsx", "../services/model.ts"],
    ["config/load.ts", "../services/open.ts"],
    ["main.ts", "./services/records/keys.ts"],
    ["main.ts", "./tools/token.ts"],
  ];
  for (const [from, to] of refused) {
    assert.deepEqual(broken(from, `import { x } from "${to}"; x();`), IMPORT, `${from} imports ${to}`);
  }
});

Deno.test("every form of import is looked at", () => {
  const up = "../routes/app.ts";
  for (
    const source of [
      `import "${up}";`,
      `import type { X } from "${up}"; export const x: X = 1;`,
      `export { x } from "${up}"; export const y = 1;`,
      `export * from "${up}"; export const y = 1;`,
      `export type { X } from "${up}"; export const y = 1;`,
      `await import("${up}");`,
      `export type X = import("${up}").X;`,
    ]
  ) assert.deepEqual(broken("services/open.ts", source), IMPORT, source);
});

Deno.test("a file outside the known rooms may import nothing", () => {
  assert.deepEqual(broken("lib/x.ts", `import "../main.ts";`), IMPORT);
  assert.deepEqual(broken("other.ts", `import "./main.ts";`), IMPORT);
});

Deno.test("packages are named in deno.json, not where they are imported", () => {
  for (const specifier of ["npm:zod@4", "jsr:@std/path", "https://example.org/x.ts"]) {
    assert.deepEqual(broken("services/open.ts", `import "${specifier}";`), IMPORT, specifier);
  }
  assert.deepEqual(
    broken("services/open.ts", `import { createHash } from "node:crypto"; createHash("md5");`),
    [],
  );
  assert.deepEqual(broken("services/open.ts", `import { z } from "zod"; z.any();`), []);
});

Deno.test("only routes may import Hono, and pages its JSX", () => {
  for (const specifier of ["hono", "hono/jwt", "@hono/zod-openapi", "@hono/zod-openapi/x"]) {
    const source = `import "${specifier}";`;
    assert.deepEqual(broken("routes/app.ts", source), [], specifier);
    for (const path of ["main.ts", "services/open.ts", "jobs/sweep.ts", "client/mod.ts", "static/page.tsx"]) {
      assert.deepEqual(broken(path, source), IMPORT, `${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(broken("static/page.tsx", `import { render } from "hono/jsx/dom"; render();`), []);
  assert.deepEqual(broken("services/open.ts", `import "honolulu";`), []);
});

Deno.test("only the entry points read the environment", () => {
  const source = `export const x = Deno.env.get("X");`;
  for (
    const path of ["main.ts", "config/load.ts", "tools/token.ts", "tests/x_test.ts", "client/cli/main.ts"]
  ) {
    assert.deepEqual(broken(path, source), [], path);
  }
  for (const path of ["services/open.ts", "routes/app.ts", "jobs/sweep.ts", "client/upload.ts"]) {
    assert.deepEqual(broken(path, source), ["environment"], path);
  }
  assert.deepEqual(broken("services/open.ts", `export const x = Deno["env"].get("X");`), ["environment"]);
  assert.deepEqual(broken("services/open.ts", `const { env } = Deno; env.get("X");`), ["environment"]);
});

Deno.test("only services/open.ts and tests open KV", () => {
  const source = `export const kv = await Deno.openKv();`;
  assert.deepEqual(broken("services/open.ts", source), []);
  assert.deepEqual(broken("tests/x_test.ts", source), []);
  for (const path of ["main.ts", "services/records/keys.ts", "tools/fsck.ts"]) {
    assert.deepEqual(broken(path, source), ["open-kv"], path);
  }
});

Deno.test("services touch files only where bytes, the secret and the data directory are kept", () => {
  for (
    const name of ["open", "remove", "mkdir", "stat", "readDir", "writeTextFile", "renameSync", "openSync"]
  ) {
    const source = `Deno.${name}("x");`;
    for (
      const path of ["services/blobs/disk.ts", "services/access/secret.ts", "services/data_dir.ts", "main.ts"]
    ) {
      assert.deepEqual(broken(path, source), [], `${path} uses ${name}`);
    }
    for (const path of ["services/open.ts", "services/records/keys.ts", "services/access/token.ts"]) {
      assert.deepEqual(broken(path, source), ["file-access"], `${path} uses ${name}`);
    }
  }
  assert.deepEqual(broken("services/open.ts", `import { open } from "node:fs/promises"; open("x");`), [
    "file-access",
  ]);
  assert.deepEqual(broken("services/open.ts", `Deno.memoryUsage();`), []);
});

Deno.test("a source file has at most 300 lines, a test file as many as it needs", () => {
  const lines = (count: number) => "export const x = 1;\n".repeat(count);
  assert.deepEqual(broken("services/open.ts", lines(300)), []);
  assert.deepEqual(broken("services/open.ts", lines(301)), ["max-lines"]);
  assert.deepEqual(broken("tests/x_test.ts", lines(301)), []);
});

Deno.test("files are named after their subject", () => {
  for (const path of ["services/index.ts", "routes/utils.ts", "client/util.ts", "static/helpers.tsx"]) {
    assert.deepEqual(broken(path, "export const x = 1;"), ["file-name"], path);
  }
  assert.deepEqual(broken("services/blob_index.ts", "export const x = 1;"), []);
});

Deno.test("only the client's entry point passes on what other files export", () => {
  const source = `export { x } from "./x.ts"; export * from "./y.ts";`;
  assert.deepEqual(broken("services/uploads.ts", source), ["no-barrel"]);
  assert.deepEqual(broken("client/mod.ts", source), []);
  assert.deepEqual(broken("services/uploads.ts", `${source} export const z = 1;`), []);
});

Deno.test("classes extend nothing but Error", () => {
  assert.deepEqual(broken("services/open.ts", "export class A extends Error {}"), []);
  assert.deepEqual(broken("services/open.ts", "export class A {}"), []);
  assert.deepEqual(broken("services/open.ts", "export class A extends Map {}"), ["no-inheritance"]);
  assert.deepEqual(broken("services/open.ts", "export const A = class extends x.Error {};"), [
    "no-inheritance",
  ]);
});
