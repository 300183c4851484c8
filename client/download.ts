/** One file on its way down: the handle that the caller holds, and the steps from the first request to the digest. */
import { newChunkSizes } from "./adaptive.ts";
import type { Attachment } from "./api_types.ts";
import { type ChildAbort, childAbort, newSleepers } from "./clock.ts";
import { type DownloadTarget, handleTarget, streamTarget } from "./download_target.ts";
import type {
  Download,
  DownloadOptions,
  DownloadResult,
  DownloadState,
  DownloadTarget as DownloadTo,
} from "./download_types.ts";
import { PawlError } from "./errors.ts";
import { fetchParts } from "./fetch_parts.ts";
import { changedMeanwhile, fetchWhole } from "./fetch_whole.ts";
import { newGate } from "./gate.ts";
import { type Hasher, newSha256 } from "./hash.ts";
import { pathTarget } from "./path_target.ts";
import type { Bytes } from "./read_body.ts";
import { type First, openFirst } from "./first_range.ts";
import { isSameVersion, openRange, type RemoteFacts } from "./remote_file.ts";
import { DEFAULT_STALL_MS, type Server } from "./server.ts";
import { DEFAULT_RETRIES, newTransferView } from "./transfer_view.ts";

const MIB = 1024 * 1024;
const PARTS = { min: MIB, max: 8 * MIB };
const DEFAULT_PARALLEL = 4;
/** How often a file that was changed or damaged is fetched anew. */
const MAX_ROUNDS = 3;

