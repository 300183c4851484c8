/** Partial and final uploads made, filled, ended, expired and restarted at random: no byte is lost, and none is left. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { startApp, type TestApp } from "../support/app.ts";
import { randomBytes } from "../support/random_bytes.ts";
import { assertConsistent, cleanUp } from "../support/store_check.ts";
import { OFFSET_BYTES } from "../support/tus.ts";

const HOUR = 3_600_000;
const EXPIRE_MS = 24 * HOUR;
const TUS = { "Tus-Resumable": "1.0.0" };

interface Part {
  path: string;
  content: Uint8Array<ArrayBuffer>;
  received: number;
  open: boolean;
  progressAt: number;
  /** What its bytes are to those who refer to it, after it has ended. */
  kept: boolean;
}

interface Final {
  path: string;
  parts: Part[];
  state: "waiting" | "done" | "ended";
  createdAt: number;
  attachment: string | null;
  purged: boolean;
}

interface Model {
  parts: Part[];
  finals: Final[];
}

type Command = fc.AsyncCommand<Model, TestApp>;

const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
const isWhole = (part: Part) => part.received === part.content.length && (part.open || part.kept);

/** What follows in the model from what has just happened: parts expire, finals finish or fail. */
function settle({ parts, finals }: Model, now: number): void {
  const goesOn = ({ state, createdAt, parts }: Final) =>
    state === "waiting" &&
    Math.max(createdAt, ...parts.map((part) => part.open ? part.progressAt : 0)) + EXPIRE_MS > now;
  const waiting = finals.filter(goesOn);
  for (const part of parts) if (part.open && part.progressAt + EXPIRE_MS <= now) end(part, finals);
  for (const final of finals) {
    if (final.state !== "waiting") continue;
    if (final.parts.every(isWhole)) final.state = "done";
    else if (!waiting.includes(final)) final.state = "ended";
    else if (final.parts.some((part) => !part.open && !isWhole(part))) final.state = "ended";
  }
}

function end(part: Part, finals: Final[]): void {
  const used = finals.some(({ parts, state, purged }) =>
    parts.includes(part) && state !== "ended" && !purged
  );
  part.kept = used && part.received === part.content.length;
  part.open = false;
}

async function compare(model: Model, app: TestApp): Promise<void> {
  for (const { path, received, open } of model.parts) {
    const { status, headers } = await app.request(path, { method: "HEAD", headers: TUS });
    if (open) assert.deepEqual([status, headers.get("Upload-Offset")], [200, `${received}`]);
    else assert.ok(status === 410 || status === 404, `part answers ${status}`);
  }
  for (const final of model.finals) {
    const { status, headers } = await app.request(final.path, { method: "HEAD", headers: TUS });
    if (final.state === "ended") assert.ok([410, 404, 422].includes(status), `ended final answers ${status}`);
    if (final.state === "waiting") assert.deepEqual([status, headers.get("Upload-Offset")], [200, null]);
    if (final.state !== "done" || final.purged) continue;
    // After some days only the file is remembered.
    if (status === 200) final.attachment = headers.get("Content-Location");
    else assert.equal(status, 404);
    const file = await app.request(`${final.attachment}/content`);
    const expected = await new Blob(final.parts.map(({ content }) => content)).bytes();
    assert.deepEqual([file.status, await file.bytes()], [200, expected]);
  }
}

function command(name: string, run: (model: Model, app: TestApp) => Promise<void>): Command {
  return {
    check: () => true,
    async run(model, app) {
      await run(model, app);
      settle(model, app.clock);
      await app.services.core.background.settled();
      await compare(model, app);
    },
    toString: () => name,
  };
}

async function send(
  app: TestApp,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: Uint8Array<ArrayBuffer>,
) {
  const length: Record<string, string> = body
    ? { "Content-Type": OFFSET_BYTES, "Content-Length": `${body.length}` }
    : {};
  const answer = await app.request(path, {
    method,
    headers: { ...TUS, ...length, ...headers },
    body: body ?? null,
  });
  await answer.body?.cancel();
  return answer;
}

const part = fc.record({ seed: fc.integer({ min: 1, max: 4 }), first: fc.constantFrom(0, 0.4, 1, 1) }).map((
  of,
) =>
  command(`part ${JSON.stringify(of)}`, async (model, app) => {
    const content = randomBytes(of.seed * 900, { seed: of.seed });
    const received = Math.floor(content.length * of.first);
    const headers = { "Upload-Length": `${content.length}`, "Upload-Concat": "partial" };
    const made = await send(
      app,
      "POST",
      "/files",
      headers,
      received ? content.slice(0, received) : undefined,
    );
    assert.equal(made.status, 201);
    const path = made.headers.get("Location")!;
    model.parts.push({ path, content, received, open: true, progressAt: app.clock, kept: false });
  })
);

