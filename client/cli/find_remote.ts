/** What a download is of: an attachment by id, address or name, or a link, which tells its name when it is asked. */
import { refusal } from "../answer.ts";
import type { Attachment } from "../api_types.ts";
import { childAbort } from "../clock.ts";
import { persist } from "../retry.ts";
import { nameOfDisposition } from "../saved_name.ts";
import type { Server } from "../server.ts";
import type { Pawl } from "../types.ts";
import type { CommandContext } from "./context.ts";
import { findAttachment, readReference } from "./reference.ts";

/** What is to be fetched, as far as it is known before. */
export interface Remote {
  pawl: Pawl;
  /** An attachment, or the address of a link. */
  what: Attachment | string;
  /** The server's name for it: any text. */
  fileName: string;
  /** null when the server does not say. */
  size: number | null;
  /** Lower-case hex; null when it is only known with the bytes. */
  sha256: string | null;
}

/** Throws `CommandError` and `PawlError`. Asking for a link uses it up in no way. */
export async function findRemote(context: CommandContext, text: string): Promise<Remote> {
  const reference = readReference(text);
  const { signal } = context;
  if (reference.kind === "link") return await describeLink(context, reference.url);
  if (reference.kind === "address") {
    const pawl = await context.connectTo(reference.server);
    return ofAttachment(pawl, await pawl.attachments.get(reference.id, { signal }));
  }
  const { server } = await context.target();
  const pawl = await context.connect();
  return ofAttachment(pawl, await findAttachment(pawl, text, { signal, server }));
}

function ofAttachment(pawl: Pawl, attachment: Attachment): Remote {
  const { fileName, size, sha256 } = attachment;
  return { pawl, what: attachment, fileName, size, sha256 };
}

async function describeLink(context: CommandContext, url: URL): Promise<Remote> {
  const { signal } = context;
  const origin = url.origin + (/^(.*\/)d\/[^/]+$/.exec(url.pathname)?.[1] ?? "/");
  const server = await context.serverAt(origin);
  const { clock, random } = server;
  const headers = await persist(() => headOf(server, url, signal), {
    retries: RETRIES,
    signal,
    clock,
    random,
  });
  const length = headers.get("Content-Length");
  return {
    pawl: await context.connectTo(origin),
    what: url.href,
    fileName: nameOfDisposition(headers.get("Content-Disposition")) ?? lastSegment(url),
    size: length === null ? null : Number(length),
    sha256: null,
  };
}

const RETRIES = 2;
const STALL_MS = 30_000;

/** The headers of a download that does not take place. Throws what the server refuses with. */
async function headOf(server: Server, url: URL, signal: AbortSignal): Promise<Headers> {
  const request = childAbort(signal);
  try {
    const head = await server.open(url, { method: "HEAD", request, stallMs: STALL_MS });
    await head.body?.cancel();
    if (head.ok) return head.headers;
    // The sentence for the person is in a body, which HEAD has not.
    const answer = await server.open(url, {
      headers: { "Accept": "application/json" },
      request,
      stallMs: STALL_MS,
    });
    const { ok, status, headers } = answer;
    if (!ok) throw refusal({ status, header: (name) => headers.get(name), text: await answer.text() });
    await answer.body?.cancel();
    return headers;
  } finally {
    request.release();
  }
}

function lastSegment({ pathname }: URL): string {
  const segment = pathname.split("/").at(-1)!;
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
