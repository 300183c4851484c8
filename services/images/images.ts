/** What the services know of pictures for as long as the process runs. */
import type { Config } from "../../config/config.ts";
import type { EngineName, Source } from "./engine.ts";
import { openMarkPicture } from "./mark_picture.ts";
import type { MadeVariant } from "../records/variants.ts";
import type { VariantName } from "./recipe.ts";
import { openWorkshop, type Workshop, type WorkshopObserver } from "./workshop.ts";

/** A worker without work keeps 40 to 100 MB. */
const IDLE_MS = 60_000;

/** Work on a variant that somebody waits for or that is in the queue. */
export interface Making {
  made: Promise<Map<VariantName, MadeVariant>>;
  /** False while it is in the queue and nobody waits for it: who asks then goes before it. */
  isUrgent(): boolean;
}

export interface Images {
  readonly workshop: Workshop;
  /** By content and recipe. */
  readonly making: Map<string, Making>;
  /** The configured picture that is a watermark. Throws why it cannot be used. */
  markPicture(): Promise<Source>;
  /** Warns when there is to be such a picture and it cannot be used. */
  checkMark(): Promise<void>;
  close(): void;
}

export interface ImagesOptions {
  /** Whether requests with bodies are under way. */
  isBusy(): boolean;
  warn(message: string, properties: Record<string, unknown>): void;
  observer?: WorkshopObserver;
}

export function openImages({ images }: Config, { isBusy, warn, observer }: ImagesOptions): Images {
  const workshop = openWorkshop({
    engines: enginesOf(images.engine),
    limits: { pixels: images.maxPixels, seconds: images.timeoutSeconds },
    workers: images.workers,
    queue: images.queue,
    idleMs: IDLE_MS,
    isBusy,
    observer,
    onUnusable: (engine, why) => warn("The image engine {engine} cannot be used: {why}", { engine, why }),
  });
  const path = images.watermark.picture;
  const markPicture = openMarkPicture(path);
  return {
    workshop,
    making: new Map(),
    markPicture,
    async checkMark() {
      if (path === null || images.engine === "off") return;
      await markPicture().catch(({ cause }) =>
        warn("The picture that marks others, {path}, cannot be used: {cause}", { path, cause })
      );
    },
    close: () => workshop.close(),
  };
}

function enginesOf(engine: Config["images"]["engine"]): EngineName[] {
  if (engine === "off") return [];
  return engine === "auto" ? ["sharp", "imagescript"] : [engine];
}
