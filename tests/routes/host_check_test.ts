import assert from "node:assert/strict";
import { hostCheck } from "../../routes/host_check.ts";
import { whoAmIApp } from "../support/access_app.ts";
import { rawRequest } from "../support/raw_http.ts";

interface Setup {
  host?: string;
  publicUrl?: string;
  addresses?: string[];
}

function appWith({ host = "127.0.0.1", publicUrl, addresses = [] }: Setup = {}) {
  return whoAmIApp(
    hostCheck({ config: { host, publicUrl: publicUrl ? new URL(publicUrl) : null }, addresses }),
  );
}

/** Serves the app on a real socket, where Deno pastes the Host header into the URL. */
function serve(setup?: Setup & { listenOn?: string }) {
  const server = Deno.serve(
    { hostname: setup?.listenOn ?? "127.0.0.1", port: 0, onListen() {} },
    appWith(setup).fetch,
  );
  const { port } = server.addr;
  const url = new URL(`http://127.0.0.1:${port}/`);
  /** The status, and for 200 the path that was routed. */
  const ask = async (...lines: string[]): Promise<string> => {
    const answer = await rawRequest(url, { lines: [...lines, "Connection: close"] });
    const body = answer ? new TextDecoder().decode(answer.body) : "";
    return answer?.status === 200 ? `200 ${JSON.parse(body).path}` : String(answer?.status);
  };
  return { ask, port, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function status(host: string, setup?: Setup): Promise<number> {
  return (await appWith(setup).request("http://localhost/x", { headers: { Host: host } })).status;
}

Deno.test("Loopback names are always served, with any port", async () => {
  for (
    const host of [
      "localhost",
      "localhost:8000",
      "LOCALHOST:1",
      "pawl.localhost",
      "127.0.0.1:8000",
      "127.9.9.9",
      "[::1]:8000",
    ]
  ) {
    assert.equal(await status(host), 200, host);
  }
});

Deno.test("A name that is not ours is refused and told what to do", async () => {
  for (
    const host of [
      "evil.example",
      "evil.example:8000",
      "localhost.evil.example",
      "192.0.2.1",
      "[2001:db8::1]",
      "0.0.0.0",
      "127.1",
    ]
  ) {
    assert.equal(await status(host), 421, host);
  }
  const answer = await appWith().request("http://localhost/x", { headers: { Host: "evil.example" } });
  const body = await answer.json();
  assert.equal(body.code, "unknown-host");
  assert.match(body.detail, /PAWL_PUBLIC_URL/);
});

Deno.test("The public address, the address listened on and the machine's own are known", async () => {
  assert.equal(await status("files.example:443", { publicUrl: "https://Files.example" }), 200);
  assert.equal(await status("files.example.", { publicUrl: "https://files.example:8443" }), 200);
  assert.equal(await status("www.files.example", { publicUrl: "https://files.example" }), 421);
  assert.equal(await status("[2001:db8::5]:8443", { publicUrl: "https://[2001:DB8:0::5]" }), 200);
  assert.equal(await status("192.0.2.7:8000", { host: "192.0.2.7" }), 200);
  assert.equal(await status("[fd00::1]", { host: "fd00:0::1" }), 200);
  const wildcard = { host: "0.0.0.0", addresses: ["192.0.2.7", "fd00::7", "fe80::1%eth0"] };
  assert.equal(await status("192.0.2.7:8000", wildcard), 200);
  assert.equal(await status("[fd00:0:0::7]", wildcard), 200);
  assert.equal(await status("192.0.2.8", wildcard), 421);
});

Deno.test("Without the header the URL decides", async () => {
  assert.equal((await appWith().request("http://localhost/x")).status, 200);
  assert.equal((await appWith().request("http://evil.example/x")).status, 421);
});

Deno.test("A Host header that would lead to another route is refused before any route", async () => {
  await using server = serve();
  assert.equal(await server.ask("GET /public/x HTTP/1.1", `Host: localhost:${server.port}`), "200 /public/x");
  const hostile = [
    ...[
      "a/admin/secret?",
      "localhost/admin/secret?",
      "localhost/admin#",
      "localhost?",
      "localhost#",
      "user@localhost",
    ],
    ...[
      "evil@localhost",
      "localhost@evil",
      "localhost:80/admin?",
      "localhost:x",
      "localhost,evil",
      "localhost evil",
    ],
    ...[
      "localhost\\admin",
      "[::1",
      "[::1]/admin?",
      "[evil]",
      "%6cocalhost",
      "localhost%00",
      "\u00e4",
      "http://localhost",
    ],
    ...["", "/", ".", ":80", "a".repeat(5000)],
  ];
  for (const host of hostile) {
    const answer = await server.ask("GET /public/x HTTP/1.1", `Host: ${host}`);
    assert(["421", "400"].includes(answer), `${JSON.stringify(host)}: ${answer}`);
  }
});

Deno.test("A request line in absolute form is held to the same names, whatever the header says", async () => {
  await using server = serve();
  const own = `Host: localhost:${server.port}`;
  assert.equal(await server.ask(`GET http://localhost:${server.port}/x HTTP/1.1`, own), "200 /x");
  assert.equal(await server.ask("GET http://evil.example/x HTTP/1.1", own), "421");
  assert.equal(await server.ask("GET http://localhost/x HTTP/1.1", "Host: evil.example"), "421");
  assert.equal(await server.ask("GET http://evil.example/x HTTP/1.0"), "421");
  assert.equal(await server.ask("GET http://user@evil.example/x HTTP/1.1", own), "421");
});

Deno.test("HTTP/1.0 without Host is served, on a wildcard address too", async () => {
  await using server = serve();
  assert.equal(await server.ask("GET /x HTTP/1.0"), "200 /x");
  await using wildcard = serve({ listenOn: "0.0.0.0", host: "0.0.0.0" });
  assert.equal(await wildcard.ask("GET /x HTTP/1.0"), "200 /x");
});

Deno.test("Two Host headers are refused", async () => {
  await using server = serve();
  assert.equal(await server.ask("GET /x HTTP/1.1", "Host: localhost", "Host: localhost"), "400");
});
