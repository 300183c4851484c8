import assert from "node:assert/strict";
import fc from "fast-check";
import { expireUploads } from "../../services/cleanup.ts";
import { startApp, type TestApp } from "../support/app.ts";
import { handFed, until } from "../support/upload_calls.ts";
import { WAYS } from "../support/upload_ways.ts";

const LIMITS = { uploadsAtOnce: 3, uploadsPerMinute: 6, bytesPerDay: 1000 };
const SECOND = 1000;
const MINUTE = 60_000;
const DAY = 86_400_000;

/** An open session, as far as limits know it. */
interface Open {
  size: number;
  day: number;
  lastByteAt: number;
  createdAt: number;
  whole: boolean;
  /** No byte has come since a restart, so that its slot may be taken a little longer. */
  remembered: boolean;
}

/** What a person with pencil and paper would count. */
class Paper {
  openings: number[] = [];
  readonly kept = new Map<number, number>();
  readonly open = new Map<string, Open>();

  constructor(public now: number) {}

  get day(): number {
    return Math.floor(this.now / DAY);
  }

  bytes(): number {
    const reserved = [...this.open.values()].filter(({ day }) => day === this.day);
    return reserved.reduce((sum, { size }) => sum + size, this.kept.get(this.day) ?? 0);
  }

  active(): number {
    return [...this.open.values()].filter(({ lastByteAt }) => this.now < lastByteAt + MINUTE).length;
  }

  minute(): number {
    return this.openings.filter((at) => at > this.now - MINUTE).length;
  }

  /** The code of the refusal of a new upload, or null. */
  refusal(size: number): string | null {
    if (size > LIMITS.bytesPerDay) return "over-daily-limit";
    if (this.bytes() + size > LIMITS.bytesPerDay) return "bytes-per-day";
    if (this.minute() >= LIMITS.uploadsPerMinute) return "uploads-per-minute";
    return this.active() >= LIMITS.uploadsAtOnce ? "uploads-at-once" : null;
  }

  keep(day: number, size: number): void {
    this.kept.set(day, (this.kept.get(day) ?? 0) + size);
  }
}

type Step =
  | { kind: "begin"; way: string; size: number }
  | { kind: "break"; size: number }
  | { kind: "send" | "complete" | "cancel" | "fail"; which: number }
  | { kind: "wait"; ms: number }
  | { kind: "restart" };

const known = Object.keys(WAYS).filter((name) =>
  !["a form", "a whole file without its length"].includes(name)
);
const size = fc.oneof(fc.integer({ min: 1, max: 400 }), fc.constantFrom(1, 1000, 1001));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("begin" as const), way: fc.constantFrom(...known), size }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("break" as const), size: fc.integer({ min: 1, max: 400 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom("send" as const, "complete" as const, "cancel" as const, "fail" as const),
      which: fc.nat(5),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 19 * SECOND, 59_999, MINUTE, DAY / 2, 2 * DAY),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const) }) },
);

const user = { sub: "anna" };

Deno.test("whatever people upload, in whatever way it ends, with restarts, the usage is what a simple model counts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await using app = await startApp({
        pawlJson: { limits: LIMITS, chunks: { min: "1 KiB", default: "4 KiB" } },
      });
      app.clock = Math.ceil(app.clock / DAY) * DAY + DAY / 3;
      const paper = new Paper(app.clock);
      for (const one of steps) {
        await take(app, paper, one);
        await compare(app, paper, one);
      }
    }),
    { numRuns: Number(Deno.env.get("PAWL_TEST_MODEL_RUNS") ?? 30) },
  );
});

