/** Files up by tus 1.0.0, in one PATCH and in one for each chunk: the same requests for every server that speaks it. */
import { type Transfer, transfers } from "../clients/curl.ts";
import { chunksOf } from "../clients/pawl_client.ts";
import type { Payload, PayloadFile } from "../payload.ts";
import type { Contender } from "../rounds.ts";

/** A server that speaks tus. */
export interface TusTarget {
  pid: () => number;
  /** Where uploads are created. */
  url: string;
  /** That every request needs. */
  headers(): Promise<Record<string, string>>;
  removeData(): Promise<void>;
}

export interface TusUploads {
  name: string;
  payload: Payload;
  /** A file each: none but Pawl's own API takes one by several. */
  connections: number;
  /** Each body with its digest. */
  checked?: boolean;
}

const VERSION = { "Tus-Resumable": "1.0.0" };

/** What bodies of tus are sent with. */
export const TUS_BODY = { ...VERSION, "Content-Type": "application/offset+octet-stream" };

/** One PATCH for each connection. Its bytes differ from round to round. */
export async function onePatch(
  target: TusTarget,
  { name, payload, connections, bytes }: TusUploads & { bytes: number },
): Promise<Contender> {
  const size = bytes / connections;
  const bodies = await Promise.all(
    Array.from({ length: connections }, (_, n) => wholeFile(payload, n, size)),
  );
  return {
    name,
    bytes,
    pid: target.pid,
    async prepare(round) {
      const lists = await Promise.all(bodies.map(async (body) => {
        await mark(body, `${name} ${round}`);
        return await patches(target, [body]);
      }));
      return await transfers(lists, payload.directory);
    },
    after: target.removeData,
  };
}

/** A PATCH for each of `count` chunks out of `pool`. */
export function patchPerChunk(
  target: TusTarget,
  { name, payload, connections, checked, pool, count }: TusUploads & { pool: PayloadFile[]; count: number },
): Contender {
  const share = count / connections;
  return {
    name,
    bytes: count * pool[0]!.size,
    pid: target.pid,
    async prepare(round) {
      const lists = await Promise.all(
        Array.from(
          { length: connections },
          (_, connection) =>
            patches(
              target,
              chunksOf(pool, { count: share, round: round * connections + connection }),
              checked,
            ),
        ),
      );
      return await transfers(lists, payload.directory);
    },
    after: target.removeData,
  };
}

/** Creates an upload for `bodies`, one behind the other. */
async function patches(target: TusTarget, bodies: PayloadFile[], checked = false): Promise<Transfer[]> {
  const headers = await target.headers();
  const size = bodies.reduce((sum, body) => sum + body.size, 0);
  const created = await fetch(target.url, {
    method: "POST",
    headers: { ...headers, ...VERSION, "Upload-Length": String(size) },
  });
  await created.body?.cancel();
  const url = new URL(created.headers.get("location")!, target.url).href;
  let offset = 0;
  return bodies.map((body) => {
    const transfer: Transfer = {
      url,
      method: "PATCH",
      upload: body.path,
      headers: {
        ...headers,
        ...TUS_BODY,
        "Upload-Offset": String(offset),
        ...(checked && { "Upload-Checksum": `sha256 ${body.sha256}` }),
      },
    };
    offset += body.size;
    return transfer;
  });
}

/** The same one for all who send whole files of this size. */
export async function wholeFile(payload: Payload, number: number, size: number): Promise<PayloadFile> {
  const name = `whole_${number}_${size}`;
  const path = `${payload.directory}/${name}`;
  const there = await Deno.stat(path).then(() => true, () => false);
  return there ? { path, size, sha256: "" } : await payload.file(name, size);
}

/** Makes the file's first bytes others, so that its content was never stored before. */
export async function mark({ path }: Pick<PayloadFile, "path">, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true });
  await file.write(new TextEncoder().encode(text.padEnd(64)));
}
