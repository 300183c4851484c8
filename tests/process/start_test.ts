import assert from "node:assert/strict";
import { startChild } from "../support/child.ts";
import { cleanEnvironment } from "../support/environment.ts";
import { rawConnect, type RawConnection } from "../support/raw_http.ts";
import { startServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";

const root = new URL("../../", import.meta.url).pathname;

const environment = (settings: Record<string, string>) =>
  cleanEnvironment({ NO_COLOR: "1", PAWL_PORT: "0", ...settings });

/** `deno task start` to its end. */
async function taskStart(settings: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "start", ...args],
    cwd: root,
    env: environment(settings),
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("a second process on the same data directory is refused, and the first goes on", async () => {
  await using server = await startServer();
  const { code, stdout, stderr } = await taskStart({ PAWL_DATA_DIR: server.dataDir });
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `The data directory ${server.dataDir} is in use by another Pawl process. ` +
      "Stop that one, or choose another directory with PAWL_DATA_DIR.\n",
  );
  const answer = await server.fetch("/api/v1/uploads");
  assert.equal(answer.status, 200);
  await answer.body?.cancel();
});

Deno.test("every mistake in the configuration is reported at once, and nothing is made", async () => {
  await using dir = await tempDir();
  const { code, stdout, stderr } = await taskStart({
    PAWL_DATA_DIR: dir.join("data"),
    PAWL_PORT: "http",
    PAWL_JWT_SECRET: "short",
    PAWL_COLOUR: "blue",
  });
  assert.equal(code, 1);
  assert.equal(stdout, "");
  for (const name of ["PAWL_PORT", "PAWL_JWT_SECRET", "PAWL_COLOUR"]) assert.match(stderr, new RegExp(name));
  assert.doesNotMatch(stderr, /short|^\s+at /m);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("--help names every setting; another argument is refused", async () => {
  await using dir = await tempDir();
  const settings = { PAWL_DATA_DIR: dir.join("data") };
  const help = await taskStart(settings, "--help");
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  for (const name of ["PAWL_PORT", "PAWL_DATA_DIR", "chunks.max", "shutdown.graceSeconds"]) {
    assert.ok(help.stdout.includes(name), `${name} is not named`);
  }
  const other = await taskStart(settings, "--halp");
  assert.equal(other.code, 1);
  assert.match(other.stderr, /--halp.*--help/);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(dir.path)), []);
});

Deno.test("on a terminal the sign-in link is printed whole and works; Ctrl-C lets an upload end", async () => {
  await using dir = await tempDir();
  // script makes a terminal for the command and passes on what it is sent.
  const terminal = new Deno.Command("script", {
    args: ["-qec", `'${Deno.execPath()}' task -q start`, "/dev/null"],
    cwd: root,
    env: environment({ PAWL_DATA_DIR: dir.join("data"), TERM: "dumb" }),
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let running = true;
  const ended = terminal.status.then(() => running = false);
  using cleanup = new DisposableStack();
  // With its terminal gone, all that runs on it ends.
  cleanup.defer(() => running && terminal.kill("SIGKILL"));
  const keyboard = terminal.stdin.getWriter();
  let output = "";
  let upload: RawConnection | null = null;
  let stopping = false;
  for await (const text of terminal.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    const link = /(http:\/\/127\.0\.0\.1:\d+\/)#token=(\S+)/.exec(output);
    if (link && output.includes("/docs") && upload === null) {
      upload = await rawConnect(new URL(link[1]!));
      const head = [
        "PUT /api/v1/files/a.txt HTTP/1.1",
        "Host: 127.0.0.1",
        `Authorization: Bearer ${link[2]}`,
      ];
      await upload.send([...head, "Content-Length: 4", "", "ha"].join("\r\n"));
      // It is there when the server has begun the file.
      while ((await Array.fromAsync(Deno.readDir(dir.join("data/begun")))).length === 0);
      await keyboard.write(new TextEncoder().encode("\x03"));
    }
    if (output.includes("Stopping") && upload !== null && !stopping) {
      stopping = true;
      await upload.send("lf");
      assert.equal((await upload.response())?.status, 201, output);
    }
  }
  upload?.[Symbol.dispose]();
  await keyboard.close().catch(() => {}); // The terminal is gone.
  assert.ok(stopping, output);
  await ended;
  // The terminal's own exit code says as much of its shell and of deno task, which got the Ctrl-C too.
  assert.match(output, /Stopped\.\s*$/);
});

/** A port that was free a moment ago: the command that makes a link needs to know it. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("elsewhere the command that makes a link is named instead, and its link works; SIGTERM stops the task", async () => {
  await using dir = await tempDir();
  const env = environment({ PAWL_DATA_DIR: dir.join("data"), PAWL_PORT: String(freePort()) });
  const server = await startChild([Deno.execPath(), "task", "-q", "start"], {
    cwd: root,
    env,
    ready: /(http:\/\/127\.0\.0\.1:\d+)[\s\S]*\/docs/,
  });
  try {
    assert.doesNotMatch(server.output(), /token=|eyJ/);
    const [command] = /deno task token .*--link/.exec(server.output()) ?? [];
    assert.ok(command, server.output());
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", ...command.split(" ").slice(2)],
      cwd: root,
      env,
      clearEnv: true,
    }).output();
    const [, token] = /#token=(\S+)/.exec(new TextDecoder().decode(stdout)) ?? [];
    const response = await fetch(`${server.ready[1]}/api/v1/uploads`, {
      headers: { authorization: `Bearer ${token}` },
    });
    await response.body?.cancel();
    assert.equal(response.status, 200);
  } finally {
    // The task passes it on; killed, it would leave the server behind.
    await server.stop("SIGTERM");
  }
  assert.equal((await server.ended).code, 0, server.output());
});
