/** Uploads that were begun before: each goes on when its file is chosen again. */
import type { UploadSession } from "../../client/mod.ts";
import { useRef, useState } from "hono/jsx/dom";
import { Confirm } from "../controls/dialog.tsx";
import { Icon } from "../controls/icon.tsx";
import { ProgressBar } from "../controls/progress_bar.tsx";
import { TypeMark } from "../files/type_mark.tsx";
import { problemText, useWords } from "../i18n/words.ts";
import { usePage, waitingSessions } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";

export function UnfinishedList() {
  const page = usePage();
  const { m } = useWords();
  // Draws when either changes; the transfers change often, their sessions seldom.
  useStore(page.unfinished.store);
  const elsewhere = useStore(page.unfinished.elsewhere);
  useStore(page.transfers.store, (all) => all.map(({ sessionId }) => sessionId).filter(Boolean).join());
  const sessions = waitingSessions(page);
  if (sessions.length === 0) return null;
  return (
    <section class="unfinished card" aria-labelledby="unfinished-title">
      <div class="head">
        <h2 id="unfinished-title">{m.unfinished.title}</h2>
        {sessions.some(({ id }) => !elsewhere.has(id)) && <p class="soft small">{m.unfinished.text}</p>}
      </div>
      <ul>{sessions.map((session) => <Row key={session.id} session={session} />)}</ul>
    </section>
  );
}

function Row({ session }: { session: UploadSession }) {
  const page = usePage();
  const words = useWords();
  const { m, format } = words;
  const { id, fileName, receivedBytes, contentType, expiresAt } = session;
  const size = session.size ?? receivedBytes;
  const elsewhere = useStore(page.unfinished.elsewhere, (held) => held.has(id));
  const [asking, setAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const part = size === 0 ? 0 : receivedBytes / size;
  const state = m.unfinished.state(format.percent(part), format.bytes(size));

  function onChosen() {
    const file = input.current!.files?.[0];
    input.current!.value = "";
    if (!file) return;
    if (file.size !== size) {
      const text = (w: typeof words) =>
        w.m.unfinished.otherSize(fileName, w.format.bytes(size), w.format.bytes(file.size));
      return page.toasts.show({ text });
    }
    page.transfers.add([{ file, folder: "" }], { businessType: session.businessType, sessionId: id });
  }
  const discard = () =>
    page.unfinished.discard(id).catch((error) => page.toasts.show({ text: (w) => problemText(w, error) }));

  return (
    <li class="row">
      <TypeMark name={fileName} contentType={contentType} />
      <div class="middle">
        <p class="name clip" title={fileName}>{fileName}</p>
        <ProgressBar label={fileName} safe={part} text={state} state="held" />
        <p class="state small figures">
          {state} · {elsewhere ? m.unfinished.elsewhere : m.unfinished.until(format.moment(expiresAt))}
        </p>
      </div>
      {!elsewhere && (
        <div class="actions">
          <button
            type="button"
            class="button slim"
            aria-label={m.unfinished.chooseNamed(fileName)}
            onClick={() => input.current!.click()}
          >
            <Icon name="retry" />
            <span class="label">{m.unfinished.choose}</span>
          </button>
          <button
            type="button"
            class="button quiet slim icon-only"
            title={m.unfinished.discard(fileName)}
            aria-label={m.unfinished.discard(fileName)}
            onClick={() => setAsking(true)}
          >
            <Icon name="trash" />
          </button>
        </div>
      )}
      <input ref={input} type="file" hidden data-session={id} onChange={onChosen} />
      {asking && (
        <Confirm
          title={m.unfinished.discardTitle(fileName)}
          text={m.unfinished.discardText}
          yes={m.unfinished.discardYes}
          no={m.unfinished.keep}
          onYes={() => void discard()}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}
