/// <reference lib="deno.worker" />
/** The thread behind `disk_hasher.ts`: hashes in slices, taking turns between uploads, those first that somebody waits for. */
import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { HashAnswer, HashRequest } from "./disk_hasher.ts";

interface Job {
  path: string;
  hash: Hash;
  crc32: number;
  /** Bytes hashed so far. */
  position: number;
  /** Bytes that may be hashed: the committed front. */
  front: number;
  /** Who waits for the digest at `front`. */
  tickets: number[];
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
    for (const ticket of job?.tickets ?? []) answer({ ticket, error: "The upload is gone" });
    return;
  }
  const target = data.kind === "digest" ? data.size : data.front;
  let job = jobs.get(data.id);
  if (!job || job.position > target) {
    job = newJob(data.path);
    jobs.set(data.id, job);
    dropOldest();
  }
  job.front = Math.max(job.front, target);
  if (data.kind === "digest") job.tickets.push(data.ticket);
  if (!running) void run();
};

function newJob(path: string): Job {
  return { path, hash: createHash("sha256"), crc32: 0, position: 0, front: 0, tickets: [] };
}

function dropOldest() {
  if (jobs.size <= MAX_JOBS) return;
  for (const [id, job] of jobs) {
    if (job.tickets.length > 0) continue;
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
      if (job.position < job.front) advance(job);
      if (job.position === job.front && job.tickets.length > 0) {
        const digest = { sha256: job.hash.copy().digest("hex"), crc32: job.crc32 };
        for (const ticket of job.tickets.splice(0)) answer({ ticket, digest });
      }
    } catch (error) {
      jobs.delete(id);
      for (const ticket of job.tickets) answer({ ticket, error: String(error) });
    }
    // Messages are taken in between slices.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  running = false;
}

/** The next one with work, moved to the end so that all take turns. */
function choose(): [string, Job] | null {
  let chosen: [string, Job] | null = null;
  for (const entry of jobs) {
    const [, job] = entry;
    if (job.tickets.length > 0) {
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

function advance(job: Job) {
  using file = Deno.openSync(job.path);
  file.seekSync(job.position, Deno.SeekMode.Start);
  const end = Math.min(job.front, job.position + SLICE);
  while (job.position < end) {
    const count = file.readSync(buffer.subarray(0, Math.min(buffer.length, end - job.position)));
    if (!count) throw new Error(`The file ends at ${job.position}, before ${job.front}`);
    const bytes = buffer.subarray(0, count);
    job.hash.update(bytes);
    job.crc32 = crc32(bytes, job.crc32);
    job.position += count;
  }
}
