/** Runs before the first paint: language and theme as chosen, and what the page may load scripts from. */
import { applyPreferences } from "./state/apply_preferences.ts";
import { readPreferences, storedPreferences } from "./state/preference_values.ts";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

// Text never becomes markup or script here: the one thing allowed is a worker from our own folder.
const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
trustedTypes?.createPolicy("default", {
  createScriptURL(url) {
    const { origin, pathname } = new URL(url, location.href);
    if (origin !== location.origin || !pathname.startsWith("/static/")) {
      throw new TypeError(`Not loaded: ${url}`);
    }
    return url;
  },
});

const preferences = readPreferences(storedPreferences(), navigator.languages);
applyPreferences(document.documentElement, preferences);

// The sentences come together with the page's script instead of after it.
const words = `meta[name$=words-${preferences.language}]`;
for (const { content } of document.querySelectorAll<HTMLMetaElement>(words)) {
  document.head.append(
    Object.assign(document.createElement("link"), { rel: "modulepreload", href: content }),
  );
}
