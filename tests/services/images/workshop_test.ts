import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import type { EngineName, Source } from "../../../services/images/engine.ts";
import type { ImageJob } from "../../../services/images/worker.ts";
import { openWorkshop, type WorkshopOptions } from "../../../services/images/workshop.ts";
import { Problem } from "../../../services/problem.ts";
import { sharpLibraryFolder } from "../../../tools/sharp_library.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { pngBomb } from "./hostile_pictures.ts";
import { encoded, inspect } from "./pictures.ts";

function open(options: Partial<WorkshopOptions> = {}) {
  return openWorkshop({
    engines: ["sharp", "imagescript"],
    limits: { pixels: 1_000_000, seconds: 20 },
    workers: 1,
    queue: 10,
    idleMs: 60_000,
    ...options,
  });
}

async function jobOf(bytes: Uint8Array<ArrayBuffer>): Promise<ImageJob> {
  const { format, width, height, orientation, cmyk } = await inspect(bytes);
  return shrinkJob({ bytes, format, width, height, orientation, cmyk });
}

function shrinkJob(source: Source): ImageJob {
  return { kind: "shrink", source, shrinking: { sizes: [{ width: 15, height: 10 }], quality: 85 } };
}

const photo = async () => await jobOf(await encoded("jpeg"));
const bomb = () =>
  Promise.resolve(
    shrinkJob({
      bytes: pngBomb(3000),
      format: "png",
      width: 3000,
      height: 3000,
      orientation: 1,
      cmyk: false,
    }),
  );

const refusal = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

for (const engine of ["sharp", "imagescript"] as EngineName[]) {
  Deno.test(`a worker with ${engine} makes pictures, survives a bomb, and goes when the workshop closes`, async () => {
    const workshop = open({ engines: [engine] });
    try {
      const [picture] = await workshop.run(photo, "asked");
      assert.equal((await sharp(picture!.bytes).metadata()).width, 15);
      await assert.rejects(workshop.run(bomb, "asked"), refusal("image-unreadable"));
      assert.equal((await workshop.run(photo, "asked")).length, 1);
      const mark = { text: "Pawl 示例", position: "center", percent: 5, opacity: 0.5 } as const;
      const marked = await workshop.run(
        async () => ({ kind: "mark", source: (await photo()).source, mark, quality: 85 }),
        "commit",
      );
      assert.equal((await sharp(marked[0]!.bytes).metadata()).width, 96);
      assert.equal(workshop.engine, engine);
    } finally {
      workshop.close();
    }
    await assert.rejects(workshop.run(photo, "asked"), refusal("stopping"));
  });
}

Deno.test("uploads go before downloads, and these before what nobody waits for; one picture is open at a time", async () => {
  const workshop = open({ engines: ["imagescript"] });
  try {
    const order: string[] = [];
    let open = 0;
    const job = (name: string) => async () => {
      order.push(name);
      assert.equal(++open, 1);
      const job = await photo();
      open--;
      return job;
    };
    const runs = [workshop.run(job("first"), "background")];
    runs.push(workshop.run(job("variant nobody asked for"), "background"));
    runs.push(workshop.run(job("download"), "asked"));
    runs.push(workshop.run(job("upload"), "commit"));
    await Promise.all(runs);
    assert.deepEqual(order, ["first", "upload", "download", "variant nobody asked for"]);
  } finally {
    workshop.close();
  }
});

Deno.test("what nobody waits for leaves the machine to others half of the time, while there are others", async () => {
  let busy = true;
  const workshop = open({ engines: ["imagescript"], isBusy: () => busy });
  try {
    await workshop.run(photo, "background");
    const order: string[] = [];
    const job = (name: string) => async () => {
      order.push(name);
      return await photo();
    };
    // It breathes now; whoever waits is served all the same.
    const later = workshop.run(job("background"), "background");
    await workshop.run(job("asked"), "asked");
    assert.deepEqual(order, ["asked"]);
    busy = false;
    await later;
    assert.deepEqual(order, ["asked", "background"]);
  } finally {
    workshop.close();
  }
});

Deno.test("more jobs than may wait are refused, and one that cannot be prepared harms no other", async () => {
  const workshop = open({ engines: ["imagescript"], queue: 2 });
  try {
    const first = workshop.run(photo, "asked");
    const failing = workshop.run(() => Promise.reject(new Error("gone")), "asked");
    const last = workshop.run(photo, "asked");
    await assert.rejects(workshop.run(photo, "commit"), refusal("busy"));
    await assert.rejects(failing, /gone/);
    assert.equal((await first).length, 1);
    assert.equal((await last).length, 1);
  } finally {
    workshop.close();
  }
});

Deno.test("a picture that takes too long costs its worker and nothing else", async () => {
  const workshop = open({ engines: ["imagescript"], limits: { pixels: 50_000_000, seconds: -0.99 } });
  try {
    const large = async () => await jobOf(await encoded("png", { width: 3000, height: 3000 }));
    await assert.rejects(workshop.run(large, "asked"), refusal("image-too-large"));
  } finally {
    workshop.close();
  }
});

const ROOT = new URL("../../../", import.meta.url);

/** What a server without further rights than `flags` uses for a picture. */
async function engineWith(...flags: string[]): Promise<string> {
  await using dir = await tempDir();
  const program = dir.join("program.ts");
  const picture = (await encoded("png")).toBase64();
  await Deno.writeTextFile(
    program,
    `
    import { openWorkshop } from "${new URL("services/images/workshop.ts", ROOT)}";
    const workshop = openWorkshop({
      engines: ["sharp", "imagescript"], limits: { pixels: 1e6, seconds: 20 }, workers: 1, queue: 5, idleMs: 1000,
      onUnusable: (engine, why) => console.log("without", engine, /ffi/.test(why)),
    });
    const source = { bytes: Uint8Array.fromBase64("${picture}"), format: "png", width: 96, height: 64, orientation: 1, cmyk: false };
    const mark = { text: "示例 Pawl", position: "center", percent: 5, opacity: 0.5 };
    const [marked] = await workshop.run(() => Promise.resolve({ kind: "mark", source, mark, quality: 85 }), "commit");
    console.log(marked.contentType, "by", workshop.engine);
    workshop.close();
  `,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--config=${fileURLToPath(new URL("deno.json", ROOT))}`,
      `--allow-read=${fileURLToPath(new URL("services", ROOT))}`,
      ...flags,
      program,
    ],
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout) + text.decode(stderr);
}

Deno.test("the right to load from sharp's own folder is all that sharp needs", async () => {
  assert.equal(await engineWith(`--allow-ffi=${sharpLibraryFolder()}`), "image/png by sharp\n");
});

Deno.test("without that right the other engine works, and it is said why", async () => {
  assert.equal(await engineWith(), "without sharp true\nimage/png by imagescript\n");
});
