/** The rules of tus 1.0.0 that hold for every answer: its version in all of them, and none to other versions. */
import type { MiddlewareHandler } from "hono";
import { Problem } from "../services/problem.ts";
import type { Env } from "./env.ts";
import { dialectOf } from "./http/dialect.ts";
import { methodOf } from "./http/method_override.ts";
import { TUS_VERSION } from "./http/tus_headers.ts";

const VERBS = new Set(["HEAD", "POST", "PATCH", "DELETE"]);

/**
 * For `/files`, before whatever may refuse a request: marks the answers to tus requests, also refusals. Throws
 * `tus-version` (412) for any other version and for none to every verb of tus but OPTIONS, which names the versions.
 */
export const tusVersion: MiddlewareHandler<Env> = async (c, next) => {
  const request = c.req.raw;
  const method = methodOf(request);
  if (dialectOf(request) !== "tus" || method === "GET") return await next();
  if (VERBS.has(method) && request.headers.get("Tus-Resumable") !== TUS_VERSION) {
    throw new Problem(
      "tus-version",
      `Send Tus-Resumable: ${TUS_VERSION}, the version of tus that is spoken here.`,
      { headers: { "Tus-Resumable": TUS_VERSION, "Tus-Version": TUS_VERSION } },
    );
  }
  await next();
  c.res.headers.set("Tus-Resumable", TUS_VERSION);
};
