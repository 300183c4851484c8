/** Tells those who do not see the bars how far things are, seldom enough to be listened to; and the tab's title. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";
import { totalsOf, type Transfer } from "../state/transfer.ts";

const PAUSE_MS = 5000;

export function QueueAnnouncer({ transfers }: { transfers: readonly Transfer[] }) {
  const { site } = usePage();
  const { m, format } = useWords();
  const name = useStore(site.store, ({ siteName }) => siteName);
  const { files, done, failed, active, bytes, confirmed } = totalsOf(transfers);
  const text = done + failed === 0 ? "" : m.queue.announce(done, files, failed);
  const title = active === 0 || bytes === 0 ? name : `${format.percent(confirmed / bytes)} · ${name}`;

  useLayoutEffect(() => {
    document.title = title;
  }, [title]);

  const [told, tell] = useState("");
  const latest = useRef(text);
  latest.current = text;
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const last = active === 0;
  useLayoutEffect(() => {
    if (timer.current !== null && !last) return;
    if (timer.current !== null) clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = null;
      tell(latest.current!);
    }, last ? 0 : PAUSE_MS);
  }, [text, last]);
  return <p class="unseen" role="status" data-told>{told}</p>;
}
