/** Questions to the person at the terminal. They are asked on `stderr`, so that `stdout` holds results only. */
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { Interrupted } from "./failure.ts";
import { type Terminal, write } from "./terminal.ts";

const MOST_PIPED = 65_536;

/** Whether there is somebody to ask. */
export function canAsk({ stdin, stderr }: Terminal): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/** Asks for something that is not to be seen, such as a token. Throws `Interrupted` on Ctrl-C and Ctrl-D. */
export async function askSecret(terminal: Terminal, question: string): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await ask(terminal, { question, echo: unseen });
  } finally {
    await write(terminal.stderr, "\n");
  }
}

/** Asks yes or no; anything but yes means no. Throws `Interrupted` on Ctrl-C and Ctrl-D. */
export async function confirm(terminal: Terminal, question: string): Promise<boolean> {
  const answer = await ask(terminal, { question: `${question} [y/N] `, echo: terminal.stderr });
  return /^y(es)?$/i.test(answer.trim());
}

async function ask(
  terminal: Terminal,
  { question, echo }: { question: string; echo: Writable },
): Promise<string> {
  const closed = new AbortController();
  const lines = createInterface({ input: terminal.stdin, output: echo, terminal: true });
  lines.on("SIGINT", () => closed.abort());
  lines.on("close", () => closed.abort());
  try {
    if (echo !== terminal.stderr) await write(terminal.stderr, question);
    return await lines.question(echo === terminal.stderr ? question : "", { signal: closed.signal });
  } catch (error) {
    if (closed.signal.aborted) throw new Interrupted("interrupted");
    throw error;
  } finally {
    lines.close();
  }
}

/** All of `stdin`, for what is piped in; at most 64 KiB, more is cut. Throws the signal's reason. */
export async function readPiped({ stdin }: Terminal, signal: AbortSignal): Promise<string> {
  const stop = () => void stdin.destroy(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    let text = "";
    for await (const piece of stdin) {
      text += piece;
      if (text.length > MOST_PIPED) break;
    }
    return text.slice(0, MOST_PIPED);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
