import assert from "node:assert/strict";
import { installPackages } from "../../../tools/testing/debian_packages.ts";

/** A system whose commands end with the code that `answer` gives for them; none: there is no such command. */
function system(answer: (command: string) => number | undefined) {
  const ran: string[] = [];
  const run = (command: string[]) => {
    const line = command.join(" ");
    const code = answer(line);
    if (code === undefined) return Promise.reject(new Deno.errors.NotFound(line));
    ran.push(line);
    return Promise.resolve(code);
  };
  return { run, ran };
}

Deno.test("root installs with apt-get, without questions", async () => {
  const { run, ran } = system((line) => line.startsWith("sudo") ? undefined : 0);
  assert.equal(await installPackages(["wget", "aria2"], { uid: 0, run }), null);
  assert.equal(ran.length, 2);
  assert.match(ran[1]!, /^env DEBIAN_FRONTEND=noninteractive apt-get .* install -y .* wget aria2$/);
});

Deno.test("a user installs by sudo when that asks for no password", async () => {
  const { run, ran } = system(() => 0);
  assert.equal(await installPackages(["wget"], { uid: 1000, run }), null);
  assert.match(ran.at(-1)!, /^sudo -n env .* install .* wget$/);
});

Deno.test("package lists are read anew only when the installation fails, then it is tried once more", async () => {
  let updated = false;
  const { run, ran } = system((line) => {
    if (line.includes(" update ")) updated = true;
    return line.includes(" install ") && !updated ? 100 : 0;
  });
  assert.equal(await installPackages(["wget"], { uid: 0, run }), null);
  assert.deepEqual(ran.map((line) => / (--version|update|install) ?/.exec(line)![1]), [
    "--version",
    "install",
    "update",
    "install",
  ]);
});

Deno.test("what cannot be installed is told with its reason", async () => {
  const noApt = system(() => undefined);
  assert.equal(await installPackages(["wget"], { uid: 0, run: noApt.run }), "this system has no apt-get");
  const password = system((line) => line.startsWith("sudo") ? 1 : 0);
  assert.match((await installPackages(["wget"], { uid: 1000, run: password.run }))!, /^only root/);
  const noSudo = system((line) => line.startsWith("sudo") ? undefined : 0);
  assert.match((await installPackages(["wget"], { uid: 1000, run: noSudo.run }))!, /^only root/);
  const offline = system((line) => line.includes("--version") ? 0 : 100);
  assert.equal(
    await installPackages(["wget"], { uid: 0, run: offline.run }),
    "apt-get install wget ended with code 100",
  );
});
