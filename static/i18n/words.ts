/** The language that is spoken: its sentences, and how it writes sizes and times. */
import { createContext, useContext } from "hono/jsx/dom";
import type { PawlError } from "../../client/mod.ts";
import type { Language } from "../state/preference_values.ts";
import type { Messages } from "./en.ts";
import { createFormat, type Format } from "./format.ts";
import type { ProblemFacts, ProblemText } from "./problems_en.ts";

export interface Words {
  m: Messages;
  format: Format;
}

/** Fetches the sentences of one language. Rejects when the server cannot be reached, or has other ones by now. */
export async function loadWords(language: Language, now: () => number): Promise<Words> {
  if (language === "en") {
    const { english } = await import("./en.ts");
    return { m: english, format: createFormat(preferredEnglish(), now) };
  }
  const { chinese } = await import("./zh.ts");
  return { m: chinese, format: createFormat("zh-CN", now) };
}

/** `en-GB` writes dates and hours in another way than `en-US`. */
export function preferredEnglish(): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith("en")) ?? "en";
}

/** Each in itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "简体中文" };

const WordsContext = createContext<Words>(null as unknown as Words);
export const WordsProvider = WordsContext.Provider;
export const useWords = (): Words => useContext(WordsContext);

/** What a business type is called. */
export function kindName({ m }: Words, businessType: string): string {
  return Object.hasOwn(m.kinds, businessType) ? m.kinds[businessType as keyof typeof m.kinds] : businessType;
}

/** A refusal as a sentence for people. `retryAt`: when it is tried again, ms since 1970, where that is known. */
export function problemText(words: Words, error: unknown, retryAt: number | null = null): string {
  const { m, format } = words;
  if (!isProblem(error)) return m.problems.internal(factsOf(words, {}, null), format);
  const { reason } = error.extra;
  // Another request of the same upload was told what is wrong with the file.
  const code = error.code === "upload-failed" && typeof reason === "string" ? reason : error.code;
  const tell: ProblemText | undefined = Object.hasOwn(m.problems, code)
    ? m.problems[code as keyof typeof m.problems]
    : undefined;
  return tell?.(factsOf(words, error.extra, retryAt ?? freeAt(error.extra)), format) ?? error.detail;
}

/** When the server says that there is room again. */
function freeAt({ freeAt }: Extra): number | null {
  return typeof freeAt === "string" ? Date.parse(freeAt) : null;
}

type Extra = Readonly<Record<string, unknown>>;

function isProblem(error: unknown): error is Pick<PawlError, "code" | "detail" | "extra"> {
  return error instanceof Error && "code" in error && "extra" in error;
}

function factsOf(words: Words, extra: Extra, retryAt: number | null): ProblemFacts {
  const value = (name: string) => Object.hasOwn(extra, name) ? extra[name] : undefined;
  const type = value("businessType");
  return {
    retryAt,
    kind: typeof type === "string" && type !== "General" ? kindName(words, type) : null,
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
