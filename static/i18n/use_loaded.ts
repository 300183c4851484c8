/** What is fetched in the language that is spoken. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import type { Language } from "../state/preference_values.ts";

const RETRY_MS = 1000;

/** Null until it is there; it is asked for until it comes. With another language on the page, that one stays meanwhile. */
export function useLoaded<T>(load: (language: Language) => Promise<T>, language: Language): T | null {
  const [loaded, setLoaded] = useState<T | null>(null);
  const [tries, setTries] = useState(1);
  useLayoutEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    load(language).then((value) => current && setLoaded(value), () => {
      if (current && loaded === null) timer = setTimeout(() => setTries((count) => count + 1), RETRY_MS);
    });
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [language, tries]);
  return loaded;
}
