/** Links to stored files, as their owner makes them and as strangers use them. */
import assert from "node:assert/strict";
import type { TestApp, TestRequest, TestUser } from "./app.ts";

export interface Link {
  /** Of the token. */
  id: string;
  token: string;
  /** `/d/{token}` */
  path: string;
}

export interface LinkRequest {
  validHours?: number;
  maxUses?: number;
  authorizedUserId?: string;
  authorizedIp?: string;
}

/** A link to the attachment; fails unless it is made. */
export async function makeLink(app: TestApp, attachmentId: string, request: LinkRequest = {}): Promise<Link> {
  const { status, body } = await app.json("POST", `/api/v1/attachments/${attachmentId}/tokens`, {
    body: request,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return { id: body.id, token: body.token, path: `/d/${body.token}` };
}

export type Visit = TestRequest & { as?: string; range?: string; accept?: string };

/** Follows the link to the end, by default as a nobody; `as`: the program. The status, and the code of a refusal. */
export async function visit(
  app: TestApp,
  link: Pick<Link, "path">,
  { as, range, accept, ...init }: Visit = {},
): Promise<number | string> {
  const headers = new Headers(init.headers);
  if (as !== undefined) headers.set("User-Agent", as);
  if (range !== undefined) headers.set("Range", range);
  if (accept !== undefined) headers.set("Accept", accept);
  const response = await app.request(link.path, { user: null, ...init, headers });
  const bytes = await response.bytes();
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) return response.status;
  return init.method === "HEAD" ? response.status : JSON.parse(new TextDecoder().decode(bytes)).code;
}

/** What the owner sees of it. */
export async function shown(app: TestApp, attachmentId: string, link: Pick<Link, "id">, user?: TestUser) {
  const { body } = await app.json("GET", `/api/v1/attachments/${attachmentId}/tokens`, user && { user });
  return body.items.find(({ id }: { id: string }) => id === link.id);
}

export const usesOf = async (app: TestApp, attachmentId: string, link: Pick<Link, "id">): Promise<number> =>
  (await shown(app, attachmentId, link)).uses;
