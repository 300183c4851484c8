/**
 * Uploads and everything else that the audit tells, counted by what commits have applied: an attempt that failed is
 * not in it, and one whose answer was lost is counted once.
 */
import { Counter, Gauge, type Registry } from "prom-client";
import { AUDIT_ACTIONS, type AuditAction, type AuditRecord } from "../audit/entry.ts";
import { keys } from "../records/keys.ts";
import type { MetricSources } from "./metrics.ts";

/** What becomes of uploads, whichever way they came. */
const ENDS = {
  finished: "attachment.create",
  failed: "upload.fail",
  cancelled: "upload.cancel",
  expired: "upload.expire",
} as const satisfies Record<string, AuditAction>;

const [AUDIT] = keys.audit("");
const [SESSION] = keys.uploadsOpen();

export interface UploadMetrics {
  committed(mutations: readonly Deno.KvMutation[]): void;
  watch(sources: Pick<MetricSources, "openUploads" | "activeUploads">): void;
}

export function newUploadMetrics(registry: Registry): UploadMetrics {
  const registers = [registry];
  const events = new Map<AuditAction, number>(AUDIT_ACTIONS.map((action) => [action, 0]));
  let open = 0;

  new Counter({
    name: "pawl_uploads_total",
    help:
      "Uploads that have ended, by what became of them; whole files and instant uploads are finished too.",
    labelNames: ["end"],
    registers,
    collect() {
      this.reset();
      for (const [end, action] of Object.entries(ENDS)) this.inc({ end }, events.get(action));
    },
  });
  new Counter({
    name: "pawl_events_total",
    help: "Entries of the audit, by their action.",
    labelNames: ["action"],
    registers,
    collect() {
      this.reset();
      for (const [action, count] of events) this.inc({ action }, count);
    },
  });

  return {
    committed(mutations) {
      for (const mutation of mutations) {
        const [room] = mutation.key;
        if (room === AUDIT && mutation.type === "set") {
          const { action, count } = mutation.value as AuditRecord;
          events.set(action, (events.get(action) ?? 0) + count);
        } else if (room === SESSION) {
          open += mutation.type === "delete" ? -1 : 1;
        }
      }
    },
    watch({ openUploads, activeUploads }) {
      open = openUploads;
      new Gauge({
        name: "pawl_upload_sessions_open",
        help: "Upload sessions that have not ended.",
        registers,
        collect() {
          this.set(open);
        },
      });
      new Gauge({
        name: "pawl_upload_sessions_active",
        help: "Upload sessions that requests work with right now.",
        registers,
        collect() {
          this.set(activeUploads());
        },
      });
    },
  };
}
