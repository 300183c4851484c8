import assert from "node:assert/strict";
import { chunkClient } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { tool } from "../support/tools.ts";

const MIB = 1024 * 1024;
const CHUNK = 8 * MIB;
const UPLOADS = 32;
const LIMIT = 200e6;
const curl = tool("curl", import.meta.url);

/** The most memory that the server has ever held, bytes. */
async function peak({ pid }: TestServer): Promise<number> {
  const [, kib] = /^VmHWM:\s+(\d+) kB/m.exec(await Deno.readTextFile(`/proc/${pid}/status`))!;
  return Number(kib) * 1024;
}

/** Uploads `parallel` files of `size` bytes at once, then downloads one of them; what the server needed at most until each end. */
async function measure({ parallel, size }: { parallel: number; size: number }) {
  await using server = await startServer({ config: { dedupe: { enabled: false } } });
  const client = chunkClient({ url: () => server.url, token: await server.token() });
  const bytes = randomBytes(CHUNK, { seed: 1 });
  const one = async (index: number) => {
    const { body: { id } } = await client.open({ fileName: `${index}.bin`, size, chunkSize: CHUNK });
    for (let offset = 0; offset < size; offset += CHUNK) {
      const part = bytes.subarray(0, Math.min(CHUNK, size - offset));
      const { status } = await client.put({ id, offset }, part, { digest: offset === 0 });
      assert.equal(status, 200);
    }
    const { status, body } = await client.complete(id);
    assert.ok(status === 201 || status === 202);
    return body.id;
  };
  const [id] = await Promise.all(Array.from({ length: parallel }, (_, index) => one(index)));
  const uploaded = await peak(server);
  const response = await server.fetch(`/api/v1/attachments/${id}/content`);
  let length = 0;
  for await (const piece of response.body!) length += piece.length;
  assert.equal(length, size);
  return { uploaded, downloaded: await peak(server) };
}

Deno.test("32 uploads at once need less than 200 MB of memory, and a file of ten times the size no more", async () => {
  const many = await measure({ parallel: UPLOADS, size: 2 * CHUNK });
  const small = await measure({ parallel: 1, size: 64 * MIB });
  const large = await measure({ parallel: 1, size: 640 * MIB });
  const mib = (bytes: number) => Math.round(bytes / MIB);
  for (
    const [what, { uploaded, downloaded }] of Object.entries({ [`${UPLOADS} at once`]: many, small, large })
  ) {
    console.log(`${what}: at most ${mib(uploaded)} MiB, with a download ${mib(downloaded)} MiB`);
  }
  assert.ok(many.uploaded < LIMIT);
  assert.ok(large.uploaded < small.uploaded + 32 * MIB);
  assert.ok(large.downloaded < LIMIT);
});

Deno.test({
  name:
    "A form on a connection that brought a file before, and a file without a length, do not pile up in memory",
  ignore: curl === null,
  async fn() {
    await using dir = await tempDir();
    await using server = await startServer();
    const [small, large] = [dir.join("small.bin"), dir.join("large.bin")];
    await Deno.writeFile(small, randomBytes(30_000, { seed: 2 }));
    await Deno.writeFile(large, randomBytes(160 * MIB, { seed: 3 }));
    const headers = ["-H", `Authorization: Bearer ${await server.token()}`, "-o", dir.join("answer")];
    const put = new URL("/api/v1/files/a.bin", server.url).href;
    const form = new URL("/api/v1/attachments", server.url).href;
    const send = async (...requests: string[][]) => {
      const args = requests.flatMap((request) => ["--next", "-sS", "-f", ...headers, ...request]).slice(1);
      const { success, stderr } = await new Deno.Command(curl!, { args: ["-q", ...args] }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
    };
    await send(["-T", small, put], ["-F", `file=@${large}`, form]);
    await send(["-H", "Transfer-Encoding: chunked", "-T", large, put]);
    assert.ok(await peak(server) < LIMIT);
  },
});
