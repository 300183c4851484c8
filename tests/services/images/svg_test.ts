import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanSvg } from "../../../services/images/svg.ts";
import { Problem } from "../../../services/problem.ts";
import { cleaned, drawing, inspect } from "./pictures.ts";

async function clean(text: string): Promise<string | null> {
  const result = await cleanSvg(new TextEncoder().encode(text));
  assert.notEqual(result, "impossible");
  return result && new TextDecoder().decode(result as Uint8Array);
}

const INKSCAPE = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Created with Inkscape by Anna -->
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="i" xmlns:sodipodi="s" width="10" height="8"
   sodipodi:docname="/home/anna/logo.svg" inkscape:version='1.2' viewBox="0 0 10 8">
  <title>Logo > of "us"</title>
  <sodipodi:namedview pagecolor="#fff" ><inkscape:grid/></sodipodi:namedview>
  <metadata id="m"><rdf:RDF><cc:Work><dc:creator>Anna</dc:creator></cc:Work></rdf:RDF></metadata>
  <g inkscape:label="Layer of Anna" aria-label=' inkscape:label="kept" '><path d="M0 0h10" data-a="1 > 0"/></g>
  <style><![CDATA[ g > path { fill: red } <metadata> ]]></style>
</svg>
`;

Deno.test("an SVG loses its author, comments and what its editor noted, and nothing that is drawn", async () => {
  assert.equal(
    await clean(INKSCAPE),
    `<?xml version="1.0" encoding="UTF-8"?>

<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="i" xmlns:sodipodi="s" width="10" height="8" viewBox="0 0 10 8">
  <title>Logo > of "us"</title>
  
  
  <g aria-label=' inkscape:label="kept" '><path d="M0 0h10" data-a="1 > 0"/></g>
  <style><![CDATA[ g > path { fill: red } <metadata> ]]></style>
</svg>
`,
  );
  assert.equal(await clean((await clean(INKSCAPE))!), null, "nothing is left to remove");
  assert.equal(await clean('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'), null);
});

Deno.test("a photograph inside of an SVG loses its metadata", async () => {
  const photo = new Uint8Array(await drawing().withExif({ IFD0: { Artist: "Anna" } }).jpeg().toBuffer());
  const svg = (base64: string) => `<svg><image href="data:image/jpeg;base64,${base64}" width="9"/></svg>`;
  const expected = svg((await cleaned(photo)).toBase64());
  assert.equal(await clean(svg(photo.toBase64())), expected);
  assert.equal((await inspect(await cleaned(photo))).clean, null);
});

Deno.test("a drawing inside of an SVG loses its metadata, and so do those within it, to a depth", async () => {
  const within = (svg: string, times: number): string =>
    times === 0
      ? svg
      : within(`<svg><image href="data:image/svg+xml;base64,${btoa(svg)}"/></svg>`, times - 1);
  const author = "<svg><metadata>Anna</metadata><g/></svg>";
  assert.equal(await clean(within(author, 3)), within("<svg><g/></svg>", 3));
  assert.equal(await clean(within("<svg><g/></svg>", 3)), null);
  assert.equal(await cleanSvg(new TextEncoder().encode(within(author, 4))), "impossible");
});

Deno.test("an SVG that is cut off or no UTF-8 is unreadable", async () => {
  for (
    const text of [
      "<svg><metadata>",
      "<svg><!-- ",
      '<svg a="',
      "<svg",
      "<svg><![CDATA[",
      "<?xml ",
      "<svg>< </svg>",
      "<svg a='<'/>",
    ]
  ) {
    await assert.rejects(
      clean(text),
      (error) => error instanceof Problem && error.code === "image-unreadable",
      text,
    );
  }
  await assert.rejects(cleanSvg(Uint8Array.of(0x3c, 0xff)), Problem);
});

Deno.test("any text is cleaned once and for all, or refused", async () => {
  const piece = fc.constantFrom(
    ..."<>/\"'=: !-[]?ametd",
    "<svg>",
    "</svg>",
    "<metadata>",
    "</metadata>",
    "<!--",
    "-->",
    " inkscape:a='b'",
    "<rdf:x/>",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const text = pieces.join("");
      try {
        const once = await clean(text);
        if (once !== null) assert(!/<metadata|<rdf|<!--/.test(once), once);
      } catch (error) {
        assert(error instanceof Problem, String(error));
      }
    }),
    { numRuns: 3000 },
  );
});
