/**
 * One user of the crash test: uploads, completes, cancels and deletes at random, writes down what was acknowledged
 * after each answer, and compares it with what a server that was killed and started again has.
 */
import assert from "node:assert/strict";
import { type Answer, type ChunkClient, sha256Hex } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";

export interface Figures {
  ackedBytes: number;
  ackedChunks: number;
  ackedFiles: number;
  /** Requests without an answer whose effect was found after the restart, and those that had none. */
  doubtsKept: number;
  doubtsLost: number;
}

interface TrackedSession {
  id: string;
  slotSize: number;
  acked: Set<number>;
  /** Slots of which bytes were sent. */
  sent: Set<number>;
}

interface TrackedFile {
  fileName: string;
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
  /** null: sent whole, in one request. */
  session: TrackedSession | null;
  /** Of the attachment that was acknowledged, or found after a restart. */
  attachmentId: string | null;
  /** Cancelled, deleted or never stored: must not be seen again. */
  gone: boolean;
  /** A request was sent whose answer has not come. */
  doubt: "none" | "create" | "end";
  checked: boolean;
}

const SLOT = 64 * 1024;
const BIG_SLOT = 9 * 1024 * 1024;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface CrashClient {
  /** Works until the connection breaks; throws when the server answers what it should not. */
  work(): Promise<void>;
  /** Compares everything acknowledged with what the server has; `all`: downloads also what was compared before. */
  verify(options?: { all?: boolean }): Promise<void>;
  /** Sends what is missing of every open session and completes it. */
  finishAll(): Promise<void>;
}

