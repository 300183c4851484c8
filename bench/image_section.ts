/** What pictures cost, and what those pay who upload meanwhile. */
import { ENGINES } from "../services/images/engine.ts";
import type { Goal } from "./goals.ts";
import { memory, resultTable, seconds, table } from "./report.ts";
import { measure } from "./rounds.ts";
import {
  CHUNK_CONNECTIONS,
  imageContenders,
  interference,
  percentile,
  photograph,
  startImageServer,
} from "./scenarios/images.ts";
import type { Setup } from "./setup.ts";

export async function imageSection({ rounds, quick }: Setup): Promise<{ text: string; goals: Goal[] }> {
  const megapixels = quick ? 1 : 12;
  const picture = await photograph(megapixels);
  await using sharp = await startImageServer("sharp");
  await using imagescript = await startImageServer("imagescript");
  const servers = { sharp, imagescript };
  const results = await measure(await imageContenders(servers, picture), { rounds, of: "pictures" });

  const goals: Goal[] = [];
  const rows: string[][] = [];
  const pictures = quick ? 4 : 20;
  for (const engine of ENGINES) {
    const { alone, background, asked, seconds } = await interference(servers[engine], {
      picture,
      pictures,
      atLeastMs: quick ? 400 : 8000,
    });
    const row = (what: string, times: number[], taken: number | null) => {
      const figures = [0.5, 0.9, 0.99].map((share) => percentile(times, share).toFixed(1));
      rows.push([`${engine}: ${what}`, String(times.length), ...figures, taken?.toFixed(1) ?? ""]);
    };
    row("alone", alone, null);
    row(`beside ${pictures} pictures in the background`, background, seconds.background);
    row(`beside ${pictures} pictures that people ask for`, asked, seconds.asked);
    goals.push({
      name: `p99 of 1 MiB chunks beside ${pictures} pictures by ${engine} / alone`,
      limit: 2,
      atMost: true,
      value: percentile(background, 0.99) / percentile(alone, 0.99),
      unit: "x",
    });
  }
  const columns = ["chunks", "sent", "p50 ms", "p90 ms", "p99 ms", "seconds for the pictures"];
  const text = `## Pictures of ${megapixels} megapixels (JPEG, ${(picture.length / 1e6).toFixed(1)} MB)

Each round with another picture. The seconds of an upload are those of the whole request, and of what is made then.`;
  const beside =
    `Chunks of 1 MiB with their digests, by ${CHUNK_CONNECTIONS} connections, while four variants of each picture are made: in the
background, as after an upload, where they leave half of the time to others; or because people wait for them, each
variant from a decoding of its own, one after the other without a pause. The goal is about the former.`;
  return {
    text: [text, resultTable("work", results, [seconds, memory]), beside, table(columns, rows)].join("\n\n"),
    goals,
  };
}
