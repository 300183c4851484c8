import assert from "node:assert/strict";
import { getLogger, resetSync } from "@logtape/logtape";
import { configureLog, type LogOptions } from "../log.ts";

/** The lines that `run` logs. */
function logged(options: Partial<LogOptions>, run: (log: ReturnType<typeof getLogger>) => void): string[] {
  const lines: string[] = [];
  configureLog({
    level: "info",
    format: "json",
    terminal: false,
    write: (line) => lines.push(line),
    ...options,
  });
  try {
    run(getLogger(["pawl", "test"]));
  } finally {
    resetSync();
  }
  return lines;
}

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
const TOKEN = "q0Jx8mVd3nT2sZ7yLw5rKc1bHf6gPa9e";

for (const format of ["json", "pretty"] as const) {
  Deno.test(`${format}: secrets are masked wherever they stand`, () => {
    const text = logged({ format }, (log) => {
      log.info(`starting with Bearer ${JWT}`);
      log.info("{url} {header} {path}", {
        url: `http://h/#token=${TOKEN}`,
        header: `bearer ${TOKEN}`,
        path: `/d/${TOKEN}`,
        authorization: TOKEN,
        nested: { cookie: TOKEN, accessToken: TOKEN, jwtSecret: TOKEN, list: [{ password: TOKEN }] },
      });
      const error = new Error(`refused ${JWT}`, { cause: new Error(`?access_token=${TOKEN}`) });
      log.error("failed", { error });
    }).join("");
    assert.ok(!text.includes(TOKEN) && !text.includes(JWT) && !text.includes("c2lnbmF0dXJl"), text);
    assert.ok(text.includes("***"));
  });

  Deno.test(`${format}: what a client sends cannot forge a line`, () => {
    const lines = logged({ format }, (log) => {
      log.info("{path}", { path: "/a\r\n2026-01-01 [INF] forged\u001b[2J" });
      log.error("failed", { error: new Error("x\n2026-01-01 [INF] forged\u001b[2J") });
    });
    assert.equal(lines.length, 2);
    for (const line of lines.join("").trimEnd().split("\n")) {
      assert.ok(!line.startsWith("2026-01-01") && !line.includes("\u001b") && !line.includes("\r"), line);
    }
  });
}

Deno.test("JSON lines hold their facts as members, errors with stack and cause", () => {
  const [line] = logged({}, (log) => {
    log.error("{code} failed", { code: "x", size: 5n, error: new Error("boom", { cause: "why" }) });
  });
  const entry = JSON.parse(line!);
  assert.deepEqual([entry.level, entry.logger, entry.code, entry.size], ["ERROR", "pawl.test", "x", "5"]);
  assert.equal(entry.error.message, "boom");
  assert.equal(entry.error.cause, "why");
  assert.match(entry.error.stack, /log_test\.ts/);
});

Deno.test("lines below the level are not written", () => {
  const lines = logged({ level: "warning" }, (log) => {
    log.info("quiet");
    log.warning("loud");
  });
  assert.equal(lines.length, 1);
});

Deno.test("auto is pretty on a terminal and JSON elsewhere", () => {
  const [json] = logged({ format: "auto", terminal: false }, (log) => log.info("hello"));
  assert.equal(JSON.parse(json!).message, "hello");
  const [pretty] = logged({ format: "auto", terminal: true }, (log) => log.info("hello"));
  assert.throws(() => JSON.parse(pretty!));
  assert.match(pretty!, /hello/);
});

Deno.test("an object that holds itself is logged to a bounded depth", () => {
  const loop: Record<string, unknown> = { name: "loop" };
  loop.self = loop;
  const [line] = logged({}, (log) => log.info("x", { loop }));
  assert.equal(JSON.parse(line!).loop.self.name, "loop");
});

Deno.test("names that only resemble a secret's stay readable", () => {
  const [line] = logged({}, (log) => log.info("x", { tokenId: "t1", keyCount: 3, secretary: "ann" }));
  const entry = JSON.parse(line!);
  assert.deepEqual([entry.tokenId, entry.keyCount, entry.secretary], ["t1", 3, "ann"]);
});
