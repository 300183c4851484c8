/** The name of the place, language and appearance, and who is signed in. */
import { Icon } from "../controls/icon.tsx";
import { Menu, type MenuItem } from "../controls/menu.tsx";
import { LANGUAGE_NAMES, useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { LANGUAGES, THEMES } from "../state/preference_values.ts";
import { useStore } from "../state/store.ts";

export function TopBar() {
  const { site } = usePage();
  const { m } = useWords();
  const name = useStore(site.store, ({ siteName }) => siteName);
  return (
    <header class="top">
      <a class="skip" href="#content">{m.skipToContent}</a>
      <a class="brand" href="/">
        <img src="/static/icon.svg" alt="" width="32" height="32" />
        <span class="clip">{name}</span>
      </a>
      <LanguageMenu />
      <ThemeMenu />
      <AccountMenu />
    </header>
  );
}

function LanguageMenu() {
  const { preferences } = usePage();
  const { m } = useWords();
  const language = useStore(preferences, ({ language }) => language);
  const items = () =>
    LANGUAGES.map((one): MenuItem => ({
      label: LANGUAGE_NAMES[one],
      lang: one,
      checked: one === language,
      run: () => preferences.update((before) => ({ ...before, language: one })),
    }));
  return (
    <Menu label={m.top.language} items={items}>
      <Icon name="globe" />
    </Menu>
  );
}

function ThemeMenu() {
  const { preferences } = usePage();
  const { m } = useWords();
  const theme = useStore(preferences, ({ theme }) => theme);
  const items = () =>
    THEMES.map((one): MenuItem => ({
      label: m.top.themes[one],
      checked: one === theme,
      run: () => preferences.update((before) => ({ ...before, theme: one })),
    }));
  return (
    <Menu label={m.top.theme} items={items}>
      <Icon name={theme === "dark" ? "moon" : "sun"} />
    </Menu>
  );
}

function AccountMenu() {
  const page = usePage();
  const { m } = useWords();
  const session = useStore(page.session.store);
  if (session.kind !== "in") return null;
  const { user: { name, id, role }, expiresAt } = session;
  const items: MenuItem[] = [{ label: m.top.api, icon: "code", href: "/docs" }];
  if (expiresAt !== null) items.push({ label: m.top.signOut, icon: "leave", run: () => void page.signOut() });
  return (
    <Menu
      label={`${m.top.account}: ${name || id}`}
      class="button quiet account"
      heading={
        <>
          <strong>{name || id}</strong>
          <br />
          {expiresAt === null ? m.top.signInIsOff : role === "admin" ? m.top.administrator : id}
        </>
      }
      items={() => items}
    >
      <Icon name="person" />
      <span class="clip">{name || id}</span>
    </Menu>
  );
}