export function crashClient(
  client: ChunkClient,
  { name, random, figures }: { name: string; random: () => number; figures: Figures },
): CrashClient {
  const files: TrackedFile[] = [];
  const whole = Math.floor;
  const pick = <T>(from: T[]): T => from[whole(random() * from.length)]!;

  function track(slots: number, slotSize: number): TrackedFile {
    // Few contents, so that equal ones are often stored, shared and deleted.
    const size = slots * slotSize - whole(random() * 2) * 1000;
    const bytes = randomBytes(size, { seed: whole(random() * 4) });
    const fileName = `${name}-${files.length}.bin`;
    const file: TrackedFile = {
      fileName,
      bytes,
      sha256: sha256Hex(bytes),
      session: null,
      attachmentId: null,
      gone: false,
      doubt: "none",
      checked: false,
    };
    return file;
  }

  const openFiles = () => files.filter((f) => f.session && !f.attachmentId && !f.gone && f.doubt === "none");

  /** Whether bytes were sent for every slot of its session. */
  const isSent = ({ bytes, session }: TrackedFile) =>
    session!.sent.size === Math.ceil(bytes.length / session!.slotSize);

  function missing({ bytes, session }: TrackedFile): number[] {
    const count = Math.ceil(bytes.length / session!.slotSize);
    return Array.from({ length: count }, (_, slot) => slot).filter((slot) => !session!.acked.has(slot));
  }

  async function open() {
    const file = random() < 0.05 ? track(2, BIG_SLOT) : track(2 + whole(random() * 6), SLOT);
    const slotSize = file.bytes.length > BIG_SLOT ? BIG_SLOT : SLOT;
    const { status, body } = await client.open({
      fileName: file.fileName,
      size: file.bytes.length,
      chunkSize: slotSize,
    });
    assert.equal(status, 201);
    file.session = { id: body.id, slotSize, acked: new Set(), sent: new Set() };
    files.push(file);
  }

  async function put(file: TrackedFile, slot: number, { pauseMs }: { pauseMs?: number } = {}) {
    const { id, slotSize, acked, sent } = file.session!;
    const offset = slot * slotSize;
    const bytes = file.bytes.slice(offset, offset + slotSize);
    sent.add(slot);
    const answer = await client.put({ id, offset }, bytes, { digest: random() < 0.4, pauseMs });
    if (finishedByServer(file, answer)) return;
    expectStatus(answer, [200]);
    acked.add(slot);
    figures.ackedChunks++;
    figures.ackedBytes += bytes.length;
  }

  /** Whole without our knowing, so that the server finished it when it started again. */
  function finishedByServer(file: TrackedFile, { body }: Answer): boolean {
    if (body?.code !== "upload-ended" || !isSent(file)) return false;
    file.attachmentId = body.attachmentId;
    return true;
  }

  async function complete(file: TrackedFile) {
    const answer = await client.complete(file.session!.id, random() < 0.5 ? file.sha256 : undefined);
    expectStatus(answer, [200, 201]);
    assert.equal(answer.body.sha256, file.sha256);
    file.attachmentId = answer.body.id;
    figures.ackedFiles++;
  }

  async function sendWhole() {
    const file = track(1 + whole(random() * 6), SLOT);
    file.doubt = "create";
    files.push(file);
    const answer = await client.file(file.fileName, file.bytes);
    expectStatus(answer, [201]);
    Object.assign(file, { attachmentId: answer.body.id, doubt: "none" });
    figures.ackedFiles++;
    figures.ackedBytes += file.bytes.length;
  }

  /** `path` is to answer 204. */
  async function end(file: TrackedFile, path: string) {
    file.doubt = "end";
    const answer = await client.send("DELETE", path);
    file.doubt = "none";
    if (finishedByServer(file, answer)) return;
    expectStatus(answer, [204]);
    file.gone = true;
  }

  async function step() {
    const roll = random();
    const live = files.filter((f) => f.attachmentId && !f.gone && f.doubt === "none");
    if (roll < 0.15) return await sendWhole();
    if (roll < 0.22 && live.length > 0) {
      const file = pick(live);
      return await end(file, `/api/v1/attachments/${file.attachmentId}?permanent=true`);
    }
    const sessions = openFiles();
    if (sessions.length === 0 || roll > 0.9) return await open();
    const file = pick(sessions);
    if (roll < 0.25) return await end(file, `/api/v1/uploads/${file.session!.id}`);
    const slots = missing(file);
    if (slots.length === 0) return await complete(file);
    // A body without a length holds all that is free behind its start, so that none goes beside it.
    if (random() < 0.15) return await put(file, pick(slots), { pauseMs: 3 });
    const two = new Set([pick(slots), pick(slots)]);
    const results = await Promise.allSettled([...two].map((slot) => put(file, slot)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** The session as the killed server left it. */
  async function verifySession(file: TrackedFile) {
    const { id, slotSize, acked, sent } = file.session!;
    const { status, body } = await client.session(id);
    if (file.doubt === "end") {
      file.doubt = "none";
      file.gone = status === 410;
      count(file.gone);
      if (file.gone) return;
    }
    assert.equal(status, 200, `session ${id} of ${file.fileName} answers ${status}`);
    if (body.status === "completed") {
      assert.ok(isSent(file), "completed without its bytes");
      file.attachmentId = body.attachmentId;
      return;
    }
    const covers = (from: number, to: number) =>
      body.received.some((r: { offset: number; size: number }) =>
        r.offset <= from && r.offset + r.size >= Math.min(to, file.bytes.length)
      );
    for (const slot of acked) {
      assert.ok(covers(slot * slotSize, (slot + 1) * slotSize), `lost slot ${slot} of ${file.fileName}`);
    }
    for (const { offset, size } of body.received) {
      for (let at = offset; at < offset + size; at = (whole(at / slotSize) + 1) * slotSize) {
        assert.ok(sent.has(whole(at / slotSize)), `${file.fileName} has bytes at ${at} that were never sent`);
      }
    }
  }

  function verifyListed(file: TrackedFile, listed: { id: string; sha256: string; size: number } | undefined) {
    if (file.doubt !== "none") {
      file.gone = !listed;
      count(file.doubt === "end" ? file.gone : !file.gone);
      file.doubt = "none";
      if (listed) file.attachmentId = listed.id;
    }
    if (file.gone) return assert.equal(listed, undefined, `${file.fileName} is seen and should not be`);
    if (file.attachmentId === null) {
      // Whole, and being finished by the server itself since its start.
      if (listed) assert.ok(isSent(file), "completed without its bytes");
      return;
    }
    assert.equal(listed?.id, file.attachmentId, `${file.fileName} is lost`);
    assert.deepEqual([listed!.sha256, listed!.size], [file.sha256, file.bytes.length]);
  }

  function count(kept: boolean) {
    if (kept) figures.doubtsKept++;
    else figures.doubtsLost++;
  }

  return {
    async work() {
      try {
        for (;;) await step();
      } catch (error) {
        // The server was killed.
        if (!(error instanceof TypeError) && !(error instanceof Deno.errors.Http)) throw error;
      }
    },

    async verify({ all = false } = {}) {
      for (const file of files) {
        if (file.session && !file.attachmentId && !file.gone) await verifySession(file);
      }
      const own = (await client.list()).filter(({ fileName }) => fileName.startsWith(`${name}-`));
      const listed = new Map(own.map((attachment) => [attachment.fileName, attachment]));
      assert.equal(listed.size, own.length, "an upload became two attachments");
      for (const file of files) {
        verifyListed(file, listed.get(file.fileName));
        listed.delete(file.fileName);
        if (!file.attachmentId || file.gone || (file.checked && !all)) continue;
        assert.equal(sha256Hex(await client.download(file.attachmentId)), file.sha256, file.fileName);
        file.checked = true;
      }
      assert.deepEqual([...listed.keys()], [], "attachments that nobody made");
    },

    async finishAll() {
      for (const file of openFiles()) {
        const { body } = await client.session(file.session!.id);
        if (body.status === "completed") continue;
        for (const slot of missing(file)) await put(file, slot);
        if (!file.attachmentId) await complete(file);
      }
    },
  };
}

function expectStatus({ status, body }: Answer, expected: number[]): void {
  assert.ok(expected.includes(status), `answered ${status} instead of ${expected}: ${JSON.stringify(body)}`);
}
