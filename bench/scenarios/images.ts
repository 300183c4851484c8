/** Pictures as cameras make them: how long variants take, and what chunk uploads feel of it. */
import { createHash, randomFillSync } from "node:crypto";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { EngineName } from "../../services/images/engine.ts";
import { VARIANTS } from "../../services/images/recipe.ts";
import { startServer, type TestServer } from "../../tests/support/server.ts";
import type { Contender } from "../rounds.ts";

const MIB = 2 ** 20;
/** Chunk uploads under way at a time. */
export const CHUNK_CONNECTIONS = 2;

/** A JPEG as a camera makes it: detail everywhere, 4 to 3; about 4 MB of 12 megapixels. */
export async function photograph(megapixels: number): Promise<Uint8Array<ArrayBuffer>> {
  const width = Math.round(Math.sqrt((megapixels * 1e6 * 4) / 3));
  const size = { width, height: Math.round(width * 3 / 4) };
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  const image = sharp({ create: { ...size, channels: 3, background: "#888", noise } }).blur(1.2);
  return new Uint8Array(await image.withMetadata({ orientation: 6 }).jpeg({ quality: 88 }).toBuffer());
}

/** Other bytes, the same picture: a comment of 16 bytes behind the start of the file. */
export function another(picture: Uint8Array): Uint8Array<ArrayBuffer> {
  const comment = new Uint8Array(20);
  comment.set([0xff, 0xfe, 0, 18]);
  randomFillSync(comment, 4);
  return new Uint8Array(Buffer.concat([picture.subarray(0, 2), comment, picture.subarray(2)]));
}

export async function startImageServer(engine: EngineName): Promise<TestServer> {
  return await startServer({
    env: { PAWL_LOG_LEVEL: "warning" },
    config: { images: { engine }, limits: { uploadsAtOnce: 0, uploadsPerMinute: 0, bytesPerDay: 0 } },
  });
}

interface Client {
  put(picture: Uint8Array<ArrayBuffer>, query: string): Promise<string>;
  get(url: string, variant: string): Promise<void>;
  /** A new attachment of stored content, of which all variants are to be made. */
  openInstantly(content: { size: number; sha256: string }): Promise<void>;
  request(method: string, path: string, init?: RequestInit): Promise<Response>;
}

async function clientOf(server: TestServer): Promise<Client> {
  const authorization = { Authorization: `Bearer ${await server.token()}` };
  async function request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...authorization, ...init.headers };
    const response = await fetch(new URL(path, server.url), { ...init, method, headers });
    if (response.ok) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
  return {
    request,
    async put(picture, query) {
      return (await (await request("PUT", `/api/v1/files/photo.jpg?${query}`, { body: picture })).json()).url;
    },
    async openInstantly(content) {
      const response = await request("POST", "/api/v1/uploads", {
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ fileName: "photo.jpg", ...content, image: { generateMultipleSizes: true } }),
      });
      if (!("attachment" in await response.json())) throw new Error("This is no instant upload");
    },
    async get(url, variant) {
      await (await request("GET", `${url}?variant=${variant}`)).bytes();
    },
  };
}

export async function imageContenders(
  servers: Record<EngineName, TestServer>,
  picture: Uint8Array,
): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const [engine, server] of Object.entries(servers)) {
    const client = await clientOf(server);
    contenders.push({
      name: `${engine}: thumbnail when asked for`,
      bytes: picture.length,
      pid: () => server.pid,
      async prepare() {
        const url = await client.put(another(picture), "generateThumbnail=false");
        return () => client.get(url, "thumbnail");
      },
    }, {
      name: `${engine}: uploaded, and all four sizes made`,
      bytes: picture.length,
      pid: () => server.pid,
      prepare: () =>
        Promise.resolve(async () => {
          const url = await client.put(another(picture), "generateMultipleSizes=true");
          await Promise.all(VARIANTS.map((name) => client.get(url, name)));
        }),
    }, {
      name: `${engine}: uploaded with a watermark`,
      bytes: picture.length,
      pid: () => server.pid,
      prepare: () =>
        Promise.resolve(async () => {
          await client.put(another(picture), "addWatermark=true&generateThumbnail=false");
        }),
    });
  }
  return contenders;
}

