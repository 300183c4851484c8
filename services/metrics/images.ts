/** Work on pictures: how much waits, how long it waits and takes. */
import { Gauge, Histogram, type Registry } from "prom-client";
import type { WorkshopObserver } from "../images/workshop.ts";
import type { MetricSources } from "./metrics.ts";

export interface ImageMetrics extends WorkshopObserver {
  watch(sources: Pick<MetricSources, "imageQueue">): void;
}

const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function newImageMetrics(registry: Registry): ImageMetrics {
  const registers = [registry];
  const durations = new Histogram({
    name: "pawl_image_job_duration_seconds",
    help: "Time of the work on one picture, without waiting.",
    labelNames: ["result"],
    buckets: BUCKETS,
    registers,
  });
  const waits = new Histogram({
    name: "pawl_image_job_wait_seconds",
    help: "Time for which one picture waited for its turn.",
    buckets: BUCKETS,
    registers,
  });
  for (const result of ["done", "failed"]) durations.zero({ result });
  return {
    began: (waitedMs) => waits.observe(waitedMs / 1000),
    ended: (ms, result) => durations.observe({ result }, ms / 1000),
    watch({ imageQueue }) {
      new Gauge({
        name: "pawl_image_jobs",
        help: "Pictures that are worked on or wait for it.",
        labelNames: ["state"],
        registers,
        collect() {
          const { waiting, working } = imageQueue();
          this.set({ state: "waiting" }, waiting);
          this.set({ state: "working" }, working);
        },
      });
    },
  };
}
