/** All files together: how far, how fast, how long; and what can be done to all of them. */
import { useState } from "hono/jsx/dom";
import { Confirm } from "../controls/dialog.tsx";
import { Icon } from "../controls/icon.tsx";
import { ProgressBar } from "../controls/progress_bar.tsx";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { totalsOf, type Transfer } from "../state/transfer.ts";

export function QueueHead({ transfers: all }: { transfers: readonly Transfer[] }) {
  const { transfers } = usePage();
  const { m, format } = useWords();
  const [asking, setAsking] = useState(false);
  const totals = totalsOf(all);
  const { files, done, failed, paused, active, bytes } = totals;
  const part = (count: number) => bytes === 0 ? Number(done > 0 && active + paused === 0) : count / bytes;
  const title = active + paused > 0
    ? m.queue.title
    : failed > 0
    ? m.queue.failedTitle
    : m.queue.finishedTitle;
  const facts = [
    m.queue.summary(done, files),
    bytes > 0 ? m.queue.ofBytes(format.bytes(totals.confirmed), format.bytes(bytes)) : "",
    totals.bytesPerSecond > 0 && active > 0 ? m.queue.speed(format.bytes(totals.bytesPerSecond)) : "",
    totals.secondsLeft === null ? "" : m.queue.left(format.duration(totals.secondsLeft)),
  ].filter(Boolean);
  return (
    <div class="head">
      <div class="line">
        <h2 id="queue-title">{title}</h2>
        {failed > 0 && <span class="badge bad">{m.queue.failedCount(failed)}</span>}
        <div class="actions">
          {active > 0 && (
            <button type="button" class="button quiet slim" onClick={transfers.pauseAll}>
              <Icon name="pause" />
              {m.queue.pauseAll}
            </button>
          )}
          {active === 0 && paused > 0 && (
            <button type="button" class="button quiet slim" onClick={transfers.resumeAll}>
              <Icon name="play" />
              {m.queue.resumeAll}
            </button>
          )}
          {failed > 0 && (
            <button type="button" class="button quiet slim" onClick={transfers.retryAll}>
              <Icon name="retry" />
              {m.queue.retryAll}
            </button>
          )}
          {files > done && (
            <button type="button" class="button quiet slim" onClick={() => setAsking(true)}>
              <Icon name="close" />
              {m.queue.cancelAll}
            </button>
          )}
          {done > 0 && (
            <button type="button" class="button quiet slim" onClick={transfers.clearFinished}>
              <Icon name="check" />
              {m.queue.clear}
            </button>
          )}
        </div>
      </div>
      <ProgressBar
        label={m.queue.all}
        safe={part(totals.confirmed)}
        moving={part(totals.transferred)}
        text={facts.join(", ")}
        state={active === 0 && paused > 0 ? "held" : undefined}
        thick
      />
      <p class="facts soft small figures">{facts.join(" · ")}</p>
      {asking && (
        <Confirm
          title={m.queue.cancelAllTitle(files - done)}
          text={m.queue.cancelAllText}
          yes={m.queue.cancelAllYes}
          no={m.queue.keepSending}
          onYes={transfers.cancelAll}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
