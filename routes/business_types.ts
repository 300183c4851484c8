/** `GET /api/v1/business-types`: what may be uploaded as what. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Config } from "../config/config.ts";
import { VISIBILITIES } from "../services/model.ts";
import { requireCaller } from "./authenticate.ts";
import type { Env } from "./env.ts";
import { apiApp, problems } from "./openapi.ts";
import { json } from "./schemas.ts";

const BusinessType = z.object({
  name: z.string(),
  maxBytes: z.int().openapi({ description: "Largest file, bytes, inclusive." }),
  extensions: z.array(z.string()).nullable().openapi({
    description: "Lower-case with their dot; null: any, also none.",
  }),
  visibility: z.enum(VISIBILITIES).openapi({ description: "Of files whose request names none." }),
}).openapi("BusinessType");

const listRoute = createRoute({
  method: "get",
  path: "/business-types",
  tags: ["Uploads"],
  summary: "The business types and their rules of size and type",
  responses: {
    200: json(z.object({ items: z.array(BusinessType) }), "All of them, `General` first."),
    ...problems("unauthenticated"),
  },
});

/** Routes relative to `/api/v1`. */
export function businessTypes({ businessTypes }: Pick<Config, "businessTypes">): OpenAPIHono<Env> {
  const app = apiApp();
  const items = Object.entries(businessTypes).map(([name, rules]) => ({
    name,
    maxBytes: rules.maxBytes,
    extensions: rules.extensions,
    visibility: rules.visibility,
  }));
  app.openapi(listRoute, (c) => {
    requireCaller(c);
    return c.json({ items }, 200);
  });
  return app;
}
