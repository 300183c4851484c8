/** What administrators ask for, in tests. */
import assert from "node:assert/strict";
import { ADMIN, type TestApp } from "./app.ts";

// deno-lint-ignore no-explicit-any -- answers of every shape
type Json = any;

export async function adminGet(app: TestApp, path: string): Promise<Json> {
  const { status, body } = await app.json("GET", `/api/v1/admin/${path}`, { user: ADMIN });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** All items of a list, page by page, with the sizes of the pages. */
export async function adminPages(
  app: TestApp,
  path: string,
  { limit = 100 }: { limit?: number } = {},
): Promise<{ items: Json[]; sizes: number[] }> {
  const items: Json[] = [];
  const sizes: number[] = [];
  const query = `${path}${path.includes("?") ? "&" : "?"}limit=${limit}`;
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await adminGet(app, cursor === "" ? query : `${query}&cursor=${encodeURIComponent(cursor)}`);
    items.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.cursor;
  }
  return { items, sizes };
}

/** Runs a job as an administrator does, to its end; the run as recorded. */
export async function runJob(app: TestApp, name: string): Promise<Json> {
  const { status, body } = await app.json("POST", `/api/v1/admin/jobs/${name}/run`, { user: ADMIN });
  assert.equal(status, 202, JSON.stringify(body));
  await app.services.core.background.settled();
  return (await adminGet(app, `jobs/${name}/runs`)).items[0];
}
