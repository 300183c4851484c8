/** Making, listing and taking back links. Using them is in `token_download_test.ts`. */
import assert from "node:assert/strict";
import { encodeQR } from "qr";
import decodeQR from "qr/decode.js";
import { ADMIN, BOB, startApp } from "../support/app.ts";
import { makeLink, shown, visit } from "../support/links.ts";
import { putFile } from "../support/stored_files.ts";

const HOUR = 3_600_000;

Deno.test("A link is for one download within an hour, and told once", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const { status, body, headers } = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} });
  assert.equal(status, 201);
  assert.equal(headers.get("Cache-Control"), "no-store");
  const { token, url, qrCode, ...rest } = body;
  assert.match(token, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(url, `http://localhost/d/${token}`);
  assert.match(qrCode, /^<svg /);
  assert.deepEqual(rest, {
    id: rest.id,
    attachmentId: id,
    preview: token.slice(0, 6),
    maxUses: 1,
    uses: 0,
    remainingUses: 1,
    authorizedUserId: null,
    authorizedIp: null,
    expiresAt: new Date(app.clock + HOUR).toISOString(),
    revokedAt: null,
    lastUsedAt: null,
    createdBy: "alice",
    createdAt: new Date(app.clock).toISOString(),
    status: "active",
  });
  const listed = await app.json("GET", `/api/v1/attachments/${id}/tokens`);
  assert.deepEqual(listed.body, { items: [rest], cursor: null });
});

Deno.test("The token itself is stored nowhere", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const { token } = await makeLink(app, id);
  await visit(app, { path: `/d/${token}` });
  const hex = (text: string) => new TextEncoder().encode(text).toHex();
  await app.services.core.background.settled();
  for (const name of ["pawl.kv", "pawl.kv-wal"]) {
    const stored = (await Deno.readFile(`${app.config.dataDir}/${name}`)).toHex();
    assert.ok(!stored.includes(hex(token.slice(6))), name);
  }
});

Deno.test("A link says what it may do", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const make = async (body: unknown) =>
    (await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body })).body;
  const bound = await make({
    validHours: 0.5,
    maxUses: 3,
    authorizedUserId: "bob@example.org",
    authorizedIp: "192.0.2.77/24",
  });
  assert.equal(Date.parse(bound.expiresAt), app.clock + HOUR / 2);
  assert.deepEqual([bound.maxUses, bound.remainingUses], [3, 3]);
  assert.deepEqual([bound.authorizedUserId, bound.authorizedIp], ["bob@example.org", "192.0.2.0/24"]);
  assert.equal((await make(undefined)).maxUses, 1, "without a body");
  const free = await make({ maxUses: 0, validHours: 8760 });
  assert.deepEqual([free.maxUses, free.remainingUses], [0, null]);
});

Deno.test("What a link cannot be is refused, and nothing is made", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const wrong: [unknown, number][] = [
    [{ validHours: 0 }, 400],
    [{ validHours: -1 }, 400],
    [{ validHours: 8760.5 }, 400],
    [{ validHours: 1e300 }, 400],
    [{ validHours: "1" }, 400],
    [{ maxUses: -1 }, 400],
    [{ maxUses: 1.5 }, 400],
    [{ maxUses: 1e10 }, 400],
    [{ authorizedUserId: "" }, 400],
    [{ authorizedUserId: "no spaces" }, 400],
    [{ authorizedUserId: "x".repeat(129) }, 400],
    [{ authorizedIp: "" }, 400],
    [{ authorizedIp: "192.0.2.256" }, 400],
    [{ authorizedIp: "192.0.2.0/33" }, 400],
    [{ authorizedIp: "office" }, 400],
    [{ unknown: 1 }, 400],
    [[], 400],
  ];
  for (const [body, expected] of wrong) {
    const { status } = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body });
    assert.equal(status, expected, JSON.stringify(body));
  }
  assert.deepEqual((await app.json("GET", `/api/v1/attachments/${id}/tokens`)).body.items, []);
});

Deno.test("Defaults and the longest life are settings", async () => {
  await using app = await startApp({
    pawlJson: { tokens: { validHours: 48, maxValidHours: 72, maxUses: 0 } },
  });
  const { id } = await putFile(app);
  const made = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} });
  assert.equal(Date.parse(made.body.expiresAt), app.clock + 48 * HOUR);
  assert.equal(made.body.maxUses, 0);
  const refused = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: { validHours: 73 } });
  assert.equal(refused.status, 400);
  assert.match(refused.body.detail, /72/);
});

