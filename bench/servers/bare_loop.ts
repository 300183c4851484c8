/** Starts the two bare loops that uploads are compared with; see `bare_loop_server.ts`. */
import { bareCommand, startBareServer } from "./bare_server.ts";
import { removeFiles } from "./directory.ts";

export interface BareLoop extends AsyncDisposable {
  pid: number;
  removeData(): Promise<void>;
}

const SCRIPT = "./bare_loop_server.ts";

/** Takes the bodies of requests to `url`. */
export async function startSocketLoop(directory: string): Promise<BareLoop & { url: string }> {
  const server = await startBareServer(SCRIPT, directory, "socket");
  return { ...server, removeData: () => removeFiles(directory) };
}

export interface MemoryLoop extends BareLoop {
  /** Hashes, writes and syncs `chunks` of `size` bytes. */
  write(of: Chunks): Promise<void>;
  /** The same, with one SHA-256 over all of them besides. */
  check(of: Chunks): Promise<void>;
  /** Computes one SHA-256 over as many bytes. */
  hash(of: Chunks): Promise<void>;
}

interface Chunks {
  chunks: number;
  size: number;
}

/** Does with bytes of its own memory what it is told. */
export async function startMemoryLoop(directory: string): Promise<MemoryLoop> {
  const [program, ...args] = bareCommand(SCRIPT, directory, "memory");
  const child = new Deno.Command(program!, { args, stdin: "piped", stdout: "piped" }).spawn();
  const input = child.stdin.getWriter();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = async () => {
    const { value, done } = await output.read();
    if (done) throw new Error("The bare loop has ended");
    return value;
  };
  await line();
  const tell = (what: string) => async ({ chunks, size }: Chunks) => {
    await input.write(new TextEncoder().encode(`${what} ${chunks} ${size}\n`));
    await line();
  };
  return {
    pid: child.pid,
    write: tell("write"),
    check: tell("check"),
    hash: tell("hash"),
    removeData: () => removeFiles(directory),
    async [Symbol.asyncDispose]() {
      await input.close();
      await output.cancel();
      await child.status;
    },
  };
}
