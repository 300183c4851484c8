/** QR codes as SVG: nothing in them but two shapes, so they may stand in any page. */
import { encodeQR } from "qr";

/** Light modules around the code (ISO/IEC 18004 section 9.1). */
const QUIET_ZONE = 4;

/** Black on white whatever surrounds it, because most scanners read nothing else. */
export function qrCodeSvg(text: string): string {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET_ZONE });
  const size = rows.length;
  const path = rows.map((row, y) =>
    runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`).join("")
  ).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`;
}

/** `[start, length]` of each stretch of dark modules. */
function runsOf(row: boolean[]): [number, number][] {
  const runs: [number, number][] = [];
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x++;
    runs.push([start, x - start + 1]);
  }
  return runs;
}
