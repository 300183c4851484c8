/** What one commit checks and changes, collected before anything is sent. */

/** The part of `Deno.AtomicOperation` that this house uses, and takes for one: no sums, no queues. */
export class Change {
  readonly checks: Deno.AtomicCheck[] = [];
  readonly mutations: Deno.KvMutation[] = [];

  check(...checks: Deno.AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) this.checks.push({ key, versionstamp });
    return this;
  }

  set(key: Deno.KvKey, value: unknown): this {
    this.mutations.push({ type: "set", key, value });
    return this;
  }

  delete(key: Deno.KvKey): this {
    this.mutations.push({ type: "delete", key });
    return this;
  }
}

/** The keys of a change as text, each its own. */
export interface Footprint {
  checked: string[];
  changed: string[];
}

export function footprint({ checks, mutations }: Change): Footprint {
  return {
    checked: checks.map(({ key }) => keyText(key)),
    changed: mutations.map(({ key }) => keyText(key)),
  };
}

/** Strings with their length, so that no two keys are the same text. */
function keyText(key: Deno.KvKey): string {
  let text = "";
  for (const part of key) {
    if (typeof part === "string") text += `${part.length}:${part}`;
    else if (part instanceof Uint8Array) text += `x${part.toHex()}`;
    else text += typeof part === "bigint" ? `${part}n` : String(part);
    text += ",";
  }
  return text;
}
