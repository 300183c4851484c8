/** The sentences of the administrators' page, beside those of all pages; fetched by this page alone. */
import { createContext, useContext } from "hono/jsx/dom";
import { PawlError } from "../../../client/errors.ts";
import { preferredEnglish, problemText, useWords, type Words } from "../../i18n/words.ts";
import type { Language } from "../../state/preference_values.ts";
import { type AdminFormat, createAdminFormat } from "./admin_format.ts";
import type { AdminMessages } from "./admin_en.ts";

export interface AdminSentences {
  a: AdminMessages;
  times: AdminFormat;
}

export type AdminWords = Words & AdminSentences;

/** Rejects when the server cannot be reached, or has other ones by now. */
export async function loadAdminWords(language: Language, now: () => number): Promise<AdminSentences> {
  if (language === "en") {
    const { english } = await import("./admin_en.ts");
    return { a: english, times: createAdminFormat(preferredEnglish(), now) };
  }
  const { chinese } = await import("./admin_zh.ts");
  return { a: chinese, times: createAdminFormat("zh-CN", now) };
}

const SentencesContext = createContext<AdminSentences>(null as unknown as AdminSentences);
export const SentencesProvider = SentencesContext.Provider;

export function useAdminWords(): AdminWords {
  const words = useWords();
  const sentences = useContext(SentencesContext);
  return { ...words, ...sentences };
}

/** A refusal as a sentence for administrators. */
export function adminProblem(words: AdminWords, error: unknown): string {
  const { problems } = words.a;
  const code = error instanceof PawlError ? error.code : "";
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems] : problemText(words, error);
}
