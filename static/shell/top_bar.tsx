/** The name of the place, the way to the other page, language and appearance, and who is signed in. */
import { Icon } from "../controls/icon.tsx";
import { Menu, type MenuItem } from "../controls/menu.tsx";
import { LANGUAGE_NAMES, useWords } from "../i18n/words.ts";
import { useFrame } from "../state/frame_state.ts";
import { LANGUAGES, THEMES } from "../state/preference_values.ts";
import { useStore } from "../state/store.ts";

export function TopBar() {
  const { here, site } = useFrame();
  const { m } = useWords();
  const name = useStore(site.store, ({ siteName }) => siteName);
  return (
    <header class="top">
      <a class="skip" href="#content" onClick={skip}>{m.skipTo[here]}</a>
      <a class="brand" href="/">
        <img src="/static/icon.svg" alt="" width="32" height="32" />
        <span class="clip">{name}</span>
      </a>
      <OtherPage />
      <LanguageMenu />
      <ThemeMenu />
      <AccountMenu />
    </header>
  );
}

/** As the link would, but the fragment stays: it says what is looked at. */
function skip(event: Event) {
  event.preventDefault();
  document.getElementById("content")!.focus();
}

/** From the files to the administration, for those who may see it, and back. */
function OtherPage() {
  const { here, session } = useFrame();
  const { m } = useWords();
  const isAdmin = useStore(session.store, (state) => state.kind === "in" && state.user.role === "admin");
  if (here === "files" && !isAdmin) return null;
  const there = here === "files" ? "admin" : "files";
  return (
    <a
      class="button quiet other-page"
      href={there === "admin" ? "/admin" : "/"}
      title={m.top.pages[there]}
      aria-label={m.top.pages[there]}
    >
      <Icon name={there === "admin" ? "gauge" : "folder"} />
      <span class="clip">{m.top.pages[there]}</span>
    </a>
  );
}

function LanguageMenu() {
  const { preferences } = useFrame();
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
  const { preferences } = useFrame();
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
  const frame = useFrame();
  const { m } = useWords();
  const session = useStore(frame.session.store);
  if (session.kind !== "in") return null;
  const { user: { name, id, role }, expiresAt } = session;
  const items: MenuItem[] = [{ label: m.top.api, icon: "code", href: "/docs" }];
  if (expiresAt !== null) {
    items.push({
      label: m.top.signOut,
      icon: "leave",
      run: () => void frame.signOut(),
    });
  }
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