export function startDownload(
  server: Server,
  { what, options }: { what: Attachment | string; options: DownloadOptions },
): Download {
  const stopper = childAbort(options.signal);
  const { signal } = stopper;
  const gate = newGate();
  const sleepers = newSleepers();
  const view = newTransferView<DownloadState>({
    server,
    options,
    first: "opening",
    moving: "downloading",
    total: typeof what === "string" ? null : what.size,
    signal,
    gate,
    sleepers,
  });
  const { count, patient } = view;
  const offLine = server.line.onOnline(sleepers.wake);
  const pipe = options.to === undefined ? new TransformStream<Bytes, Bytes>() : null;
  const stallMs = options.stallTimeout ?? DEFAULT_STALL_MS;
  const parallel = Math.max(1, Math.min(16, Math.floor(options.parallel ?? DEFAULT_PARALLEL)));
  const common = {
    retries: options.retries ?? DEFAULT_RETRIES,
    stallMs,
    gate,
    sleepers,
    signal,
    clock: server.clock,
    random: server.random,
    line: server.line,
    onWaiting: view.wait,
    onMoved({ confirmed, held }: { confirmed: number; held: number }) {
      count.confirmed += confirmed;
      count.moving = held;
      view.moved();
    },
  };
  let etag: string | null = null;
  let target: DownloadTarget | null = null;
  let discarding = false;

  async function run(): Promise<DownloadResult> {
    signal.throwIfAborted();
    const url = addressOf(server, what);
    target = pipe
      ? streamTarget(pipe.writable, () => stopper.abort(cancelled()))
      : targetOf(options.to!, options);
    for (let round = 1;; round++) {
      try {
        return await fetchOnce(url, target);
      } catch (error) {
        const again = error instanceof PawlError && !signal.aborted && round < MAX_ROUNDS &&
          (error.code === "download-changed" || error.code === "download-damaged" && count.resumed > 0);
        if (!again) throw error;
        await target.restart();
      }
    }
  }

  async function fetchOnce(url: URL, target: DownloadTarget): Promise<DownloadResult> {
    view.enter("opening");
    Object.assign(count, { confirmed: 0, resumed: 0, moving: 0 });
    const sizes = newChunkSizes(
      options.partSize === undefined ? PARTS : { min: 1, max: Math.max(1, options.partSize) },
      options.partSize,
    );
    const first = await openFirst(
      { server, url, stallMs, patient, signal },
      { saved: await target.saved(), bytes: sizes.next() },
    );
    try {
      const { facts } = first.range;
      etag = facts.etag;
      count.total = facts.size;
      const size = await target.begin(facts, first.range.start);
      const hash = options.verify === false ? null : newSha256();
      for await (const bytes of size > 0 && hash ? target.read(size) : []) {
        signal.throwIfAborted();
        hash!.update(bytes);
      }
      count.confirmed = count.resumed = size;
      view.enter("downloading");
      const emit = emitter(target, hash);
      if (first.range.partial && facts.size !== null) {
        await fetchRanges(url, { facts, size, first, sizes, emit });
      } else {
        const open = (request: ChildAbort) =>
          openRange(server, url, { start: 0, end: null, version: null, request, stallMs });
        await fetchWhole({ ...common, first: first.range, open, emit });
      }
      return await finish(facts, { target, hash });
    } finally {
      first.abort(null);
    }
  }

  /** What is left of a file that the server cuts ranges out of. */
  async function fetchRanges(
    url: URL,
    { facts, size, first, sizes, emit }: {
      facts: RemoteFacts;
      size: number;
      first: First;
      sizes: ReturnType<typeof newChunkSizes>;
      emit: (bytes: Bytes) => Promise<void>;
    },
  ): Promise<void> {
    const fits = size === first.range.start;
    if (!fits) first.abort(null);
    await fetchParts({
      ...common,
      start: size,
      end: facts.size!,
      sizes,
      // Without a validator nobody knows whether two ranges are of the same file.
      parallel: facts.etag ?? facts.lastModified ? parallel : 1,
      first: fits ? { body: first.range.body, end: Math.min(first.end, facts.size!) } : null,
      async open(start, end, request) {
        const range = await openRange(server, url, { start, end, version: facts, request, stallMs });
        if (range.partial && range.start === start && isSameVersion(range.facts, facts)) return range.body;
        await range.body.cancel();
        throw changedMeanwhile();
      },
      emit,
    });
  }

  function emitter(target: DownloadTarget, hash: Hasher | null) {
    return async (bytes: Bytes) => {
      hash?.update(bytes);
      await target.write(bytes);
    };
  }

  async function finish(
    facts: RemoteFacts,
    { target, hash }: { target: DownloadTarget; hash: Hasher | null },
  ): Promise<DownloadResult> {
    view.enter("verifying");
    const expected = options.sha256?.toLowerCase() ?? facts.sha256;
    const sha256 = hash?.hex() ?? null;
    if (sha256 !== null && expected !== null && sha256 !== expected) {
      throw new PawlError(
        "download-damaged",
        "What was fetched is not the file: its digest is another one.",
        {
          extra: { expected, received: sha256 },
        },
      );
    }
    const path = await target.finish();
    return {
      path,
      fileName: facts.fileName,
      contentType: facts.contentType,
      size: count.confirmed,
      sha256,
      verified: sha256 !== null && expected !== null,
      etag: facts.etag,
      resumedBytes: count.resumed,
    };
  }

  async function settle(state: "completed" | "failed" | "cancelled", error?: unknown) {
    if (state !== "completed") await (discarding ? target?.discard(error) : target?.keep(error));
    gate.open();
    view.end(state, error instanceof PawlError ? error : undefined);
    offLine();
    stopper.release();
  }

  const result = run().then(async (done) => {
    await settle("completed");
    return done;
  }, async (error) => {
    await settle(signal.aborted ? "cancelled" : "failed", error);
    throw error;
  });
  result.catch(() => {});

  async function end() {
    stopper.abort(cancelled());
    await result.catch(() => {});
  }
  return {
    result,
    stream: pipe?.readable ?? null,
    get state() {
      return view.reporter.state;
    },
    get progress() {
      return view.reporter.progress();
    },
    get etag() {
      return etag;
    },
    pause() {
      gate.close();
      view.show();
    },
    resume() {
      gate.open();
      sleepers.wake();
      view.show();
    },
    async cancel() {
      discarding = true;
      await end();
    },
    stop: end,
  };
}

function addressOf(server: Server, what: Attachment | string): URL {
  if (typeof what !== "string") {
    return server.url(`api/v1/attachments/${encodeURIComponent(what.id)}/content`);
  }
  if (/^\d+$/.test(what)) return server.url(`api/v1/attachments/${what}/content`);
  return new URL(what, server.baseUrl);
}

function targetOf(to: DownloadTo, { overwrite = true, etag }: DownloadOptions): DownloadTarget {
  if (typeof to === "string") return pathTarget(to, { overwrite });
  return "createWritable" in to ? handleTarget(to, etag) : streamTarget(to);
}

const cancelled = () => new PawlError("cancelled", "The download was cancelled.");
