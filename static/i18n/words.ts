/** The language that is spoken: its sentences, and how it writes sizes and times. */
import { createContext, useContext } from "hono/jsx/dom";
import type { PawlError } from "../../client/mod.ts";
import type { Language } from "../state/preferences.ts";
import { english, type Messages } from "./en.ts";
import { createFormat, type Format } from "./format.ts";
import type { ProblemFacts, ProblemText } from "./problems_en.ts";
import { chinese } from "./zh.ts";

export interface Words {
  m: Messages;
  format: Format;
}

const MESSAGES: Record<Language, Messages> = { en: english, zh: chinese };

export function wordsOf(language: Language, now: () => number): Words {
  const locale = language === "zh" ? "zh-CN" : preferredEnglish();
  return { m: MESSAGES[language], format: createFormat(locale, now) };
}

/** `en-GB` writes dates and hours in another way than `en-US`. */
function preferredEnglish(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith("en")) ?? "en";
}

export const LANGUAGE_NAMES: Record<Language, string> = {
  en: english.languageName,
  zh: chinese.languageName,
};

const WordsContext = createContext<Words>(null as unknown as Words);
export const WordsProvider = WordsContext.Provider;
export const useWords = (): Words => useContext(WordsContext);

/** A refusal as a sentence for people. */
export function problemText({ m, format }: Words, error: unknown, now: () => number = Date.now): string {
  if (!isProblem(error)) return m.problems.internal(factsOf({}, null), format);
  const tell: ProblemText | undefined = Object.hasOwn(m.problems, error.code)
    ? m.problems[error.code as keyof typeof m.problems]
    : undefined;
  const retryAt = error.retryAfter === null ? null : now() + error.retryAfter * 1000;
  return tell?.(factsOf(error.extra, retryAt), format) ?? error.detail;
}

function isProblem(error: unknown): error is Pick<PawlError, "code" | "detail" | "extra" | "retryAfter"> {
  return error instanceof Error && "code" in error && "extra" in error;
}

function factsOf(extra: Readonly<Record<string, unknown>>, retryAt: number | null): ProblemFacts {
  const value = (name: string) => Object.hasOwn(extra, name) ? extra[name] : undefined;
  return {
    retryAt,
    number(name) {
      const found = value(name);
      return typeof found === "number" ? found : null;
    },
    text(name) {
      const found = value(name);
      return typeof found === "string" ? found : null;
    },
    list(name) {
      const found = value(name);
      return Array.isArray(found) && found.every((item) => typeof item === "string") ? found : null;
    },
  };
}
