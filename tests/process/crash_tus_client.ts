/**
 * A user of the crash test who speaks tus and the IETF's protocol: begins, appends, joins and gives up uploads at
 * random, each request in one of the two, and compares what was acknowledged, by a 2xx or by HEAD, with what a server
 * that was killed and started again has.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Answer, type ChunkClient, contentDigest, sha256Hex, slowly } from "../support/chunk_client.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { metadata, OFFSET_BYTES } from "../support/tus.ts";
import type { CrashClient, Figures } from "./crash_client.ts";

interface Upload {
  fileName: string;
  kind: "plain" | "part" | "final";
  bytes: Uint8Array<ArrayBuffer>;
  /** null: its creation was not answered. */
  path: string | null;
  parts: Upload[];
  /** The length was said at the start. */
  knowsLength: boolean;
  /** Bytes that were acknowledged, and the end of those that were sent. */
  acked: number;
  sent: number;
  attachmentId: string | null;
  /** Given up, or failed because a part was. */
  gone: boolean;
  /** A DELETE was not answered. */
  ending: boolean;
  checked: boolean;
}

const TUS = { "tus-resumable": "1.0.0" };
const DRAFT = { "upload-draft-interop-version": "8" };
const MAX_BYTES = 300_000;
const BIG_BYTES = 18_000_000;

