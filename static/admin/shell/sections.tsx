/** The way to each section: beside them where there is room, else in a line above that can be pushed along. */
import { useEffect, useRef } from "hono/jsx/dom";
import { Icon, type IconName } from "../../controls/icon.tsx";
import { formatRoute, type Section, SECTIONS } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";

const ICONS: Record<Section, IconName> = {
  overview: "gauge",
  uploads: "upload",
  files: "folder",
  bin: "trash",
  links: "link",
  people: "person",
  storage: "disk",
  jobs: "clock",
  audit: "shield",
};

export function Sections({ current }: { current: Section }) {
  const { a } = useAdminWords();
  const list = useRef<HTMLUListElement>(null);
  // Not before it is on the page and laid out.
  useEffect(() => {
    const line = list.current!;
    const link = line.querySelector<HTMLElement>("[aria-current]")!;
    // Only the line itself: the page stays where it is.
    line.scrollLeft = link.offsetLeft - (line.clientWidth - link.offsetWidth) / 2;
  }, [current]);
  return (
    <nav class="sections" aria-label={a.nav}>
      <ul ref={list}>
        {SECTIONS.map((section) => (
          <li key={section}>
            <a
              href={formatRoute({ section })}
              aria-current={section === current ? "page" : undefined}
            >
              <Icon name={ICONS[section]} />
              {a.sections[section]}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