async function take(app: TestApp, paper: Paper, one: Step): Promise<void> {
  switch (one.kind) {
    case "begin": {
      const way = WAYS[one.way]!;
      const expected = paper.refusal(one.size);
      const { status, body, headers } = await way.begin(app, { user, size: one.size });
      assert.equal(status === 201 ? null : body.code, expected, one.way);
      if (expected !== null) return;
      paper.openings.push(paper.now);
      if (way.whole) return paper.keep(paper.day, one.size);
      const id = body?.id ?? headers.get("Location")!.split("/").at(-1)!;
      paper.open.set(id, {
        size: one.size,
        day: paper.day,
        lastByteAt: paper.now,
        createdAt: paper.now,
        whole: false,
        remembered: false,
      });
      return;
    }
    case "break": {
      const expected = paper.refusal(one.size);
      const body = handFed();
      const headers = { "Content-Length": String(one.size) };
      const put = app.request("/api/v1/files/a.bin", { method: "PUT", headers, body: body.stream, user });
      if (expected === null) {
        paper.openings.push(paper.now);
        const reserved = paper.bytes() + one.size;
        await until(async () => (await usage(app)).bytesPerDay.used === reserved);
        body.break();
      }
      const answer = await (await put).json();
      assert.equal(answer.code, expected ?? "body-incomplete");
      return;
    }
    case "wait":
      app.clock += one.ms;
      passDoubts(app, paper);
      await expireUploads(app.services.core);
      for (const [id, { lastByteAt }] of paper.open) if (paper.now >= lastByteAt + DAY) paper.open.delete(id);
      return;
    case "restart":
      await app.restart();
      await app.services.core.background.settled();
      for (const [id, open] of paper.open) {
        if (open.whole) finish(paper, id);
        open.remembered = true;
      }
      return passDoubts(app, paper);
    default: {
      const ids = [...paper.open.keys()];
      const id = ids[one.which % ids.length];
      if (id !== undefined) await change(app, paper, { kind: one.kind, id });
    }
  }
}

/** After a restart a slot ends up to 20 s later than it would have: waits until none is in between. */
function passDoubts(app: TestApp, paper: Paper): void {
  const isDoubtful = ({ remembered, lastByteAt }: Open) =>
    remembered && app.clock >= lastByteAt + MINUTE && app.clock < lastByteAt + MINUTE + 20 * SECOND;
  while ([...paper.open.values()].some(isDoubtful)) app.clock += SECOND;
  paper.now = app.clock;
}

function finish(paper: Paper, id: string): void {
  const { day, size } = paper.open.get(id)!;
  paper.keep(day, size);
  paper.open.delete(id);
}

async function change(
  app: TestApp,
  paper: Paper,
  { kind, id }: { kind: "send" | "complete" | "cancel" | "fail"; id: string },
): Promise<void> {
  const open = paper.open.get(id)!;
  if (kind === "cancel") {
    assert.equal((await app.json("DELETE", `/api/v1/uploads/${id}`, { user })).status, 204);
    paper.open.delete(id);
  } else if (kind === "send") {
    const silent = paper.now >= open.lastByteAt + MINUTE;
    const refused = silent && paper.active() >= LIMITS.uploadsAtOnce;
    const response = await app.request(`/api/v1/uploads/${id}/chunks/0`, {
      method: "PUT",
      body: new Uint8Array(open.size),
      headers: { "Content-Length": String(open.size) },
      user,
    });
    await response.body?.cancel();
    assert.equal(response.status, refused ? 429 : 200);
    if (!refused) Object.assign(open, { lastByteAt: paper.now, whole: true, remembered: false });
  } else {
    const body = kind === "fail" ? { sha256: "0".repeat(64) } : undefined;
    const { status } = await app.json("POST", `/api/v1/uploads/${id}/complete`, { user, body });
    assert.equal(status, open.whole ? kind === "fail" ? 422 : 201 : 409);
    if (!open.whole) return;
    if (kind === "fail") paper.open.delete(id);
    else finish(paper, id);
  }
}

const usage = async (app: TestApp) => (await app.json("GET", "/api/v1/usage", { user })).body;

async function compare(app: TestApp, paper: Paper, after: Step): Promise<void> {
  const { uploadsAtOnce, uploadsPerMinute, bytesPerDay } = await usage(app);
  assert.deepEqual(
    [uploadsAtOnce.used, uploadsPerMinute.used, bytesPerDay.used],
    [paper.active(), paper.minute(), paper.bytes()],
    `after ${JSON.stringify(after)}`,
  );
}
