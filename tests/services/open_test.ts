import assert from "node:assert/strict";
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { DataDirBusy, DataDirUnusable } from "../../services/data_dir.ts";
import { openServices, type Services } from "../../services/open.ts";
import { tempDir } from "../support/temp_dir.ts";

async function configFor(dataDir: string): Promise<Config> {
  const loaded = await loadConfig({
    env: { PAWL_DATA_DIR: dataDir },
    readTextFile: () => Promise.reject(new Deno.errors.NotFound()),
    cwd: dataDir,
  });
  if ("mistakes" in loaded) throw new Error(loaded.mistakes.join("\n"));
  return loaded.config;
}

async function close(services: Services): Promise<void> {
  await services.core.gate.stop(0);
  await services.close();
}

Deno.test("opening makes a data directory that nobody else can read, and works at once", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("deep/data"));
  const services = await openServices(config);
  try {
    assert.equal((await Deno.stat(config.dataDir)).mode! & 0o777, 0o700);
    await services.check.records();
    await services.check.storage();
  } finally {
    await close(services);
  }
});

Deno.test("in a data directory that others may look into, nobody else can read the files", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  await Deno.mkdir(config.dataDir, { mode: 0o755 });
  const services = await openServices(config);
  try {
    await services.check.records();
    const files = [...Deno.readDirSync(config.dataDir)].filter(({ isFile }) => isFile);
    const modes = files.map(({ name }) => [name, Deno.statSync(join(config.dataDir, name)).mode! & 0o777]);
    const names = ["lock", "pawl.kv", "pawl.kv-shm", "pawl.kv-wal"];
    assert.deepEqual(modes.sort(), names.map((name) => [name, 0o600]));
  } finally {
    await close(services);
  }
});

Deno.test("a data directory in use is refused with what to do, and the one who has it goes on", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  const services = await openServices(config);
  try {
    await assert.rejects(openServices(config), (error) => {
      assert.ok(error instanceof DataDirBusy);
      assert.ok(error.message.includes(config.dataDir) && error.message.includes("PAWL_DATA_DIR"));
      return true;
    });
    await services.check.records();
  } finally {
    await close(services);
  }
  await close(await openServices(config));
});

Deno.test("a data directory that cannot be opened is left free and without open files", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  for (const name of ["pawl.kv", "blobs", "begun"]) {
    const path = join(config.dataDir, name);
    await Deno.mkdir(config.dataDir, { recursive: true });
    // A folder in place of the database, a file in place of the folders.
    if (name === "pawl.kv") await Deno.mkdir(path);
    else await Deno.writeTextFile(path, "");
    await assert.rejects(openServices(config), (error) => {
      assert.ok(error instanceof DataDirUnusable && error.message.includes(name), String(error));
      return true;
    });
    await Deno.remove(path, { recursive: true });
    await close(await openServices(config));
    await Deno.remove(config.dataDir, { recursive: true });
  }
});

Deno.test("a data directory that is a file, and a database that is none, are refused with what to do", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  await Deno.writeTextFile(config.dataDir, "");
  await assert.rejects(openServices(config), {
    name: "DataDirUnusable",
    message: /data cannot be used: .*neither full nor read-only.*PAWL_DATA_DIR/,
  });
  await Deno.remove(config.dataDir);
  await Deno.mkdir(config.dataDir);
  await Deno.writeTextFile(join(config.dataDir, "pawl.kv"), "notes of somebody".repeat(10));
  await assert.rejects(openServices(config), {
    name: "DataDirUnusable",
    message: /pawl\.kv: file is not a database\. Put back a copy/,
  });
});

Deno.test("the storage check fails while the directory is away, and passes when it is back", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  const services = await openServices(config);
  try {
    await Deno.rename(config.dataDir, dir.join("away"));
    await assert.rejects(services.check.storage(), { code: "storage-unavailable" });
    await Deno.rename(dir.join("away"), config.dataDir);
    await services.check.storage();
  } finally {
    await close(services);
  }
});

Deno.test("closing waits for background work, which may still use the records, also for what that starts", async () => {
  await using dir = await tempDir();
  const services = await openServices(await configFor(dir.join("data")));
  const { core } = services;
  const released = Promise.withResolvers<void>();
  const events: string[] = [];
  core.background.run("first", async () => {
    await released.promise;
    await core.records.get(["a"]);
    core.background.run("second", async () => {
      await core.records.get(["b"]);
      events.push("second");
    });
    events.push("first");
  });
  core.background.run("failing", () => Promise.reject(new Error("only reported")));
  const closing = close(services).then(() => events.push("closed"));
  released.resolve();
  await closing;
  assert.deepEqual(events, ["first", "second", "closed"]);
});

Deno.test("closing stores the downloads that were counted", async () => {
  await using dir = await tempDir();
  const config = await configFor(dir.join("data"));
  const first = await openServices(config);
  await first.core.records.transact((commit) => {
    commit.set(["attachment", 5n], { id: "5" });
    return Promise.resolve();
  });
  first.downloads.begin("5", "somebody");
  await close(first);
  const second = await openServices(config);
  try {
    assert.deepEqual(await second.downloads.of(["5", "6"]), [1, 0]);
  } finally {
    await close(second);
  }
});
