/**
 * Makes rivals start together: the function returned resolves for all callers when `count` of them have called.
 * It serves again for the next `count` callers, so one barrier does for all rounds of a race.
 */
export function barrier(count: number): () => Promise<void> {
  let gate = Promise.withResolvers<void>();
  let arrived = 0;
  return () => {
    const mine = gate;
    if (++arrived === count) {
      arrived = 0;
      gate = Promise.withResolvers();
      mine.resolve();
    }
    return mine.promise;
  };
}
