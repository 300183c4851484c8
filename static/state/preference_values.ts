/** What a person can choose for this browser, and how that is stored. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const LANGUAGES = ["en", "zh"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Preferences {
  language: Language;
  theme: Theme;
  /** The kind of file that was chosen last. */
  businessType: string;
}

const KEY = "pawl";

/** As stored; null when there is nothing, or storage is refused (private windows, settings). */
export function storedPreferences(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Where storage is refused, the choices last as long as the page. */
export function storePreferences({ language, ...rest }: Preferences): void {
  // The language only once it was chosen, so that it follows the browser until then.
  const chosen = language === preferredLanguage(navigator.languages) ? {} : { language };
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...rest, ...chosen }));
  } catch {
    // Kept for this page only.
  }
}

/** `navigator.languages` in the order of liking; the first that there are sentences in. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    const found = LANGUAGES.find((known) => known === language);
    if (found) return found;
  }
  return "en";
}

/** Takes what is right of `text`, as it was stored; everything else is as without it. */
export function readPreferences(text: string | null, wanted: readonly string[]): Preferences {
  let stored: Partial<Record<keyof Preferences, unknown>> = {};
  try {
    stored = Object(JSON.parse(text ?? "{}"));
  } catch {
    // Not ours, or damaged.
  }
  return {
    language: LANGUAGES.find((language) => language === stored.language) ?? preferredLanguage(wanted),
    theme: THEMES.find((theme) => theme === stored.theme) ?? "system",
    businessType: typeof stored.businessType === "string" ? stored.businessType : "General",
  };
}
