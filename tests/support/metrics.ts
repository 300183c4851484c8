/** Figures in the text format of Prometheus, as somebody who watches the server reads them. */
import type { TestApp, TestUser } from "./app.ts";
import { ADMIN } from "./app.ts";

/** `name{label="value"}` as it is printed -> value. */
export type Figures = Map<string, number>;

export function parseFigures(text: string): Figures {
  const figures: Figures = new Map();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, series, value] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (series === undefined) throw new Error(`not a figure: ${line}`);
    if (figures.has(series)) throw new Error(`twice: ${series}`);
    figures.set(series, Number(value));
  }
  return figures;
}

export async function readMetrics(app: TestApp, user: TestUser = ADMIN): Promise<string> {
  const response = await app.request("/metrics", { user });
  if (response.status !== 200) throw new Error(`/metrics: ${response.status} ${await response.text()}`);
  return await response.text();
}

/** What has been added to each figure since `before`; those that stayed are left out. */
export function since(before: Figures, after: Figures): Record<string, number> {
  const grown = [...after].map(([series, value]) => [series, value - (before.get(series) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, value]) => value !== 0));
}
