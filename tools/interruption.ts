/** Ctrl-C and SIGTERM as a signal, so that a command can put away what it has in its hands. */
export function interruption(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error("Interrupted. Run it again: it goes on with what is there."));
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, stop);
    },
  };
}
