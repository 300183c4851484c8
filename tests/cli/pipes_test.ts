import assert from "node:assert/strict";
import { type Person, person } from "../support/cli.ts";
import { startProxy } from "../support/proxy.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer } from "../support/server.ts";

const MIB = 1024 * 1024;

function spawn(me: Person, program: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(program, {
    args,
    cwd: me.join("."),
    env: me.env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

Deno.test("a reader that leaves ends a download quietly; one that has fallen asleep does not keep it", async () => {
  await using server = await startServer();
  await using proxy = await startProxy(server.url);
  await using me = await person({ url: proxy.url, token: await server.token() });
  const body = randomBytes(16 * MIB, { seed: 4 });
  await (await server.fetch("/api/v1/files/big.bin", { method: "PUT", body })).body?.cancel();

  const line = `${me.command.join(" ")} down big.bin -o - | head -c 10 >/dev/null; exit \${PIPESTATUS[0]}`;
  const left = await spawn(me, "bash", ["-c", line]).output();
  assert.deepEqual([left.code, new TextDecoder().decode(left.stderr)], [141, ""]);

  const before = proxy.passed.down;
  const [program, ...args] = me.command;
  const asleep = spawn(me, program!, [...args, "down", "big.bin", "-o", "-"]);
  await proxy.hasPassed("down", before + MIB);
  asleep.kill("SIGTERM");
  assert.equal((await asleep.status).code, 143);
  await Promise.all([asleep.stdout.cancel(), asleep.stderr.cancel()]);
});

/** The most memory that a process has ever held, bytes. */
async function peak(pid: number): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))!;
  return Number(kib) * 1024;
}

Deno.test("memory stays bounded while a long stream goes through, up and down", async () => {
  const size = 160 * MIB;
  await using server = await startServer();
  await using me = await person({ url: server.url, token: await server.token() });
  const [program, ...args] = me.command;

  const up = new Deno.Command(program!, {
    args: [...args, "up", "-", "--name", "long.bin", "-q"],
    env: me.env,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const sent = new Response(up.stdout).text();
  const writer = up.stdin.getWriter();
  const piece = randomBytes(MIB, { seed: 5 });
  for (let done = 0; done < size; done += MIB) await writer.write(piece);
  const uploading = await peak(up.pid);
  await writer.close();
  const id = (await sent).trim();
  assert.equal((await up.status).code, 0);

  const down = spawn(me, program!, [...args, "down", id, "-o", "-"]);
  const errors = new Response(down.stderr).text();
  let downloading = 0;
  let received = 0;
  for await (const bytes of down.stdout) {
    received += bytes.length;
    // It cannot have ended: more is left than pipes hold.
    if (downloading === 0 && received > size - 4 * MIB) downloading = await peak(down.pid);
  }
  assert.equal((await down.status).code, 0, await errors);
  assert.equal(received, size);
  console.log(`at most ${Math.round(uploading / MIB)} MiB up, ${Math.round(downloading / MIB)} MiB down`);
  // Deno itself takes about 110 MiB.
  assert.ok(uploading < 230 * MIB && downloading < 230 * MIB);
});
