/** What the Dockerfile does, done without Docker: the same commands in a folder, from an empty cache of Deno. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { encoded } from "../services/images/pictures.ts";
import { startChild } from "../support/child.ts";
import { copyContext, parseDockerfile } from "../support/dockerfile.ts";
import { tempDir } from "../support/temp_dir.ts";

const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("what the Dockerfile builds starts as another user without downloading anything, works, is found healthy, and stops", async () => {
  const instructions = parseDockerfile(await Deno.readTextFile(`${root}/Dockerfile`));
  const only = (name: string) => {
    const found = instructions.filter((instruction) => instruction.name === name);
    assert.equal(found.length, 1, name);
    return found[0]!.rest;
  };
  assert.equal(only("FROM"), `denoland/deno:${Deno.version.deno}`);
  assert.deepEqual([only("WORKDIR"), only("COPY"), only("VOLUME")], ["/app", ". .", "/data"]);
  assert.notEqual(only("USER"), "root");
  assert.equal(only("STOPSIGNAL"), "SIGTERM");

  await using dir = await tempDir();
  /** Whatever the image has at its root, lies here. */
  const here = (text: string) => text.replace(/(?<![\w.])\/(app|data)\b/g, `${dir.path}/$1`);
  await Deno.chmod(dir.path, 0o755);
  await Deno.mkdir(dir.join("bin"));
  await Deno.copyFile(Deno.execPath(), dir.join("bin/deno"));
  // There is no user of that name here.
  await Deno.writeTextFile(dir.join("bin/chown"), "#!/bin/sh\n", { mode: 0o755 });
  await copyContext(root, dir.join("app"));
  for (const name of [".git", "tests", "data", ".cache"]) {
    await assert.rejects(Deno.stat(dir.join(`app/${name}`)), Deno.errors.NotFound);
  }
  const settings = Object.fromEntries(only("ENV").split(" ").map((pair) => here(pair).split("=", 2)));
  const port = freePort();
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !/^(PAWL|OTEL)_/.test(name));
  const env: Record<string, string> = {
    ...Object.fromEntries(inherited),
    PATH: `${dir.join("bin")}:/usr/bin:/bin`,
    HOME: dir.path,
    DENO_DIR: dir.join("deno-dir"),
    NO_COLOR: "1",
    ...settings,
    PAWL_PORT: String(port),
    PAWL_AUTH: "off",
    PAWL_AUTH_OFF_ANYWHERE: "1",
  };
  const cwd = dir.join("app");
  const built = await new Deno.Command("sh", { args: ["-ec", here(only("RUN"))], cwd, env, clearEnv: true })
    .output();
  assert.equal(built.code, 0, new TextDecoder().decode(built.stderr));
  await Deno.chmod(dir.join("data"), 0o777);

  const asNobody = Deno.uid() === 0 ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
  const [entry] = JSON.parse(only("ENTRYPOINT"));
  const server = await startChild([...asNobody, here(entry)], {
    cwd,
    // Nothing can be downloaded from now on.
    env: { ...env, HTTP_PROXY: "http://127.0.0.1:9", HTTPS_PROXY: "http://127.0.0.1:9" },
    ready: /\/docs/,
  });
  try {
    const url = (path: string) => `http://127.0.0.1:${port}${path}`;
    const [, health] = /CMD (\[.*\])$/.exec(only("HEALTHCHECK"))!;
    const [program, ...args] = JSON.parse(health!);
    assert.equal(program, "deno");
    const checked = await new Deno.Command(dir.join("bin/deno"), { args, cwd, env, clearEnv: true }).output();
    assert.equal(checked.code, 0, new TextDecoder().decode(checked.stderr));

    const put = await fetch(url("/api/v1/files/a.png"), {
      method: "PUT",
      body: await encoded("png", { width: 400, height: 300 }),
    });
    assert.equal(put.status, 201);
    const file = await put.json();
    const docs = await (await fetch(url("/docs"))).text();
    const assets = [...docs.matchAll(/"(\/docs\/[^"]+)"/g)].map(([, path]) => path!);
    assert.ok(assets.length > 1, docs);
    for (const path of ["/", `${file.url}?variant=thumbnail`, ...assets]) {
      const response = await fetch(url(path));
      await response.bytes();
      assert.equal(response.status, 200, path);
    }

    assert.doesNotMatch(server.output(), /Download|error/i);
  } finally {
    await server.stop("SIGTERM");
  }
  assert.equal((await server.ended).code, 0, server.output());
  assert.match(server.output(), /Stopping/);
});
