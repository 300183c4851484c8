/** One section of the page, with its name and what can be done in all of it. */
import { type Child, useEffect, useLayoutEffect, useRef } from "hono/jsx/dom";
import { useStore } from "../../state/store.ts";
import { useAdmin } from "../state/admin_state.ts";
import { useAdminWords } from "../words/admin_words.ts";

export interface SectionProps {
  title: string;
  about?: Child;
  /** Above the title: where it belongs. */
  above?: Child;
  /** Buttons beside the title. */
  tools?: Child;
  children: Child;
}

export function Section({ title, about, above, tools, children }: SectionProps) {
  const { router, site } = useAdmin();
  const { a } = useAdminWords();
  const heading = useRef<HTMLHeadingElement>(null);
  const siteName = useStore(site.store, ({ siteName }) => siteName);
  useLayoutEffect(() => {
    document.title = a.pageTitle(title, siteName);
  }, [title, siteName, a]);
  useEffect(() => {
    // What led here may be gone: nobody starts from the top of the page again. Not before it is on the page.
    if (router.moved() && document.activeElement === document.body) heading.current!.focus();
  }, []);
  return (
    <section class="section" aria-labelledby="section-title">
      <header class="section-head">
        <div class="words">
          {above}
          <h1 id="section-title" ref={heading} tabindex={-1}>{title}</h1>
          {about !== undefined && <p class="soft small">{about}</p>}
        </div>
        {tools !== undefined && <div class="tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
}