Deno.test("The address of a link is the public one", async () => {
  await using app = await startApp({ env: { PAWL_PUBLIC_URL: "https://files.example.org" } });
  const { id } = await putFile(app);
  const { body } = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} });
  assert.equal(body.url, `https://files.example.org/d/${body.token}`);
});

Deno.test("The QR code leads to the link, and is a picture without anything active in it", async () => {
  await using app = await startApp({ env: { PAWL_PUBLIC_URL: "https://files.example.org" } });
  const { id } = await putFile(app);
  const { body: { url, qrCode } } = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} });
  const shape =
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 (\d+) \1" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\1v\1H0z"\/><path fill="#000" d="((?:M\d+ \d+h\d+v1h-\d+z)+)"\/><\/svg>$/;
  const [, width, path] = shape.exec(qrCode)!;
  assert.equal(scan(Number(width), path!), url);
  assert.equal(Number(width), encodeQR(url, "raw", { ecc: "medium", border: 4 }).length);
});

/** Draws the path as a scanner's camera sees it, and reads it. */
function scan(width: number, path: string): string {
  const scale = 4;
  const side = width * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let row = 0; row < scale; row++) {
      const start = ((Number(y) * scale + row) * side + Number(x) * scale) * 4;
      for (let at = start; at < start + Number(run) * scale * 4; at += 4) data.fill(0, at, at + 3);
    }
  }
  return decodeQR({ width: side, height: side, data });
}

Deno.test("Owner and administrators make, see and take back links; nobody else learns of them", async () => {
  await using app = await startApp();
  const { id } = await putFile(app, { visibility: "public" });
  const room = `/api/v1/attachments/${id}/tokens`;
  const own = await makeLink(app, id);
  app.clock += 1000;
  const { status, body: ofAdmin } = await app.json("POST", room, { user: ADMIN, body: {} });
  assert.equal(status, 201);
  assert.equal(ofAdmin.createdBy, "root");
  assert.deepEqual(
    (await app.json("GET", room, { user: ADMIN })).body.items.map((item: { id: string }) => item.id),
    [ofAdmin.id, own.id],
  );
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${own.id}`, { user: BOB })).status, 404);
  assert.equal(await visit(app, own), 200);
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${ofAdmin.id}`)).status, 204);
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${own.id}`, { user: ADMIN })).status, 204);
});

Deno.test("Taking back again is no error and changes nothing", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const link = await makeLink(app, id);
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${link.id}`)).status, 204);
  const before = await shown(app, id, link);
  assert.equal(before.status, "revoked");
  assert.equal(Date.parse(before.revokedAt), app.clock);
  app.clock += HOUR;
  assert.equal((await app.json("DELETE", `/api/v1/tokens/${link.id}`)).status, 204);
  assert.deepEqual(await shown(app, id, link), before);
});

Deno.test("Lists go in pages, newest first", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const made: string[] = [];
  for (let n = 0; n < 7; n++) {
    made.unshift((await makeLink(app, id)).id);
    app.clock += 1000;
  }
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query = cursor === "" ? "limit=3" : `limit=3&cursor=${cursor}`;
    const { body } = await app.json("GET", `/api/v1/attachments/${id}/tokens?${query}`);
    seen.push(...body.items.map((item: { id: string }) => item.id));
    cursor = body.cursor;
  }
  assert.deepEqual(seen, made);
  const { status, body } = await app.json("GET", `/api/v1/attachments/${id}/tokens?cursor=x`);
  assert.deepEqual([status, body.code], [400, "invalid-cursor"]);
});

Deno.test("A file in the recycle bin gets no new links; the old ones are still listed", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  await makeLink(app, id);
  await app.json("DELETE", `/api/v1/attachments/${id}`);
  const { status, body } = await app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} });
  assert.deepEqual([status, body.code], [409, "attachment-state"]);
  assert.equal((await app.json("GET", `/api/v1/attachments/${id}/tokens`)).body.items.length, 1);
});

Deno.test("A file has at most a thousand links, also when they are made at once", async () => {
  await using app = await startApp();
  const { id } = await putFile(app);
  const { core } = app.services;
  const { keys } = await import("../../services/records/keys.ts");
  await core.records.transact((commit) => Promise.resolve(void commit.set(keys.tokenCount(id), 995)));
  const made = await Promise.all(
    Array.from({ length: 12 }, () => app.json("POST", `/api/v1/attachments/${id}/tokens`, { body: {} })),
  );
  const codes = made.map(({ status, body }) => body.code ?? status).sort();
  assert.deepEqual(codes, [...Array(5).fill(201), ...Array(7).fill("too-many-tokens")]);
});
