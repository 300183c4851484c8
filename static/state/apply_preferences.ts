/** What was chosen, put into effect. */
import type { Preferences } from "./preference_values.ts";

export function applyPreferences(root: HTMLElement, { language, theme }: Preferences): void {
  root.lang = language === "zh" ? "zh-CN" : language;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
}
