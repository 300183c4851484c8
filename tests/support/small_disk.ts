/** A server whose data directory is a small file system of its own, to be filled and emptied again. */
import { randomBytes } from "./random_bytes.ts";
import { type ServerOptions, startServer, type TestServer } from "./server.ts";

export interface SmallDisk extends AsyncDisposable {
  server: TestServer;
  /** Takes what room there is, down to the last byte. */
  fill(): Promise<void>;
  /** Gives it back. */
  empty(): Promise<void>;
}

/** Mounts it where only the server sees it. Other users than root need namespaces of their own for that. */
const MOUNT =
  'mkdir -p "$PAWL_DATA_DIR" && mount -t tmpfs -o size="$0",mode=700 tmpfs "$PAWL_DATA_DIR" && exec "$@"';

export async function startOnSmallDisk(
  { mebibytes, ...options }: ServerOptions & { mebibytes: number },
): Promise<SmallDisk> {
  const namespace = Deno.uid() === 0 ? ["unshare", "-m"] : ["unshare", "-r", "-m"];
  const server = await startServer({
    ...options,
    wrapper: [...namespace, "sh", "-c", MOUNT, `${mebibytes}m`],
  });
  const filler = `/proc/${server.pid}/root${server.dataDir}/filler`;
  return {
    server,
    async fill() {
      using file = await Deno.open(filler, { write: true, create: true });
      // Smaller and smaller pieces: a write that does not fit is not done in part.
      for (let size = 2 ** 20; size >= 1; size /= 4) {
        const piece = randomBytes(size, { seed: 1 });
        try {
          for (;;) await file.write(piece);
        } catch (error) {
          if ((error as { code?: string }).code !== "ENOSPC") throw error;
        }
      }
    },
    empty: () => Deno.remove(filler),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
