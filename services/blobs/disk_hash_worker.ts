/// <reference lib="deno.worker" />
/** The thread behind `disk_hasher.ts`: hashes in slices, taking turns between uploads, those first that somebody waits for. */
import { createHash, type Hash } from "node:crypto";
import { setImmediate } from "node:timers";
import { crc32 } from "node:zlib";
import type { FileSegment, HashAnswer, HashRequest } from "./disk_hasher.ts";

interface Job {
  /** What may be hashed: of one file the committed front, or all pieces of a blob that is made of several. */
  segments: FileSegment[];
  hash: Hash;
  crc32: number;
  /** Bytes hashed so far. */
  position: number;
  /** Bytes in `segments`. */
  front: number;
  /** Who waits for the digest of the first `size` bytes, the smallest size first. */
  waiting: { ticket: number; size: number }[];
}

const SLICE = 8 * 1024 * 1024;
/** Uploads followed at once; one dropped is read again from its start when it is finished. */
const MAX_JOBS = 1024;

const buffer = new Uint8Array(512 * 1024);
const jobs = new Map<string, Job>();
let running = false;

self.onmessage = ({ data }: MessageEvent<HashRequest>) => {
  if (data.kind === "forget") {
    const job = jobs.get(data.id);
    jobs.delete(data.id);
    for (const { ticket } of job?.waiting ?? []) answer({ ticket, error: "The upload is gone" });
    return;
  }
  if (data.kind === "advance") {
    extend(jobOf(data.id), data.segments);
  } else {
    const { id, segments, ticket } = data;
    const size = sizeOf(segments);
    let job = jobOf(id);
    // What was hashed cannot be taken back: a shorter digest begins anew, and so does whatever follows.
    if (job.position > size) job = replace(id, job);
    extend(job, segments);
    job.waiting.push({ ticket, size });
    job.waiting.sort((a, b) => a.size - b.size);
  }
  dropOldest(); // Only now: who waits is not dropped.
  if (!running) void run();
};

function newJob(): Job {
  return { segments: [], hash: createHash("sha256"), crc32: 0, position: 0, front: 0, waiting: [] };
}

function jobOf(id: string): Job {
  let job = jobs.get(id);
  if (!job) {
    jobs.set(id, job = newJob());
  }
  return job;
}

const sizeOf = (segments: FileSegment[]) => segments.reduce((size, { length }) => size + length, 0);

/** Of two requests for one blob the longer one names all bytes of the shorter. */
function extend(job: Job, segments: FileSegment[]) {
  const size = sizeOf(segments);
  if (size <= job.front) return;
  job.segments = segments;
  job.front = size;
}

/** A job from the start, for the same who wait. */
function replace(id: string, { segments, front, waiting }: Job): Job {
  const job = { ...newJob(), segments, front, waiting };
  jobs.set(id, job);
  return job;
}

function dropOldest() {
  if (jobs.size <= MAX_JOBS) return;
  for (const [id, job] of jobs) {
    if (job.waiting.length > 0) continue;
    jobs.delete(id);
    return;
  }
}

const answer = (message: HashAnswer) => self.postMessage(message);

async function run() {
  running = true;
  for (let next = choose(); next; next = choose()) {
    const [id, job] = next;
    try {
      advance(job);
      while (job.waiting[0]?.size === job.position) {
        const { ticket } = job.waiting.shift()!;
        answer({ ticket, digest: { sha256: job.hash.copy().digest("hex"), crc32: job.crc32 } });
      }
    } catch (error) {
      jobs.delete(id);
      for (const { ticket } of job.waiting) answer({ ticket, error: String(error) });
    }
    // Messages are taken in between slices. A timer would take two milliseconds, a third of the time.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  running = false;
}

/** The next one with work, moved to the end so that all take turns. */
function choose(): [string, Job] | null {
  let chosen: [string, Job] | null = null;
  for (const entry of jobs) {
    const [, job] = entry;
    if (job.waiting.length > 0) {
      chosen = entry;
      break;
    }
    if (!chosen && job.position < job.front) chosen = entry;
  }
  if (chosen) {
    jobs.delete(chosen[0]);
    jobs.set(chosen[0], chosen[1]);
  }
  return chosen;
}

/** Hashes the next slice, at most to where somebody waits for the digest. */
function advance(job: Job) {
  const within = segmentAt(job);
  if (!within) return;
  const { segment, start } = within;
  const wanted = job.waiting[0]?.size ?? job.front;
  const end = Math.min(wanted, job.position + SLICE, start + segment.length);
  if (job.position === end) return;
  using file = Deno.openSync(segment.path);
  file.seekSync(segment.offset + job.position - start, Deno.SeekMode.Start);
  while (job.position < end) {
    const count = file.readSync(buffer.subarray(0, Math.min(buffer.length, end - job.position)));
    if (!count) throw new Error(`The file ends at ${job.position}, before ${end}`);
    const bytes = buffer.subarray(0, count);
    job.hash.update(bytes);
    job.crc32 = crc32(bytes, job.crc32);
    job.position += count;
  }
}

/** The segment in which hashing goes on, and its place in the blob; null behind the last one. */
function segmentAt(job: Job): { segment: FileSegment; start: number } | null {
  let start = 0;
  for (const segment of job.segments) {
    if (job.position < start + segment.length) return { segment, start };
    start += segment.length;
  }
  return null;
}
