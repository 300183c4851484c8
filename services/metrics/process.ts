/** The process itself, under the names that dashboards know where there are such. */
import nodeProcess from "node:process";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { MetricSources } from "./metrics.ts";

/** How often it is looked whether the event loop comes round in time. */
const LOOK_MS = 500;

export interface ProcessMetrics {
  watch(sources: Pick<MetricSources, "version" | "lowestDescriptor">): void;
  close(): void;
}

export function newProcessMetrics(registry: Registry): ProcessMetrics {
  const registers = [registry];
  const startedAt = (Date.now() - performance.now()) / 1000;

  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, since 1970.",
    registers,
  }).set(startedAt);
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time of all threads.",
    registers,
    collect() {
      const { user, system } = nodeProcess.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory that the process has in use.",
    registers,
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "process_heap_bytes",
    help: "Memory that objects of the program take.",
    registers,
    collect() {
      this.set(Deno.memoryUsage().heapUsed);
    },
  });
  const lag = new Histogram({
    name: "pawl_event_loop_lag_seconds",
    help: "How late a timer fires, looked at twice a second: while it waits, every request does.",
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  let due = performance.now() + LOOK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe(Math.max(0, now - due) / 1000);
    due = now + LOOK_MS;
  }, LOOK_MS);
  Deno.unrefTimer(timer);

  return {
    watch({ version, lowestDescriptor }) {
      new Gauge({
        name: "pawl_build_info",
        help: "Always 1; what runs is in the labels.",
        labelNames: ["version", "deno"],
        registers,
      }).set({ version, deno: Deno.version.deno }, 1);
      new Gauge({
        name: "pawl_open_fds_min",
        help:
          "So many file descriptors are open at least: the lowest free one, more may not be seen. NaN: none is free.",
        registers,
        collect() {
          this.set(lowestDescriptor() ?? NaN);
        },
      });
    },
    close: () => clearInterval(timer),
  };
}
