/**
 * Finds out which of many things are counted wrongly without remembering them all: what a thing says of itself is added
 * to one of a million sums, and each that is found of it is taken away. A sum that is not zero holds a wrong count; one
 * wrong count always shows, and that several hide each other is as likely as to guess a number of 32 bits.
 */
export interface Sketch {
  add(id: string, times: number): void;
  /** Whether the count of `id` may be wrong. */
  isSuspect(id: string): boolean;
}

const SUMS = 2 ** 20;

/** `seed`: any 32 bits; another one each time, so that nobody can choose ids that hide each other. */
export function newSketch(seed: number): Sketch {
  const sums = new Int32Array(SUMS);
  return {
    add(id, times) {
      const at = hash(id, seed) & (SUMS - 1);
      // Odd, so that no number of times but 0 makes it 0.
      sums[at] = sums[at]! + Math.imul(hash(id, ~seed) | 1, times);
    },
    isSuspect: (id) => sums[hash(id, seed) & (SUMS - 1)] !== 0,
  };
}

/** MurmurHash3's way of mixing, over characters. */
function hash(text: string, seed: number): number {
  let state = seed;
  for (let at = 0; at < text.length; at++) {
    state ^= Math.imul(text.charCodeAt(at), 0xcc9e2d51);
    state = Math.imul((state << 13) | (state >>> 19), 5) + 0xe6546b64;
  }
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return state ^ (state >>> 16);
}
