import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join as path } from "node:path";
import { type Form, readForm } from "../../../routes/http/form_upload.ts";
import { Problem } from "../../../services/problem.ts";
import { END, FORM_TYPE, join, part } from "../../support/form.ts";

type Seen = Form<{ fileName: string | null; size: number; sha256: string }>;

/** A real server that answers with what it read; `/refuse` refuses the file before its first byte. */
function formServer() {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    try {
      const form = await readForm(request, {
        fileField: "file",
        maxFields: 8,
        maxFieldBytes: 1000,
        idleMs: 30_000,
        async onFile({ fileName, body }) {
          if (request.url.endsWith("/refuse")) throw new Problem("file-too-large", "Too large.");
          const hash = createHash("sha256");
          let size = 0;
          for await (const bytes of body) {
            hash.update(bytes);
            size += bytes.length;
          }
          return { fileName, size, sha256: hash.digest("hex") };
        },
      });
      return Response.json(form);
    } catch (error) {
      const { code, status } = error as Problem;
      return Response.json({ code }, { status });
    }
  });
  const { port } = server.addr;
  return { port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function curl(...args: string[]): Promise<string> {
  const command = new Deno.Command("curl", { args: ["-sS", "--noproxy", "*", "--max-time", "60", ...args] });
  const { stdout, stderr } = await command.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

/** 12 MiB that do not repeat within a buffer. */
function content(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 12 * 1024 * 1024 }, (_, i) => (i * 2654435761) >>> 24);
}

Deno.test("a file sent by curl -F arrives byte for byte, with the fields around it", async () => {
  await using server = formServer();
  const dir = await Deno.makeTempDir();
  try {
    const bytes = content();
    const file = path(dir, '报告 "最终".bin');
    await Deno.writeFile(file, bytes);
    // In curl's own quoting, because the name has quotes.
    const sent = `file=@"${file.replaceAll('"', '\\"')}"`;
    const form: Seen = JSON.parse(
      await curl("-F", "businessType=General", "-F", sent, "-F", "note=一", server.url),
    );
    assert.deepEqual(form, {
      fields: { businessType: "General", note: "一" },
      file: {
        fileName: '报告 "最终".bin',
        size: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
      },
    });
    // The refusal comes while most of the file is still to be sent.
    for (const expect of ["Expect: 100-continue", "Expect:"]) {
      const answer = await curl("-H", expect, "-F", sent, "-w", " %{http_code}", `${server.url}/refuse`);
      assert.equal(answer, '{"code":"file-too-large"} 413');
    }
    assert.equal(
      await curl("-F", "file=hello", "-w", " %{http_code}", `${server.url}/refuse`),
      '{"code":"file-too-large"} 413',
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a form sent by fetch arrives byte for byte", async () => {
  await using server = formServer();
  const form = new FormData();
  const bytes = content();
  form.append("file", new File([bytes], "a.bin"));
  form.append("after", "1");
  const seen: Seen = await (await fetch(server.url, { method: "POST", body: form })).json();
  assert.deepEqual(seen, {
    fields: { after: "1" },
    file: { fileName: "a.bin", size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") },
  });
});

Deno.test("a connection that is closed within the form is no whole form", async () => {
  await using server = formServer();
  const bytes = join(part('name="file"; filename="a"', "x".repeat(1000)), END);
  const head = (length: string) =>
    `POST / HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Type: ${FORM_TYPE}\r\n${length}\r\n\r\n`;
  const cut = bytes.subarray(0, 500);
  const ways: [request: Uint8Array, answered: boolean][] = [
    [join(head(`Content-Length: ${bytes.length}`), cut), false],
    [join(head("Transfer-Encoding: chunked"), "1f4\r\n", cut, "\r\n"), false],
    // Well framed, but the form itself is cut off.
    [join(head("Connection: close\r\nTransfer-Encoding: chunked"), "1f4\r\n", cut, "\r\n0\r\n\r\n"), true],
    [join(head("Connection: close\r\nContent-Length: 500"), cut), true],
  ];
  for (const [request, answered] of ways) {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(request);
    await connection.closeWrite();
    const answer = await new Response(connection.readable).text();
    // Who hangs up in the middle may get no answer, but never a good one.
    if (answered || answer !== "") assert.match(answer, /^HTTP\/1.1 400 [^]*body-incomplete/);
  }
});