export function crashTusClient(
  client: ChunkClient,
  { name, random, figures }: { name: string; random: () => number; figures: Figures },
): CrashClient {
  const uploads: Upload[] = [];
  const whole = Math.floor;
  const pick = <T>(from: T[]): T => from[whole(random() * from.length)]!;
  const isOpen = (u: Upload) => u.path !== null && !u.gone && !u.ending && u.attachmentId === null;
  const isWhole = (u: Upload) => u.acked === u.bytes.length && !(u.kind === "part" && !u.knowsLength);

  function track(kind: Upload["kind"], bytes: Uint8Array<ArrayBuffer>, parts: Upload[] = []): Upload {
    const upload: Upload = {
      fileName: `${name}-${uploads.length}.bin`,
      kind,
      bytes,
      path: null,
      parts,
      knowsLength: random() < 0.8,
      acked: 0,
      sent: 0,
      attachmentId: null,
      gone: false,
      ending: false,
      checked: false,
    };
    uploads.push(upload);
    return upload;
  }

  const send = (method: string, path: string, headers: Record<string, string>, body?: BodyInit) =>
    client.send(method, path, {
      headers: { ...("upload-complete" in headers ? DRAFT : TUS), ...headers },
      ...(body === undefined ? {} : { body }),
    });

  /** What an answer says that has come. */
  function note(upload: Upload, { headers }: Answer): void {
    const offset = Number(headers.get("upload-offset") ?? 0);
    assert.ok(offset >= upload.acked, `${upload.fileName} goes back from ${upload.acked} to ${offset}`);
    assert.ok(offset <= upload.sent, `${upload.fileName} has ${offset} bytes, but ${upload.sent} were sent`);
    figures.ackedBytes += offset - upload.acked;
    upload.acked = offset;
    const id = headers.get("pawl-attachment-id");
    if (id === null) return;
    assert.notEqual(upload.kind, "part");
    upload.attachmentId = id;
    figures.ackedFiles++;
  }

  async function create(): Promise<void> {
    const size = random() < 0.06 ? BIG_BYTES : 1 + whole(random() * MAX_BYTES);
    const kind = random() < 0.5 ? "part" : "plain";
    const upload = track(kind, randomBytes(size, { seed: whole(random() * 4) }));
    const { bytes, fileName } = upload;
    upload.sent = random() < 0.4 ? 0 : random() < 0.5 ? size : whole(random() * size);
    const said: Record<string, string> = kind === "part"
      ? { "upload-concat": "partial" }
      : { "upload-metadata": metadata({ filename: fileName }) };
    const draft = kind === "plain" && random() < 0.4;
    if (draft && upload.sent === size) upload.knowsLength = true; // `?1` says it.
    const answer = await send("POST", "/files", {
      ...said,
      ...(upload.knowsLength ? { "upload-length": `${size}` } : draft ? {} : { "upload-defer-length": "1" }),
      ...(draft
        ? { "upload-complete": upload.sent === size ? "?1" : "?0" }
        : upload.sent > 0
        ? { "content-type": OFFSET_BYTES }
        : {}),
    }, upload.sent > 0 ? bytes.slice(0, upload.sent) : undefined);
    assert.equal(answer.status, 201);
    upload.path = answer.headers.get("location")!;
    note(upload, answer);
    assert.equal(upload.acked, upload.sent);
  }

  async function append(upload: Upload): Promise<void> {
    note(upload, await head(upload));
    if (upload.attachmentId !== null) return;
    const { bytes, acked: offset } = upload;
    const end = random() < 0.5 ? bytes.length : offset + whole(random() * (bytes.length - offset + 1));
    const body = bytes.slice(offset, end);
    upload.sent = Math.max(upload.sent, end);
    const says = !upload.knowsLength && end === bytes.length;
    const checksum = random() < 0.3;
    const draft = upload.kind === "plain" && random() < 0.4;
    const headers: Record<string, string> = draft
      ? {
        "content-type": "application/partial-upload",
        "upload-complete": end === bytes.length ? "?1" : "?0",
        ...(checksum ? { "content-digest": contentDigest(body) } : {}),
      }
      : {
        "content-type": OFFSET_BYTES,
        ...(says ? { "upload-length": `${bytes.length}` } : {}),
        ...(checksum
          ? { "upload-checksum": `sha1 ${createHash("sha1").update(body).digest("base64")}` }
          : {}),
      };
    const answer = await send(
      "PATCH",
      upload.path!,
      { "upload-offset": `${offset}`, ...headers },
      !checksum && random() < 0.3 ? slowly(body, { pauseMs: 3 }) : body,
    );
    assert.equal(answer.status, draft && end === bytes.length ? 200 : 204);
    if (says) upload.knowsLength = true;
    note(upload, answer);
    assert.equal(upload.acked, end);
    figures.ackedChunks++;
  }

  async function join(parts: Upload[]): Promise<void> {
    const upload = track("final", await new Blob(parts.map(({ bytes }) => bytes)).bytes(), parts);
    upload.knowsLength = true;
    upload.sent = upload.bytes.length;
    const answer = await send("POST", "/files", {
      "upload-concat": `final;${parts.map(({ path }) => path).join(" ")}`,
      "upload-metadata": metadata({ filename: upload.fileName }),
    });
    assert.equal(answer.status, 201);
    upload.path = answer.headers.get("location")!;
    note(upload, answer);
  }

  async function terminate(upload: Upload): Promise<void> {
    upload.ending = true;
    const { status } = await send("DELETE", upload.path!, {});
    assert.equal(status, 204);
    upload.gone = true;
  }

  async function head(upload: Upload): Promise<Answer> {
    const answer = await send("HEAD", upload.path!, {});
    assert.equal(answer.status, 200, `${upload.kind} ${upload.fileName} answers ${answer.status}`);
    return answer;
  }

  async function step(): Promise<void> {
    const open = uploads.filter((upload) => isOpen(upload) && upload.kind !== "final");
    const parts = open.filter(({ kind }) => kind === "part");
    const roll = random();
    if (parts.length > 1 && roll < 0.15) {
      return await join(Array.from({ length: 1 + whole(random() * 3) }, () => pick(parts)));
    }
    if (open.length > 0 && roll < 0.22) return await terminate(pick(open));
    const going = open.filter((upload) => !isWhole(upload));
    if (going.length === 0 || roll > 0.75) return await create();
    await append(pick(going));
  }

  /** An open upload as the killed server left it. */
  async function verifyUpload(upload: Upload): Promise<void> {
    const answer = await send("HEAD", upload.path!, {});
    if (upload.ending) {
      upload.gone = answer.status === 410;
      upload.ending = false;
      figures[upload.gone ? "doubtsKept" : "doubtsLost"]++;
      if (upload.gone) return;
    }
    if (upload.kind === "final" && answer.status !== 200) {
      assert.equal(answer.status, 422);
      assert.ok(upload.parts.some((part) => part.gone), `${upload.fileName} failed and has all its parts`);
      upload.gone = true;
      return;
    }
    assert.equal(answer.status, 200, `${upload.kind} ${upload.fileName} answers ${answer.status}`);
    note(upload, answer);
    if (upload.kind !== "final" && !upload.knowsLength) {
      upload.knowsLength = answer.headers.get("upload-length") !== null;
    }
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
      // What is made of parts after them, so that it is known which of them are gone.
      for (const kind of ["plain", "part", "final"]) {
        for (const upload of uploads) {
          if (upload.kind !== kind || upload.path === null || upload.gone || upload.attachmentId !== null) {
            continue;
          }
          await verifyUpload(upload);
        }
      }
      const own = (await client.list()).filter(({ fileName }) => fileName.startsWith(`${name}-`));
      const listed = new Map(own.map((attachment) => [attachment.fileName, attachment]));
      assert.equal(listed.size, own.length, "an upload became two attachments");
      for (const upload of uploads) {
        const found = listed.get(upload.fileName);
        listed.delete(upload.fileName);
        if (found) {
          assert.ok(!upload.gone && upload.kind !== "part", `${upload.fileName} is seen and should not be`);
          assert.equal(upload.sent, upload.bytes.length, "a file without its bytes");
          // Finished by the server itself since its start, or by a request that was not answered.
          upload.attachmentId ??= found.id;
          assert.deepEqual([found.id, found.sha256], [upload.attachmentId, sha256Hex(upload.bytes)]);
        } else assert.equal(upload.attachmentId, null, `${upload.fileName} is lost`);
        if (!found || (upload.checked && !all)) continue;
        assert.equal(sha256Hex(await client.download(found.id)), sha256Hex(upload.bytes), upload.fileName);
        upload.checked = true;
      }
      assert.deepEqual([...listed.keys()], [], "attachments that nobody made");
    },

    async finishAll() {
      for (const kind of ["plain", "part", "final"]) {
        for (const upload of uploads.filter((upload) => upload.kind === kind)) {
          while (isOpen(upload) && kind !== "final" && !isWhole(upload)) await append(upload);
          if (kind !== "final" || !isOpen(upload)) continue;
          await verifyUpload(upload);
          if (!upload.gone) {
            assert.ok(upload.attachmentId, `${upload.fileName} has all its parts and is not finished`);
          }
        }
      }
    },
  };
}
