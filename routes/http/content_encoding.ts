/** RFC 9110 section 12.5.3: which coding of a stored answer goes out. */

const CODINGS = ["br", "gzip"] as const;
export type ContentCoding = (typeof CODINGS)[number] | "identity";

/**
 * The coding among `available` that `acceptEncoding` likes best, the smaller one (`br`) where it likes both alike.
 * `identity` when it names none of them, and also when it refuses even that: an answer that may be used is better
 * than a 406.
 */
export function chooseCoding(
  acceptEncoding: string | undefined,
  available: ReadonlySet<ContentCoding>,
): ContentCoding {
  const weights = new Map<string, number>();
  for (const part of (acceptEncoding ?? "").slice(0, 512).split(",")) {
    const [name, ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const weight = q === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(q) ? Number(q) : 0;
    if (name) weights.set(name, weight);
  }
  const weightOf = (coding: string) => weights.get(coding) ?? weights.get("*") ?? 0;
  const identity = weights.get("identity") ?? 0;
  let best: ContentCoding = "identity";
  let bestWeight = identity;
  for (const coding of CODINGS) {
    const weight = weightOf(coding);
    if (!available.has(coding) || weight <= 0 || weight < bestWeight) continue;
    if (best !== "identity" && weight === bestWeight) continue;
    best = coding;
    bestWeight = weight;
  }
  return best;
}
