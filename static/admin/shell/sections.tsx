/** The way to each section: beside them where there is room, else in a line above that can be pushed along. */
import { useEffect, useRef } from "hono/jsx/dom";
import { Icon, type IconShape } from "../../controls/icon.tsx";
import { CLOCK, DISK } from "../parts/admin_icons.ts";
import { formatRoute, type Section, SECTIONS } from "../state/route.ts";
import { useAdminWords } from "../words/admin_words.ts";

const ICONS: Record<Section, IconShape> = {
  overview: "gauge",
  uploads: "upload",
  files: "folder",
  bin: "trash",
  links: "link",
  people: "person",
  storage: DISK,
  jobs: CLOCK,
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