const append = fc.nat(50).map((which) =>
  command(`append ${which}`, async (model, app) => {
    const part = pick(
      model.parts.filter(({ open, received, content }) => open && received < content.length),
      which,
    );
    if (!part) return;
    const end = which % 3 === 0 ? part.content.length : Math.ceil((part.received + part.content.length) / 2);
    const headers = { "Upload-Offset": `${part.received}` };
    const { status } = await send(app, "PATCH", part.path, headers, part.content.slice(part.received, end));
    assert.equal(status, 204);
    part.received = end;
    part.progressAt = app.clock;
  })
);

const final = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 }).map((which) =>
  command(`final ${which}`, async (model, app) => {
    const parts = which.map((index) => pick(model.parts.slice(-8), index)).filter((part) =>
      part !== undefined
    );
    if (parts.length === 0) return;
    const headers = { "Upload-Concat": `final;${parts.map(({ path }) => path).join(" ")}` };
    const made = await send(app, "POST", "/files", headers);
    if (parts.some(({ open }) => !open)) {
      assert.ok(
        made.status === 410 || made.status === 404,
        `a final over ended parts answers ${made.status}`,
      );
      return;
    }
    assert.equal(made.status, 201);
    const path = made.headers.get("Location")!;
    model.finals.push({
      path,
      parts,
      state: "waiting",
      createdAt: app.clock,
      attachment: null,
      purged: false,
    });
  })
);

const terminatePart = fc.nat(50).map((which) =>
  command(`terminate part ${which}`, async (model, app) => {
    const part = pick(model.parts.filter(({ open }) => open), which);
    if (!part) return;
    assert.equal((await send(app, "DELETE", part.path, {})).status, 204);
    end(part, model.finals);
  })
);

const terminateFinal = fc.nat(50).map((which) =>
  command(`terminate final ${which}`, async (model, app) => {
    const final = pick(model.finals.filter(({ state }) => state === "waiting"), which);
    if (!final) return;
    assert.equal((await send(app, "DELETE", final.path, {})).status, 204);
    final.state = "ended";
  })
);

const purge = fc.nat(50).map((which) =>
  command(`purge ${which}`, async (model, app) => {
    const final = pick(model.finals.filter(({ state, purged }) => state === "done" && !purged), which);
    if (!final) return;
    assert.equal((await send(app, "DELETE", `${final.attachment}?permanent=true`, {})).status, 204);
    final.purged = true;
  })
);

const STEPS = [70 * 60_000, 13 * HOUR, 25 * HOUR, 8 * 24 * HOUR];
const wait = fc.tuple(fc.constantFrom(...STEPS), fc.boolean()).map(([ms, cleans]) =>
  command(`wait ${ms / HOUR} h${cleans ? ", clean" : ""}`, async (model, app) => {
    app.clock += ms;
    settle(model, app.clock);
    if (cleans) await cleanUp(app, { hours: 0 });
  })
);

const restart = fc.constant(command("restart", (_model, app) => app.restart()));

Deno.test("parts and what is made of them: no byte is lost, and none is left", async () => {
  const seed = Number(Deno.env.get("TEST_SEED") ?? crypto.getRandomValues(new Int32Array(1))[0]);
  console.log(`TEST_SEED=${seed} repeats this`);
  const commands = fc.commands(
    [part, part, append, append, final, final, terminatePart, terminateFinal, purge, wait, restart],
    { maxCommands: 60, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (commands) => {
      await using app = await startApp();
      const model: Model = { parts: [], finals: [] };
      await fc.asyncModelRun(() => ({ model, real: app }), commands);
      await assertConsistent(app);

      for (const { attachment, purged } of model.finals) {
        if (attachment && !purged) await send(app, "DELETE", `${attachment}?permanent=true`, {});
      }
      await cleanUp(app, { hours: 26 });
      await cleanUp(app, { hours: 10 * 24 });
      await cleanUp(app, { hours: 2 });
      const { blobs, files, uploads } = await assertConsistent(app);
      assert.deepEqual([blobs, [...files], uploads], [[], [], []]);
    }),
    { seed, numRuns: 20 },
  );
});
