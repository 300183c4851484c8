/** A download or upload program run as people run it, and a file that the server has for it. */
import assert from "node:assert/strict";
import { randomBytes } from "./random_bytes.ts";
import type { TestServer } from "./server.ts";

export interface ProgramEnd {
  code: number;
  stdout: Uint8Array;
  text: string;
  stderr: string;
}

/** Runs to its end, in `cwd` and without settings of the developer's. */
export async function runProgram(
  command: string,
  { args, cwd, stdin, env = {} }: {
    args: string[];
    cwd: string;
    stdin?: Uint8Array<ArrayBuffer>;
    /** Beside what a program needs to be found. */
    env?: Record<string, string>;
  },
): Promise<ProgramEnd> {
  const child = new Deno.Command(command, {
    args,
    cwd,
    env: { HOME: cwd, LC_ALL: "C", PATH: Deno.env.get("PATH") ?? "", ...env },
    clearEnv: true,
    stdin: stdin ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const ended = child.output();
  if (stdin) await new Response(stdin).body!.pipeTo(child.stdin);
  const { code, stdout, stderr } = await ended;
  const text = new TextDecoder();
  return { code, stdout, text: text.decode(stdout), stderr: text.decode(stderr) };
}

export interface ServedFile {
  id: string;
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
  /** Path and query of its content. */
  path: string;
  /** `Authorization: Bearer ...`, for those who may read it. */
  header: string;
}

/** Stores random content on the server. */
export async function serveFile(server: TestServer, size: number): Promise<ServedFile> {
  const bytes = randomBytes(size, { seed: size });
  const answer = await server.fetch("/api/v1/files/served.bin", { method: "PUT", body: bytes });
  const { id, sha256, url } = await answer.json();
  assert.equal(answer.status, 201);
  return { id, bytes, sha256, path: url, header: `Authorization: Bearer ${await server.token()}` };
}

/** The bytes are equal; says only whether, not how millions of them differ. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.length, expected.length);
  assert.ok(actual.every((byte, at) => byte === expected[at]), "the bytes differ");
}
