/**
 * Deno KV under the house's rules: every call under a deadline, commits retried on conflict with jitter and a
 * bound. The same code is right on SQLite and on KV Connect, whose writes may be applied although their
 * answer is lost: an attempt must recognise its own earlier success by an id that it wrote.
 */
import { Problem } from "../problem.ts";
import { Change } from "./change.ts";
import { newDeadlines } from "./deadlines.ts";
import { groupCommits } from "./group_commit.ts";

/** Conflicts are tried again this often before the caller is told `busy`. */
const MAX_TRIES = 24;
/** `getMany` takes ten keys on every engine. */
const KEYS_PER_GET = 10;

export interface Page {
  limit: number;
  /** Exclusive bounds: nothing at or before `after`, nothing at or beyond `before`. */
  after?: Deno.KvKey;
  before?: Deno.KvKey;
  reverse?: boolean;
}

export interface Records {
  get<T>(key: Deno.KvKey): Promise<Deno.KvEntryMaybe<T>>;
  /** Entries in the order of their keys, absent ones with a null value; read in tens, so not one snapshot. */
  getMany<T>(keys: Deno.KvKey[]): Promise<Deno.KvEntryMaybe<T>[]>;
  /** At most `limit` entries below `prefix`, in key order. */
  page<T>(prefix: Deno.KvKey, page: Page): Promise<Deno.KvEntry<T>[]>;
  /**
   * Runs `attempt` and commits what it put into the operation, again from the start after each conflict; `tries`
   * counts from 1. What `attempt` throws ends it. Throws `busy` after too many conflicts, `storage-unavailable` after the deadline.
   */
  transact<T>(attempt: (commit: Deno.AtomicOperation, tries: number) => Promise<T>): Promise<T>;
  close(): void;
}

/** Told what calls cost. Must not throw. */
export interface RecordsObserver {
  /** One call that read something, however it ended. */
  read(ms: number): void;
  /** One commit of one or several changes: `conflict` when nothing was applied. */
  commit(ms: number, result: "committed" | "conflict" | "failed"): void;
  /** What one commit has applied. */
  committed(mutations: readonly Deno.KvMutation[]): void;
  /** An attempt begins again after a conflict. */
  retry(): void;
}

export interface RecordsOptions {
  observer?: RecordsObserver;
  /** Checks that the engine takes in one commit; 10, as every one does, unless set. Each change has at most ten. */
  maxChecks?: number;
  /** Milliseconds that one call may take. */
  deadlineMs: number;
  delay: (ms: number) => Promise<void>;
  random: () => number;
}

/** Wraps `kv`; `close` closes it. */
export function openRecords(
  kv: Deno.Kv,
  { maxChecks = 10, deadlineMs, delay, random, observer }: RecordsOptions,
): Records {
  const inTime = newDeadlines(deadlineMs);
  const timely = <T>(call: Promise<T>) =>
    inTime(call).catch((error) => {
      throw recordsProblem(error);
    });
  const read = <T>(call: Promise<T>) => {
    if (!observer) return call;
    const since = performance.now();
    return call.finally(() => observer.read(performance.now() - since));
  };
  const commit = groupCommits(async (changes) => {
    const operation = kv.atomic();
    for (const { checks, mutations } of changes) {
      if (checks.length > 0) operation.check(...checks);
      if (mutations.length > 0) operation.mutate(...mutations);
    }
    const since = performance.now();
    let result: "committed" | "conflict" | "failed" = "failed";
    try {
      const isApplied = await committed(timely(operation.commit()));
      result = isApplied ? "committed" : "conflict";
      return isApplied;
    } finally {
      observer?.commit(performance.now() - since, result);
      if (result === "committed") { for (const { mutations } of changes) observer?.committed(mutations); }
    }
  }, { maxChecks });

  async function* pages<T>(selector: Deno.KvListSelector, page: Page) {
    const found = kv.list<T>(selector, {
      limit: page.limit,
      reverse: page.reverse ?? false,
      batchSize: Math.min(page.limit, 500),
    });
    for (;;) {
      const next = await timely(found.next());
      if (next.done) return;
      yield next.value;
    }
  }

  return {
    get: <T>(key: Deno.KvKey) => read(timely(kv.get<T>(key))),

    async getMany<T>(wanted: Deno.KvKey[]) {
      const groups: Deno.KvKey[][] = [];
      for (let at = 0; at < wanted.length; at += KEYS_PER_GET) {
        groups.push(wanted.slice(at, at + KEYS_PER_GET));
      }
      const answers = await Promise.all(groups.map((group) => read(timely(kv.getMany<T[]>(group)))));
      return answers.flat() as Deno.KvEntryMaybe<T>[];
    },

    async page<T>(prefix: Deno.KvKey, page: Page) {
      const { after, before } = page;
      // A key with one more part is the smallest key behind `after`.
      const start = after && [...after, new Uint8Array()];
      const selector = start && before
        ? { start, end: before }
        : start
        ? { prefix, start }
        : before
        ? { prefix, end: before }
        : { prefix };
      return await read(Array.fromAsync(pages<T>(selector, page)));
    },

    async transact<T>(attempt: (commit: Deno.AtomicOperation, tries: number) => Promise<T>) {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const change = new Change();
        const result = await attempt(change as unknown as Deno.AtomicOperation, tries);
        // However many wait before it.
        if (await inTime(commit(change))) return result;
        observer?.retry();
        await delay(random() * Math.min(100, 2 ** tries));
      }
      throw new Problem("busy", "Too many requests change the same record. Try again in a moment.", {
        retryAfter: 1,
      });
    },

    close: () => kv.close(),
  };
}

/** False after a conflict. Nothing is applied by a commit that meets a locked database, so that is one too. */
async function committed(commit: Promise<Deno.KvCommitResult | Deno.KvCommitError>): Promise<boolean> {
  try {
    return (await commit).ok;
  } catch (error) {
    if (messageOf(error).includes("database is locked")) return false;
    throw error;
  }
}

const messageOf = (error: unknown) => error instanceof Error ? error.message : "";

/** What SQLite says when the storage below it fails. */
const STORAGE_FAILURE = /disk I\/O error|readonly database|unable to open database|disk image is malformed/;

/** The storage's failures as a `Problem`; anything else stays as it is. */
function recordsProblem(error: unknown): unknown {
  const message = messageOf(error);
  if (message.includes("database or disk is full")) {
    return new Problem(
      "disk-full",
      "The server's disk is full. What was acknowledged is safe; try again later.",
      { retryAfter: 30, cause: error },
    );
  }
  if (!STORAGE_FAILURE.test(message)) return error;
  return new Problem("storage-unavailable", "The server's disk does not work right now. Try again later.", {
    retryAfter: 10,
    cause: error,
  });
}
