/** A stored file down: whole and in ranges, by one and by eight connections, discarded and into files. */
import type { TestServer } from "../../tests/support/server.ts";
import { type Transfer, transfers } from "../clients/curl.ts";
import { MIB, type Payload } from "../payload.ts";
import type { Contender } from "../rounds.ts";
import { startBareServer } from "../servers/bare_server.ts";
import { startNginx } from "../servers/nginx.ts";

export const DOWNLOAD_CONNECTIONS = [1, 8];
export const SINKS = ["discarded", "to a file"] as const;
export const KINDS = ["whole", "ranges"] as const;
const RANGE_BYTES = 16 * MIB;

export const downloadNames = {
  pawl: "Pawl",
  nginx: "nginx",
  copying: "nginx without sendfile",
  bare: "bare server",
};

export interface DownloadCase {
  kind: (typeof KINDS)[number];
  connections: number;
  sink: (typeof SINKS)[number];
}

/** What one server hands out: a file of all the bytes, and one for each of several connections. */
interface Source {
  name: string;
  pid: number;
  large: string;
  /** Its size times the largest number of connections is that of the large one. */
  small: string;
  headers: Record<string, string>;
}

export interface DownloadBench extends AsyncDisposable {
  cases: { of: DownloadCase; contenders: Contender[] }[];
  /** null: nginx is not to be had here. */
  nginxVersion: string | null;
}

interface Places {
  payload: Payload;
  /** For nginx's own files and for what clients save; a disk as clients have. */
  scratch: string;
  /** Of the large file, a multiple of the largest number of connections. */
  bytes: number;
}

/** Uploads the files; all servers then hand out the very same ones. */
export async function downloadBench(
  pawl: TestServer,
  { payload, scratch, bytes }: Places,
): Promise<DownloadBench> {
  const most = Math.max(...DOWNLOAD_CONNECTIONS);
  const headers = { Authorization: `Bearer ${await pawl.token()}` };
  const large = await store(pawl, { payload, headers, bytes });
  const small = await store(pawl, { payload, headers, bytes: bytes / most });
  const sources: Source[] = [{
    name: downloadNames.pawl,
    pid: pawl.pid,
    large: large.url,
    small: small.url,
    headers,
  }];
  const blobs = `${pawl.dataDir}/blobs`;
  await using stack = new AsyncDisposableStack();
  const peer = (name: string, { pid, url }: { pid: number; url: string }) =>
    sources.push({ name, pid, large: url + large.blob, small: url + small.blob, headers: {} });
  peer(downloadNames.bare, stack.use(await startBareServer("./bare_downloads.ts", blobs)));
  const nginx = await startNginx(scratch, blobs).catch((error) => {
    console.error(`Without nginx: ${error.message}`);
    return null;
  });
  if (nginx) {
    stack.use(nginx);
    peer(downloadNames.nginx, nginx);
    peer(downloadNames.copying, { ...nginx, url: nginx.copyingUrl });
  }
  const cases: DownloadBench["cases"] = [];
  for (const kind of KINDS) {
    for (const connections of DOWNLOAD_CONNECTIONS) {
      for (const sink of SINKS) {
        const of = { kind, connections, sink };
        const contenders = sources.map((source) => contender(source, { of, bytes, payload, scratch }));
        cases.push({ of, contenders });
      }
    }
  }
  const owned = stack.move();
  return {
    cases,
    nginxVersion: nginx && nginx.version,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Where the stored file can be had, and where it lies below the folder of blobs. */
async function store(
  pawl: TestServer,
  { payload, headers, bytes }: { payload: Payload; headers: Record<string, string>; bytes: number },
): Promise<{ url: string; blob: string }> {
  const blobs = `${pawl.dataDir}/blobs`;
  const before = new Set(await filesBelow(blobs));
  const { path } = await payload.file("download", bytes);
  const url = new URL("/api/v1/files/bench.bin", pawl.url).href;
  const output = `${payload.directory}/answer`;
  await (await transfers([[{ url, upload: path, headers, output }]], payload.directory))();
  await Deno.remove(path);
  const { id } = JSON.parse(await Deno.readTextFile(output));
  const [blob] = (await filesBelow(blobs)).filter((name) => !before.has(name));
  return { url: new URL(`/api/v1/attachments/${id}/content`, pawl.url).href, blob: blob! };
}

async function filesBelow(directory: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (isDirectory) found.push(...await filesBelow(`${directory}/${name}`, `${prefix}${name}/`));
    else found.push(prefix + name);
  }
  return found;
}

function contender(
  { name, pid, large, small, headers }: Source,
  { of: { kind, connections, sink }, bytes, payload, scratch }: Places & { of: DownloadCase },
): Contender {
  const lists = Array.from({ length: connections }, (_, connection): Transfer[] => {
    const target = sink === "discarded" ? {} : { output: `${scratch}/out_${connection}` };
    if (kind === "whole") return [{ url: connections === 1 ? large : small, headers, ...target }];
    const share = bytes / connections;
    const ranges: Transfer[] = [];
    for (let at = connection * share; at < (connection + 1) * share; at += RANGE_BYTES) {
      const last = Math.min(at + RANGE_BYTES, (connection + 1) * share) - 1;
      ranges.push({ url: large, headers: { ...headers, Range: `bytes=${at}-${last}` }, ...target });
    }
    return ranges;
  });
  return {
    name,
    bytes,
    pid: () => pid,
    prepare: () => transfers(lists, payload.directory),
    async after() {
      for (let n = 0; n < connections; n++) await Deno.remove(`${scratch}/out_${n}`).catch(() => {});
    },
  };
}
