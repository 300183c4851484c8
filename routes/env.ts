/** What middlewares leave in Hono's context for the handlers behind them. */
import type { Caller } from "../services/model.ts";

export interface Env {
  Variables: {
    requestId: string;
    /** Who calls; null when nobody is signed in. Set by `authenticate`. */
    caller: Caller | null;
    /** The client's address as decided by the trusted proxies; "unknown" in process-internal requests. */
    clientAddress: string;
  };
  Bindings: {
    /** From `Deno.serve`; absent in `app.request`. */
    remoteAddr?: Deno.NetAddr;
    /** Whether who reads the answer's body holds the memory of its pieces, as `Deno.serve` does (`body_stream.ts`). */
    freesPieces?: boolean;
  };
}
