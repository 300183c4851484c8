import assert from "node:assert/strict";
import { tool } from "./support/tools.ts";

const curl = tool("curl", import.meta.url);

/** The smallest run there is: one round of one small file. */
async function bench(only: string): Promise<string> {
  const script = new URL("../bench/main.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, "--quick", "--rounds=1", "--mib=32", `--only=${only}`],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

Deno.test({
  name: "the benchmark runs and reports what it measured",
  ignore: curl === null || Deno.build.os !== "linux",
  fn: async () => {
    const [uploads, others, images] = await Promise.all([
      bench("uploads,files"),
      bench("downloads,memory"),
      bench("images"),
    ]);
    assert.match(uploads, /^\| Pawl, 4 connections +\| \d+\.\d\d \(\d+\.\d\d - \d+\.\d\d\) +\| \d+ /m);
    assert.match(uploads, /^\| hash \+ write \+ sync from memory +\| \d/m);
    assert.match(others, /^\| ranges, 8 connections, to a file: Pawl +\| \d/m);
    assert.match(
      uploads,
      /^\| upload, 1 connection: speed of the bare loop +\| >= 0\.6x +\| \d+\.\d\dx +\|/m,
    );
    assert.match(uploads, /^\| Pawl, PUT +\| \d+\.\d\d \(/m);
    assert.match(uploads, /^\| Pawl by tus, one PATCH +\| \d+\.\d\d \(/m);
    assert.match(uploads, /^\| Pawl by tus, creation with upload +\| \d+\.\d\d \(/m);
    assert.match(others, /^\| 32 files of 8 MiB at once +\| \d+ +\|/m);
    assert.match(images, /^\| imagescript: uploaded, and all four sizes made +\| \d/m);
    assert.match(images, /^\| p99 of 1 MiB chunks beside 4 pictures by sharp \/ alone +\| <= 2x +\| \d/m);
    assert.match(others, /^\| memory with one file of 128 MiB +\| <= 200 MB +\| \d+ MB +\|/m);
  },
});
