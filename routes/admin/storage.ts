/** `/api/v1/admin/storage`: what is stored, how it grows, and what room is left. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Core } from "../../services/core.ts";
import { requireAdmin } from "../../services/policy.ts";
import { countWhenDue } from "../../services/reports/count_when_due.ts";
import { type StorageView, viewStorage } from "../../services/reports/storage.ts";
import type { Env } from "../env.ts";
import { apiApp, problems } from "../openapi.ts";
import { json } from "../schemas.ts";

const count = (description?: string) => z.int().min(0).openapi(description ? { description } : {});

const Storage = z.object({
  asOf: z.string().nullable().openapi({
    format: "date-time",
    description: "When it was counted; null: never yet, so that all figures are 0.",
  }),
  complete: z.boolean().openapi({ description: "Whether everything has been counted." }),
  files: count("Live ones."),
  fileBytes: count(),
  deletedFiles: count("In their owners' recycle bins."),
  deletedBytes: count(),
  binnedFiles: count("Hidden from their owners."),
  binnedBytes: count(),
  blobs: count("Contents of files, equal ones once; without variants."),
  storedBytes: count("That these take."),
  savedBytes: count("That equal content would take if it were stored again."),
  variants: count("Smaller pictures that were made of pictures."),
  variantBytes: count(),
  condemnedBytes: count("Of what nothing refers to any more; they are removed soon."),
  damagedBlobs: count("Contents whose bytes are missing or other ones."),
  uploads: count("Open sessions."),
  uploadBytes: count("That have come of them."),
  disk: z.object({
    totalBytes: z.int(),
    freeBytes: z.int(),
    reserveBytes: z.int().openapi({ description: "Of the free ones what uploads do not get." }),
  }).nullable().openapi({ description: "Of now; null: not known." }),
  growth: z.array(z.object({
    day: z.string().openapi({ example: "2026-11-30", description: "UTC." }),
    files: count(),
    fileBytes: count(),
    storedBytes: count(),
  })).openapi({ description: "As counted last on each day, oldest first, at most 400." }),
}).openapi("Storage");

const storageRoute = createRoute({
  method: "get",
  path: "/",
  tags: ["Administration"],
  summary: "What is stored, how it grows, and what room is left",
  description:
    "Counted by the job `storageReport`, hourly or when it is run by hand. What changed while it counted may be in it " +
    "or not. What is on the disk is `storedBytes`, `variantBytes`, `condemnedBytes` and `uploadBytes` together.",
  responses: { 200: json(Storage, "As counted last."), ...problems("unauthenticated", "forbidden") },
});

/** Routes relative to `/api/v1/admin/storage`. */
export function storage(core: Core): OpenAPIHono<Env> {
  const app = apiApp();
  app.openapi(storageRoute, async (c) => {
    requireAdmin(c.var.caller);
    await countWhenDue(core);
    return c.json(storageJson(await viewStorage(core)), 200);
  });
  return app;
}

function storageJson({ asOf, figures, growth, room }: StorageView): z.infer<typeof Storage> {
  return {
    asOf: asOf === null ? null : new Date(asOf).toISOString(),
    complete: asOf !== null,
    ...figures,
    disk: room,
    growth,
  };
}
