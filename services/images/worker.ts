/// <reference lib="deno.worker" />
/** The thread in which pictures are decoded: one job after the other, with no more rights than its engine needs. */
import process from "node:process";
import type { EngineLimits, EngineName, ImageEngine, Mark, Picture, Shrinking, Source } from "./engine.ts";
import { openLetters } from "./font.ts";

export type ImageJob =
  | { kind: "shrink"; source: Source; shrinking: Shrinking }
  | { kind: "mark"; source: Source; mark: Mark; quality: number };

export type WorkerRequest = { kind: "start"; engine: EngineName; limits: EngineLimits } | ImageJob;

export type WorkerAnswer =
  | { kind: "ready" }
  | { kind: "pictures"; pictures: Picture[] }
  /** `fatal`: the engine itself cannot be used. */
  | { kind: "error"; message: string; fatal: boolean };

let engine: ImageEngine | null = null;

self.onmessage = async ({ data }: MessageEvent<WorkerRequest>) => {
  try {
    if (data.kind === "start") {
      engine = await load(data.engine, data.limits);
      answer({ kind: "ready" });
    } else {
      const pictures = await work(engine!, data);
      self.postMessage(
        { kind: "pictures", pictures } satisfies WorkerAnswer,
        pictures.map(({ bytes }) => bytes.buffer),
      );
    }
  } catch (error) {
    answer({ kind: "error", message: String(error), fatal: data.kind === "start" });
  }
};

const answer = (message: WorkerAnswer) => self.postMessage(message);

async function work(engine: ImageEngine, job: ImageJob): Promise<Picture[]> {
  if (job.kind === "shrink") return await engine.shrink(job.source, job.shrinking);
  return [await engine.mark(job.source, { mark: job.mark, quality: job.quality })];
}

async function load(name: EngineName, limits: EngineLimits): Promise<ImageEngine> {
  const letters = openLetters();
  if (name === "sharp") {
    withoutAsking();
    const [{ sharpEngine }, { default: sharp }] = await Promise.all([
      import("./engine_sharp.ts"),
      import("sharp"),
    ]);
    return sharpEngine(sharp, { letters, limits });
  }
  const [{ imagescriptEngine }, { loadCodecs }] = await Promise.all([
    import("./engine_imagescript.ts"),
    import("./wasm_codecs.ts"),
  ]);
  return imagescriptEngine(await loadCodecs(), { letters, limits });
}

/**
 * While it loads, sharp asks for variables that only matter where it is built, and for the C library: Deno is made for
 * glibc. Answered here, it needs neither permission.
 */
function withoutAsking(): void {
  process.env = {};
  process.report.getReport = () => ({ header: { glibcVersionRuntime: "2.31" } });
}
