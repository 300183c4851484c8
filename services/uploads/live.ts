/**
 * What the process knows of uploads in progress: received stretches, who writes, when the last byte counted.
 * The records stay the truth; this is loaded from them, and kept while somebody uses it and a while longer. One
 * process owns an upload, so that nobody else adds records meanwhile.
 */
import type { Hash } from "node:crypto";
import type { UploadRecord } from "../model.ts";
import type { Records } from "../records/records.ts";
import { ACTIVITY_EVERY_MS, type ActivityRecord, type ChunkRecord } from "../records/uploads.ts";
import { keys } from "../records/keys.ts";
import { type Claims, newClaims } from "./claims.ts";
import { SpanSet } from "./spans.ts";

const CHUNKS_PER_READ = 1000;
/** Kept without users; beyond that go first those that were only looked at, then the longest unused. */
const MAX_IDLE = 200;

/** A recorded stretch with its running hashes, so that the next bytes can make it longer. */
export interface Tail {
  /** Bytes from the file's start. */
  offset: number;
  size: number;
  sha256: Hash;
  /** Unsigned 32-bit; kept up only when `offset` is 0. */
  crc32: number;
  /** The file's first `SIGNATURE_BYTES`, where `offset` is 0 and they came at once. */
  start?: Uint8Array;
  /** Who may make its record longer. */
  writer: string;
}

export interface LiveUpload {
  readonly id: string;
  readonly received: SpanSet;
  readonly claims: Claims;
  /** Chunk records. */
  chunks: number;
  /** Commits that failed and may have been applied all the same: `received` may lack what they recorded. */
  doubts: number;
  /** How many of these have been looked up since. */
  settledDoubts: number;
  /** Ms since 1970; after loading up to a minute too late, never too early. */
  lastProgressAt: number;
  /** What of it is stored. */
  storedProgressAt: number;
  /** What was recorded last by an append; null after a start, and when nobody knows. Good only where the front is. */
  tail: Tail | null;
  /** The finishing that is going on, shared by all who ask for it; its result is the attachment's id. */
  finishing: Promise<string> | null;
}

/** Holds a `LiveUpload` in memory until it is disposed. */
export interface LiveLease extends Disposable {
  readonly upload: LiveUpload;
}

export interface LiveUploads {
  /** The one `LiveUpload` of this session, loaded when it is not there, and without doubts. */
  open(record: UploadRecord): Promise<LiveLease>;
  /** Like `open`, for lists: what nobody but these asks for takes no place from what is worked on. */
  look(record: UploadRecord): Promise<LiveLease>;
  /** Like `open`, for a session that nobody knows of yet: there is nothing to load. */
  begin(record: UploadRecord): LiveLease;
  /** Says that the session has ended, so that it goes with its last user. */
  forget(id: string): void;
  /** Ends the doubts that came up since `open`: to be called when a stretch has been claimed. */
  refresh(upload: LiveUpload): Promise<void>;
  /** How many sessions somebody uses now. */
  readonly active: number;
  /** The one in memory, if any. */
  peek(id: string): LiveUpload | undefined;
}

interface Slot {
  users: number;
  loading: Promise<LiveUpload>;
  loaded: LiveUpload | null;
  ended: boolean;
  /** By more than lists. */
  used: boolean;
}

export function newLiveUploads(records: Records): LiveUploads {
  /** In the order of their last use. */
  const slots = new Map<string, Slot>();

  function dropIdle() {
    for (const used of [false, true]) {
      for (const [id, slot] of slots) {
        if (slots.size <= MAX_IDLE) return;
        if (slot.users === 0 && slot.used === used) slots.delete(id);
      }
    }
  }

  function lease(id: string, slot: Slot, upload: LiveUpload): LiveLease {
    return {
      upload,
      [Symbol.dispose]() {
        slot.users--;
        slots.delete(id);
        if (slot.users > 0 || !slot.ended) slots.set(id, slot);
        dropIdle();
      },
    };
  }

  async function open(record: UploadRecord, { isUse }: { isUse: boolean }): Promise<LiveLease> {
    const { id } = record;
    let slot = slots.get(id);
    if (!slot) {
      slot = { users: 0, loading: load(records, record), loaded: null, ended: false, used: false };
      slots.set(id, slot);
    }
    slot.users++;
    slot.used ||= isUse;
    let upload: LiveUpload;
    try {
      upload = slot.loaded = await slot.loading;
      await refresh(records, upload);
    } catch (error) {
      slot.users--;
      // A loaded one stays: others may hold it, and there must not be two.
      if (!slot.loaded && slots.get(id) === slot) slots.delete(id);
      throw error;
    }
    return lease(id, slot, upload);
  }

  return {
    open: (record) => open(record, { isUse: true }),
    look: (record) => open(record, { isUse: false }),
    begin(record) {
      const upload = newLive(record, { received: new SpanSet(), chunks: 0, at: record.createdAt });
      const loading = Promise.resolve(upload);
      const slot: Slot = { users: 1, loading, loaded: upload, ended: false, used: true };
      slots.set(record.id, slot);
      return lease(record.id, slot, upload);
    },
    forget(id) {
      const slot = slots.get(id);
      if (slot) slot.ended = true;
    },
    refresh: (upload) => refresh(records, upload),
    get active() {
      return [...slots.values()].filter(({ users }) => users > 0).length;
    },
    peek: (id) => slots.get(id)?.loaded ?? undefined,
  };
}

async function load(records: Records, record: UploadRecord): Promise<LiveUpload> {
  const received = new SpanSet();
  const chunks = await addRecorded(records, record.id, received);
  const activity = await records.get<ActivityRecord>(keys.uploadActivity(record.id));
  return newLive(record, { received, chunks, at: activity.value?.at ?? record.createdAt });
}

function newLive(
  { id }: UploadRecord,
  { received, chunks, at }: { received: SpanSet; chunks: number; at: number },
): LiveUpload {
  return {
    id,
    received,
    claims: newClaims(),
    chunks,
    doubts: 0,
    settledDoubts: 0,
    // So that nobody loses a second of the time that an answer named before.
    lastProgressAt: chunks === 0 ? at : at + ACTIVITY_EVERY_MS,
    storedProgressAt: at,
    tail: null,
    finishing: null,
  };
}

/**
 * What is recorded never shrinks while a session is open, unless bytes are lost and nobody writes, so that adding all of
 * it again is right at any time.
 */
async function refresh(records: Records, upload: LiveUpload): Promise<void> {
  const { doubts } = upload;
  if (upload.settledDoubts >= doubts) return;
  upload.chunks = await addRecorded(records, upload.id, upload.received);
  upload.settledDoubts = Math.max(upload.settledDoubts, doubts);
}

/** Adds what is recorded to `received`; gives the number of chunk records. */
async function addRecorded(records: Records, id: string, received: SpanSet): Promise<number> {
  let chunks = 0;
  let after: Deno.KvKey | undefined;
  for (;;) {
    const limit = CHUNKS_PER_READ;
    const page = await records.page<ChunkRecord>(keys.uploadChunks(id), { limit, ...(after && { after }) });
    for (const { key, value } of page) {
      const offset = key.at(-1) as number;
      received.add(offset, offset + value.size);
    }
    chunks += page.length;
    if (page.length < limit) return chunks;
    after = page.at(-1)!.key;
  }
}
