/** One file on its way up. */
import { memo } from "hono/jsx/dom";
import { Icon } from "../controls/icon.tsx";
import { ProgressBar } from "../controls/progress_bar.tsx";
import { TypeMark } from "../files/type_mark.tsx";
import { problemText, useWords, type Words } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import type { Transfer } from "../state/transfer.ts";

export interface QueueRowProps {
  transfer: Transfer;
  /** From 1. */
  position: number;
  count: number;
}

export const QueueRow = memo(({ transfer, position, count }: QueueRowProps) => {
  const words = useWords();
  const { m } = words;
  const { file, folder, phase } = transfer;
  const text = stateText(transfer, words);
  const part = (bytes: number) => file.size === 0 ? Number(phase === "done") : bytes / file.size;
  return (
    <li class={`row ${phase}`} aria-posinset={position} aria-setsize={count}>
      <TypeMark name={file.name} contentType={file.type} />
      <div class="middle">
        <p class="name clip" title={folder + file.name}>
          {file.name}
          {folder && <span class="soft small aside">{m.queue.in(folder)}</span>}
        </p>
        {phase !== "failed" && phase !== "done" && (
          <ProgressBar
            label={file.name}
            safe={part(transfer.confirmed)}
            moving={part(transfer.transferred)}
            text={text}
            state={BAR_STATES[phase]}
          />
        )}
        <p class="state small figures" title={text}>{text}</p>
      </div>
      <RowActions transfer={transfer} />
    </li>
  );
});

const BAR_STATES: Partial<Record<Transfer["phase"], "held" | "busy">> = {
  queued: "held",
  waiting: "held",
  paused: "held",
  finishing: "busy",
};

function RowActions({ transfer: { id, phase, file: { name } } }: { transfer: Transfer }) {
  const { transfers } = usePage();
  const { m } = useWords();
  const finished = phase === "done";
  return (
    <div class="actions">
      {phase === "failed" && (
        <RowButton
          icon="retry"
          label={m.queue.retry(name)}
          run={() => transfers.retry(id)}
        />
      )}
      {phase === "paused" && (
        <RowButton
          icon="play"
          label={m.queue.resume(name)}
          run={() => transfers.resume(id)}
        />
      )}
      {!finished && phase !== "failed" && phase !== "paused" && phase !== "finishing" && (
        <RowButton
          icon="pause"
          label={m.queue.pause(name)}
          run={() => transfers.pause(id)}
        />
      )}
      <RowButton
        icon="close"
        label={finished ? m.queue.remove(name) : m.queue.cancel(name)}
        run={(button) => {
          focusNeighbour(button);
          if (finished) transfers.remove(id);
          else transfers.cancel(id);
        }}
      />
    </div>
  );
}

/** The row goes: whoever has no mouse stays in the list, at the same button of the next one. */
function focusNeighbour(button: HTMLElement) {
  const row = button.closest("li")!;
  (row.nextElementSibling ?? row.previousElementSibling)?.querySelector<HTMLElement>("button:last-child")
    ?.focus();
}

interface RowButtonProps {
  icon: "retry" | "play" | "pause" | "close";
  label: string;
  run: (button: HTMLElement) => void;
}

function RowButton({ icon, label, run }: RowButtonProps) {
  return (
    <button
      type="button"
      class="button quiet slim icon-only"
      title={label}
      aria-label={label}
      onClick={({ currentTarget }: Event) => run(currentTarget as HTMLElement)}
    >
      <Icon name={icon} />
    </button>
  );
}

function stateText(transfer: Transfer, words: Words): string {
  const { m, format } = words;
  const { phase, file: { size }, confirmed, hold, error, retryAt } = transfer;
  const { phases } = m.queue;
  const amount = () => m.queue.ofBytes(format.bytes(confirmed), format.bytes(size));
  const join = (...parts: string[]) => parts.filter(Boolean).join(" · ");
  switch (phase) {
    case "done":
      return join(transfer.instant ? phases.instant : phases.done, format.bytes(size));
    case "failed":
      return problemText(words, error);
    case "sending":
      return join(
        format.percent(size === 0 ? 1 : confirmed / size),
        transfer.secondsLeft === null ? "" : m.queue.left(format.duration(transfer.secondsLeft)),
        transfer.bytesPerSecond > 0 ? m.queue.speed(format.bytes(transfer.bytesPerSecond)) : "",
        amount(),
      );
    case "waiting":
      if (hold === "sign-in") return m.queue.signedOut;
      if (hold === "connection" || isConnection(error)) return join(amount(), m.queue.reconnecting);
      if (isLimit(error)) return problemText(words, error, retryAt);
      return problemText(words, error) + (retryAt === null ? "" : ` ${m.queue.again(format.clock(retryAt))}`);
    case "queued":
      return error === null
        ? join(phases.queued, format.bytes(size))
        : join(format.bytes(size), problemText(words, error, retryAt));
    case "paused":
      return join(phases.paused, amount());
    default:
      return join(phases[phase], amount());
  }
}

function isLimit(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 429;
}

function isConnection(error: unknown): boolean {
  return error instanceof Error && "status" in error && error.status === 0;
}
