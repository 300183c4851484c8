/** Attachments for tests, put in through the front door, and what lies of them in the data directory. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { TestApp, TestUser } from "./app.ts";

export interface StoredFile {
  id: string;
  fileName: string;
  size: number;
  contentType: string;
  sha256: string;
  businessType: string;
  businessId: string | null;
  visibility: string;
  createdAt: string;
  updatedAt: string;
  deletedAt: string | null;
  downloadCount: number;
  url: string;
}

export interface NewFile {
  fileName?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  user?: TestUser;
  contentType?: string;
  businessType?: string;
  businessId?: string;
  visibility?: "private" | "users" | "public";
}

/** Uploads in one request; the API's attachment. */
export async function putFile(app: TestApp, file: NewFile = {}): Promise<StoredFile> {
  const { fileName = "file.bin", body = "data", user, ...fields } = file;
  const query = new URLSearchParams(fields as Record<string, string>);
  const response = await app.request(`/api/v1/files/${encodeURIComponent(fileName)}?${query}`, {
    method: "PUT",
    body: typeof body === "string" ? Buffer.from(body) : body,
    ...(user && { user }),
  });
  const answer = await response.json();
  assert.equal(response.status, 201, JSON.stringify(answer));
  return answer;
}

/** Paths of all files of blobs, sorted. */
export async function blobPaths({ config }: TestApp): Promise<string[]> {
  const paths: string[] = [];
  const root = join(config.dataDir, "blobs");
  for await (const day of Deno.readDir(root)) {
    for await (const blob of Deno.readDir(join(root, day.name))) paths.push(join(root, day.name, blob.name));
  }
  return paths.sort();
}
