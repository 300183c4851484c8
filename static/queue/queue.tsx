/** The files on their way up: how far all of them are, and a row for each. */
import { useLayoutEffect, useMemo, useRef, useState } from "hono/jsx/dom";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { inShownOrder } from "../state/transfer.ts";
import { QueueAnnouncer } from "./queue_announcer.tsx";
import { QueueHead } from "./queue_head.tsx";
import { QueueRow } from "./queue_row.tsx";
import { rowWindow } from "./row_window.ts";

export function Queue() {
  const { transfers } = usePage();
  const all = useStore(transfers.store);
  return (
    <div class="queue-place">
      <QueueAnnouncer transfers={all} />
      {all.length > 0 && (
        <section class="queue card" aria-labelledby="queue-title">
          <QueueHead transfers={all} />
          <Rows />
        </section>
      )}
    </div>
  );
}

/** Only those that can be seen are drawn. */
function Rows() {
  const { transfers } = usePage();
  const { m } = useWords();
  const all = useStore(transfers.store);
  const shown = useMemo(() => inShownOrder(all), [all]);
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollTop: 0, height: 500, row: 72 });
  useLayoutEffect(() => {
    const element = box.current!;
    const look = () => {
      // As the style sheet has it for this width.
      const row = Number.parseInt(getComputedStyle(element).getPropertyValue("--row"));
      setView({ scrollTop: element.scrollTop, height: element.clientHeight, row });
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const { first, end } = rowWindow(shown.length, view);
  const room = {
    paddingTop: `${first * view.row}px`,
    paddingBottom: `${(shown.length - end) * view.row}px`,
  };
  return (
    <div ref={box} class="rows">
      <ul aria-label={m.queue.list} style={room}>
        {shown.slice(first, end).map((transfer, index) => (
          <QueueRow key={transfer.id} transfer={transfer} position={first + index + 1} count={shown.length} />
        ))}
      </ul>
    </div>
  );
}
