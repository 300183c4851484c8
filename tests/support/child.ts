/** A program that runs beside a test: its output is kept, and it is gone when disposed. */

export interface ChildOptions {
  /** The whole environment; nothing is inherited. */
  env: Record<string, string>;
  cwd: string;
  /** What it prints when it is ready. */
  ready: RegExp;
  /** Milliseconds that it may take to become ready; default 30,000. */
  deadlineMs?: number;
}

export interface Child extends AsyncDisposable {
  pid: number;
  /** The match of `ready`. */
  ready: RegExpExecArray;
  /** Resolves when it has ended and its output is complete. */
  ended: Promise<Deno.CommandStatus>;
  /** What it has printed so far, on both streams in order of arrival. */
  output(): string;
  /** Resolves with the first match of `pattern` in the output so far or to come; rejects when it ends without. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends `signal`, unless it has ended, and waits for the end. */
  stop(signal: Deno.Signal): Promise<Deno.CommandStatus>;
}

/** Starts `command` and waits until it is ready. Throws with its output when it ends or is silent instead. */
export async function startChild([program, ...args]: string[], options: ChildOptions): Promise<Child> {
  const { env, cwd, deadlineMs = 30_000 } = options;
  const process = new Deno.Command(program!, {
    args,
    cwd,
    env,
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  let output = "";
  let running = true;
  const watchers = new Set<() => void>();
  const keep = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      output += text;
      for (const watch of watchers) watch();
    }
  };
  const ended = (async () => {
    const [status] = await Promise.all([process.status, keep(process.stdout), keep(process.stderr)]);
    running = false;
    for (const watch of watchers) watch();
    return status;
  })();

  const prints = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const watch = () => {
        const match = pattern.exec(output);
        if (match === null && running) return;
        watchers.delete(watch);
        if (match !== null) resolve(match);
        else reject(new Error(`it ended without printing ${pattern}; it printed:\n${output}`));
      };
      watchers.add(watch);
      watch();
    });
  const stop = (signal: Deno.Signal) => {
    try {
      process.kill(signal);
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
    }
    return ended;
  };

  const deadline = setTimeout(() => stop("SIGKILL"), deadlineMs);
  try {
    const ready = await prints(options.ready);
    return {
      pid: process.pid,
      ready,
      ended,
      output: () => output,
      prints,
      stop,
      [Symbol.asyncDispose]: async () => void await stop("SIGKILL"),
    };
  } catch (error) {
    await stop("SIGKILL");
    throw error;
  } finally {
    clearTimeout(deadline);
  }
}
