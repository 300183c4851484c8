/**
 * The floor for small files: takes each as a whole, hashes it, and answers when its bytes, its name and one record are
 * on stable storage. What waits shares syncs and commits. No accounts, limits, indexes or other records.
 */
import { createHash } from "node:crypto";

/** Records in one commit. */
const MAX_GROUP = 100;
const [directory] = Deno.args as [string];

// deno-lint-ignore house/open-kv -- a floor has nothing of the services
using kv = await Deno.openKv(`${directory}/records`);
const folder = `${directory}/files`;
await Deno.mkdir(folder);
using folderHandle = await Deno.open(folder);

interface Waiting<T> {
  item: T;
  done: PromiseWithResolvers<void>;
}

/** Gives all that wait to `run` at once. */
function shared<T>(run: (items: T[]) => Promise<void>): (item: T) => Promise<void> {
  const waiting: Waiting<T>[] = [];
  let running = false;
  async function start() {
    running = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, MAX_GROUP);
      await run(group.map(({ item }) => item));
      for (const { done } of group) done.resolve();
    }
    running = false;
  }
  return (item) => {
    const done = Promise.withResolvers<void>();
    waiting.push({ item, done });
    if (!running) void start();
    return done.promise;
  };
}

const syncFolder = shared<void>(() => folderHandle.syncData());
const record = shared<{ id: string; size: number; sha256: string }>(async (files) => {
  const commit = kv.atomic();
  for (const file of files) commit.set(["file", file.id], file);
  await commit.commit();
});

async function take(request: Request): Promise<Response> {
  const bytes = await request.bytes();
  const id = crypto.randomUUID();
  {
    using file = await Deno.open(`${folder}/${id}`, { write: true, createNew: true });
    await file.write(bytes);
    await Promise.all([file.syncData(), syncFolder()]);
  }
  await record({ id, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") });
  return new Response(null, { status: 201, headers: { Location: `/${id}` } });
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`ready ${port}`),
}, take);
await server.finished;
