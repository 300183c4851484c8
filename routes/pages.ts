/** The pages for people. */
import { Hono } from "hono";
import type { Env } from "./env.ts";

export function pages(): Hono<Env> {
  return new Hono<Env>();
}
