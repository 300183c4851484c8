/** One file on its way up: a session, its missing pieces three at a time, and the finish. Goes on where it stopped. */
import { call, refusal, Refused, unreachable } from "./api.js";

const PIECE_BYTES = 4 * 1024 * 1024;
const PARALLEL = 3;
/** A piece, or the finish, is tried so often before the person is asked. */
const TRIES = 8;
const STALL_MS = 45_000;

/** `start` and `end` in bytes, end exclusive. */
function pieces(gaps, size) {
  const found = [];
  for (const { offset, size: length } of gaps) {
    for (let start = offset; start < offset + length; start += size) {
      found.push({ start, end: Math.min(start + size, offset + length) });
    }
  }
  return found;
}

/** What is not in `received`, which is merged and sorted. */
function gapsOf(received, size) {
  const gaps = [];
  let at = 0;
  for (const { offset, size: length } of [...received, { offset: size, size: 0 }]) {
    if (offset > at) gaps.push({ offset: at, size: offset - at });
    at = offset + length;
  }
  return gaps;
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    }, { once: true });
  });
}

/** Runs `attempt` until it succeeds; what will not pass by itself is thrown at once. */
async function persist(attempt, { signal, onWait }) {
  for (let tries = 1;; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Refused) || !error.passing || tries >= TRIES) throw error;
      const backoff = Math.min(15_000, 500 * 2 ** tries) * (0.5 + Math.random() / 2);
      onWait(error);
      await pause(Math.max(backoff, (error.retryAfter ?? 0) * 1000), signal);
    }
  }
}

/** RFC 9530; null where the browser does not hash, on plain http to another machine. */
async function contentDigest(bytes) {
  if (!globalThis.crypto?.subtle) return null;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `sha-256=:${btoa(String.fromCharCode(...hash))}:`;
}

/** `fetch` tells nothing while a body goes up; this does. Given up when no byte has moved for long. */
function put(path, bytes, { digest, signal, onSent }) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = new XMLHttpRequest();
    let stalled;
    const watch = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALL_MS);
    };
    const abort = () => request.abort();
    const end = (settle, value) => {
      clearTimeout(stalled);
      signal.removeEventListener("abort", abort);
      settle(value);
    };
    request.upload.onprogress = ({ loaded }) => {
      watch();
      onSent(loaded);
    };
    request.onload = () => {
      if (request.status < 300) return end(resolve);
      end(reject, refusal(request.status, request.responseText, request.getResponseHeader("Retry-After")));
    };
    request.onerror = () => end(reject, unreachable());
    request.onabort = () => end(reject, signal.aborted ? signal.reason : unreachable());
    signal.addEventListener("abort", abort);
    request.open("PUT", path);
    if (digest !== null) request.setRequestHeader("Content-Digest", digest);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    watch();
    request.send(bytes);
  });
}

async function read(file, { start, end }) {
  try {
    return await file.slice(start, end).arrayBuffer();
  } catch {
    throw new Refused({
      status: 400,
      detail: "The file cannot be read any more: it was changed, moved or deleted. Choose it again.",
    });
  }
}

/**
 * `onProgress(bytes, state)` is told the bytes that have arrived or are on their way, and a sentence while it waits
 * (else null). `run` may be called again after it has thrown: it goes on with what the server does not have.
 */
export function newUpload(file, onProgress) {
  let id = null;

  async function open(signal) {
    if (id !== null) return (await call("GET", `/api/v1/uploads/${id}`, { signal })).body;
    const { body } = await call("POST", "/api/v1/uploads", {
      signal,
      json: { fileName: file.name, size: file.size, ...(file.type ? { contentType: file.type } : {}) },
    });
    id = body.id;
    return body;
  }

  async function sendGaps(session, gaps, signal) {
    const size = Math.max(session.minChunkSize, Math.min(PIECE_BYTES, session.maxChunkSize));
    const queue = pieces(gaps, size);
    const underway = new Map();
    let done = file.size - gaps.reduce((sum, gap) => sum + gap.size, 0);
    const tell = (waiting = null) =>
      onProgress(done + [...underway.values()].reduce((a, b) => a + b, 0), waiting);
    // The first that fails for good stops the others.
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);

    async function worker() {
      for (let piece = queue.shift(); piece; piece = queue.shift()) {
        const { start } = piece;
        const bytes = await read(file, piece);
        const digest = await contentDigest(bytes);
        const path = `/api/v1/uploads/${session.id}/chunks/${start}`;
        const onSent = (sent) => {
          underway.set(start, sent);
          tell();
        };
        await persist(() => put(path, bytes, { digest, signal: both, onSent }), {
          signal: both,
          onWait({ message }) {
            underway.delete(start);
            tell(message);
          },
        });
        underway.delete(start);
        done += bytes.byteLength;
        tell();
      }
    }

    tell();
    const workers = Array.from({ length: PARALLEL }, () =>
      worker().catch((error) => {
        stop.abort(error);
        throw error;
      }));
    await Promise.allSettled(workers);
    await Promise.all(workers);
  }

  async function finish(signal) {
    for (;;) {
      const { status, body, retryAfter } = await call("POST", `/api/v1/uploads/${id}/complete`, { signal });
      if (status !== 202) return body;
      await pause(retryAfter * 1000, signal);
    }
  }

  return {
    /** Gives the attachment. Throws `Refused`, or the signal's reason. */
    async run(signal) {
      const wait = { signal, onWait: ({ message }) => onProgress(null, message) };
      const session = await persist(() => open(signal), wait);
      let gaps = session.status === "completed" ? [] : gapsOf(session.received, file.size);
      for (;;) {
        if (gaps.length > 0) await sendGaps(session, gaps, signal);
        onProgress(file.size, null);
        try {
          return await persist(() => finish(signal), wait);
        } catch (error) {
          if (error.code !== "upload-incomplete") throw error;
          gaps = error.extra.missing;
        }
      }
    },
    /** Frees what has arrived. */
    async discard() {
      if (id !== null) await call("DELETE", `/api/v1/uploads/${id}`);
    },
  };
}
