/** Sentences for the person who made a mistake in the configuration. */
import { distance } from "fastest-levenshtein";

const LONGEST_SHOWN = 80;

/** A given value as text: short, on one line, without passwords in addresses. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  const safe = text.replace(/\/\/[^/@"\s]*@/g, "//***@");
  return safe.length > LONGEST_SHOWN ? `${safe.slice(0, LONGEST_SHOWN)}...` : safe;
}

/** The end of a sentence: `, did you mean X?` for a name that is nearly one of `known`, else a full stop. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, edits: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.max(2, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.edits - b.edits)[0];
  return near === undefined ? "." : `, did you mean ${near.candidate}?`;
}
