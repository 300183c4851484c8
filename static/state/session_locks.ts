/**
 * Which sessions are being sent by some window of this browser. A lock goes with the window that holds it, also when
 * it crashes. Without locks (plain http to another machine) each window knows of its own transfers only.
 */
const PREFIX = "pawl-upload:";

/** Holds the session's lock until `end` settles. */
export function holdSession(id: string, end: Promise<unknown>): void {
  const settled = end.then(() => {}, () => {});
  navigator.locks?.request(PREFIX + id, { ifAvailable: true }, (lock) => lock ? settled : undefined)
    .catch(() => {});
}

export async function heldSessions(): Promise<Set<string>> {
  const held = (await navigator.locks?.query())?.held ?? [];
  const names = held.map(({ name }) => name ?? "").filter((name) => name.startsWith(PREFIX));
  return new Set(names.map((name) => name.slice(PREFIX.length)));
}
