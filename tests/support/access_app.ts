/** A small app that answers problems as JSON, for tests of middlewares by themselves. */
import { Hono, type MiddlewareHandler } from "hono";
import type { Env } from "../../routes/env.ts";
import { Problem } from "../../services/problem.ts";

/** Runs `middlewares`, then answers every path with the caller and the path that was routed. */
export function accessApp(...middlewares: MiddlewareHandler<Env>[]): Hono<Env> {
  const app = new Hono<Env>();
  for (const middleware of middlewares) app.use(middleware);
  app.onError((error) => {
    if (!(error instanceof Problem)) throw error;
    return Response.json({ code: error.code, detail: error.message }, {
      status: error.status,
      headers: error.headers,
    });
  });
  return app;
}

/** Like `accessApp`, with a handler behind it for every path. */
export function whoAmIApp(...middlewares: MiddlewareHandler<Env>[]): Hono<Env> {
  return accessApp(...middlewares).all(
    "*",
    (c) => c.json({ caller: c.get("caller") ?? null, path: c.req.path }),
  );
}