export interface Interference {
  /** Milliseconds of each chunk's request, sorted. */
  alone: number[];
  /** While all variants of the pictures are made in the background, as after uploads. */
  background: number[];
  /** While people ask for all of them, one by one. */
  asked: number[];
  /** Seconds that the pictures took. */
  seconds: { background: number; asked: number };
}

/** The three are measured in turns, because the machine is never the same for long. */
const TURNS = 4;

/** Chunks of 1 MiB without and with work on `pictures` pictures; alone for `atLeastMs`. */
export async function interference(
  server: TestServer,
  { picture, pictures, atLeastMs }: { picture: Uint8Array; pictures: number; atLeastMs: number },
): Promise<Interference> {
  const client = await clientOf(server);
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await client.get(await client.put(another(picture), "generateThumbnail=false"), "large"); // The engine is loaded.
  await chunkTimes(client, () => pause(atLeastMs / TURNS));

  const result: Interference = { alone: [], background: [], asked: [], seconds: { background: 0, asked: 0 } };
  const timed = (kind: "background" | "asked", work: () => Promise<unknown>) => async () => {
    const started = performance.now();
    await work();
    result.seconds[kind] += (performance.now() - started) / 1000;
  };
  for (let turn = 0; turn < TURNS; turn++) {
    const some = { picture, pictures: pictures / TURNS };
    result.alone.push(...await chunkTimes(client, () => pause(atLeastMs / TURNS)));
    const known = await storePictures(client, some);
    const blobs = countBlobs(server);
    result.background.push(
      ...await chunkTimes(
        client,
        timed("background", async () => {
          // Instant uploads of what is there already: no bytes, only the work.
          for (const { size, sha256 } of known) await client.openInstantly({ size, sha256 });
          // One more is that of the chunks.
          while (countBlobs(server) < blobs + 1 + known.length * VARIANTS.length) await pause(20);
        }),
      ),
    );
    const others = await storePictures(client, some);
    const ask = () => Promise.all(others.flatMap(({ url }) => VARIANTS.map((name) => client.get(url, name))));
    result.asked.push(...await chunkTimes(client, timed("asked", ask)));
  }
  for (const times of [result.alone, result.background, result.asked]) times.sort((a, b) => a - b);
  return result;
}

async function storePictures(
  client: Client,
  { picture, pictures }: { picture: Uint8Array; pictures: number },
) {
  const stored: { url: string; size: number; sha256: string }[] = [];
  for (let n = 0; n < pictures; n++) {
    const bytes = another(picture);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    stored.push({ url: await client.put(bytes, "generateThumbnail=false"), size: bytes.length, sha256 });
  }
  return stored;
}

function countBlobs({ dataDir }: TestServer): number {
  const days = [...Deno.readDirSync(`${dataDir}/blobs`)];
  return days.reduce((sum, { name }) => sum + [...Deno.readDirSync(`${dataDir}/blobs/${name}`)].length, 0);
}

/** Sends chunks, each with its digest, until the work that runs beside them has ended. */
async function chunkTimes(client: Client, work: () => Promise<unknown>): Promise<number[]> {
  const CHUNKS = 4096;
  const opened = await client.request("POST", "/api/v1/uploads", {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ fileName: "chunks.bin", size: CHUNKS * MIB, chunkSize: MIB, forceNew: true }),
  });
  const { id } = await opened.json();
  const chunk = new Uint8Array(MIB);
  randomFillSync(chunk);
  const digest = `sha-256=:${createHash("sha256").update(chunk).digest("base64")}:`;
  const times: number[] = [];
  let ended = false;
  let next = 0;
  const sender = async () => {
    while (!ended && next < CHUNKS) {
      const offset = next++ * MIB;
      const started = performance.now();
      const response = await client.request("PUT", `/api/v1/uploads/${id}/chunks/${offset}`, {
        body: chunk,
        headers: { "Content-Digest": digest },
      });
      await response.body?.cancel();
      times.push(performance.now() - started);
    }
  };
  const senders = Array.from({ length: CHUNK_CONNECTIONS }, sender);
  await work().finally(() => ended = true);
  await Promise.all(senders);
  await client.request("DELETE", `/api/v1/uploads/${id}`);
  return times;
}

/** The value that a share of all does not exceed. */
export function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
}
