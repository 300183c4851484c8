/** Keeps a running server from removing bytes that a backup needs, for as long as this process says so. */
import type { RunningServer } from "../server_or_lock.ts";

const HOLD = "/api/v1/admin/maintenance/hold";
/** Renewals in the time of one lease. */
const RENEWALS = 4;

export interface Hold {
  /** Aborted when it is over before its release. */
  readonly signal: AbortSignal;
  /** Throws unless it was held all the time. */
  confirm(): Promise<void>;
  release(): Promise<void>;
}

const OVER =
  "The server has ended or stood still while the backup ran, so that bytes which it needs may be gone. " +
  "Run it again: what was copied is kept, and the backup of before is as it was.";

/** `now`: ms, monotonic. */
export async function takeHold(server: RunningServer, now: () => number): Promise<Hold> {
  const { id, leaseSeconds } = await (await server.call("POST", HOLD)).json();
  const lease = leaseSeconds * 1000;
  const over = new AbortController();
  let renewedAt = now();
  let timer: ReturnType<typeof setTimeout>;

  async function renew(): Promise<void> {
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(lease / RENEWALS)]);
    await (await server.call("PUT", `${HOLD}/${id}`, { signal })).body?.cancel();
    renewedAt = now();
  }

  /** One that fails may be followed by one that does not. */
  function goOn(): void {
    timer = setTimeout(async () => {
      await renew().catch(() => {
        if (now() - renewedAt >= lease) over.abort(new Error(OVER));
      });
      if (!over.signal.aborted) goOn();
    }, lease / RENEWALS);
  }
  goOn();

  return {
    signal: over.signal,
    async confirm() {
      over.signal.throwIfAborted();
      await renew().catch((cause) => {
        throw new Error(OVER, { cause });
      });
    },
    async release() {
      clearTimeout(timer);
      over.abort();
      await server.call("DELETE", `${HOLD}/${id}`).then((response) => response.body?.cancel(), () => {});
    },
  };
}
