import assert from "node:assert/strict";
import fc from "fast-check";
import { nameOfDisposition, safeName } from "../../client/saved_name.ts";
import { contentDisposition } from "../../routes/http/content_disposition.ts";

Deno.test("the server's names come back as they are", () => {
  for (
    const name of [
      "a.txt",
      'quo"te.pdf',
      "résumé.pdf",
      "报告 2026.docx",
      "😀;b.bin",
      "100%.txt",
      "a, b; c=d.txt",
    ]
  ) {
    assert.equal(nameOfDisposition(contentDisposition("attachment", name)), name);
  }
});

Deno.test("other forms of the header are read, and none means none", () => {
  assert.equal(nameOfDisposition(null), null);
  assert.equal(nameOfDisposition("attachment"), null);
  assert.equal(nameOfDisposition("attachment; filename=plain.txt"), "plain.txt");
  assert.equal(nameOfDisposition('attachment; filename="a\\"b.txt"'), 'a"b.txt');
  assert.equal(nameOfDisposition("attachment; filename=\"x\"; filename*=utf-8'en'%e2%82%ac.txt"), "€.txt");
  assert.equal(nameOfDisposition("attachment; filename=\"x.txt\"; filename*=UTF-8''%ff"), "x.txt");
});

Deno.test("whatever a server says, the name is a plain file in its folder", () => {
  assert.equal(safeName("../../etc/passwd"), "_.._etc_passwd");
  assert.equal(safeName("C:\\Windows\\system.ini"), "C__Windows_system.ini");
  assert.equal(safeName(".bashrc"), "bashrc");
  assert.equal(safeName("con.txt"), "_con.txt");
  assert.equal(safeName("a\u202egpj.exe"), "a_gpj.exe");
  assert.equal(safeName(null), "download");
  assert.equal(safeName(".."), "download");
  assert.equal(safeName("报告.pdf"), "报告.pdf");
  assert.match(safeName("长".repeat(200) + ".pdf"), /^长+\.pdf$/);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (name) => {
    const safe = safeName(name);
    assert.ok(safe.length > 0 && new TextEncoder().encode(safe).length <= 201);
    assert.ok(!/[/\\\0]/.test(safe) && !safe.startsWith("."));
  }));
});
