/** Where on the page somebody is, as the address says it: `#jobs`, `#jobs/recycleBin`, `#audit?actor=alice`. Pure. */

export const SECTIONS = [
  "overview",
  "uploads",
  "files",
  "bin",
  "links",
  "people",
  "storage",
  "jobs",
  "audit",
] as const;
export type Section = (typeof SECTIONS)[number];

export interface Route {
  section: Section;
  /** One thing of the section; null: all of it. */
  item: string | null;
  /** Filters; none is empty. */
  query: Readonly<Record<string, string>>;
}

/** Null for a fragment that is no place of this page, such as a sign-in link's. */
export function parseRoute(hash: string): Route | null {
  const [, path, query] = /^#?([^?]*)(?:\?(.*))?$/s.exec(hash)!;
  const [name, item] = path!.split("/").map(decoded);
  const section = name === "" ? SECTIONS[0] : SECTIONS.find((known) => known === name);
  if (section === undefined) return null;
  const filters = [...new URLSearchParams(query ?? "")].filter(([, value]) => value !== "");
  return { section, item: item || null, query: Object.fromEntries(filters) };
}

export type Place = Pick<Route, "section"> & { item?: string | null; query?: Record<string, string> };

/** The fragment with its `#`. */
export function formatRoute({ section, item, query = {} }: Place): string {
  const filters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  return `#${section}${item ? `/${encodeURIComponent(item)}` : ""}${filters.size > 0 ? `?${filters}` : ""}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // Written by hand.
  }
}
