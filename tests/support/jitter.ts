/** Small random waits, the same for the same seed: they make rivals meet in ever other orders. */

/** Each call waits for nothing, for some microtasks, or for one or more turns of the event loop. */
export function jitter(seed: number): () => Promise<void> {
  let state = seed;
  // Mulberry32: small, and good enough to spread the orders.
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
  return async () => {
    const kind = random();
    const turns = Math.floor(random() * 8);
    if (kind < 0.25) return;
    for (let turn = 0; turn < turns; turn++) {
      if (kind < 0.5) await Promise.resolve();
      else await new Promise((resolve) => setTimeout(resolve, 0));
    }
  };
}
