/** What is left of the person's limits today; nothing for whom there are none. */
import { useLayoutEffect, useState } from "hono/jsx/dom";
import { useWords } from "../i18n/words.ts";
import { usePage } from "../state/page_state.ts";
import { useStore } from "../state/store.ts";

interface LimitUse {
  max: number;
  used: number;
  freeAt: string | null;
}

interface Usage {
  exempt: boolean;
  uploadsAtOnce: LimitUse | null;
  uploadsPerMinute: LimitUse | null;
  bytesPerDay: LimitUse | null;
}

/** From here on (0 to 1) the meter says when there is room again. */
const NEARLY_FULL = 0.9;

export function UsageMeter() {
  const { pawl, transfers } = usePage();
  const { m, format } = useWords();
  const [usage, setUsage] = useState<Usage | null>(null);
  // Each upload that is there, begins or ends changes it.
  const stage = useStore(transfers.store, (all) => all.length);
  const stored = useStore(usePage().list.store, ({ items }) => items.length);
  useLayoutEffect(() => {
    let wanted = true;
    pawl.request<Usage>("GET", "api/v1/usage").then(
      (found) => wanted && setUsage(found),
      () => {}, // It is told where it is in the way.
    );
    return () => wanted = false;
  }, [stage, stored]);

  const day = usage?.bytesPerDay;
  if (!day || usage.exempt) return null;
  const fraction = Math.min(1, day.used / day.max);
  const used = m.usage.used(format.bytes(day.used), format.bytes(day.max));
  return (
    <p class="usage soft small figures">
      <Meter label={m.usage.today} fraction={fraction} text={used} />
      <span>{used}</span>
      {fraction >= NEARLY_FULL && day.freeAt !== null && (
        <span>{m.usage.freeAt(format.clock(Date.parse(day.freeAt)))}</span>
      )}
    </p>
  );
}

interface MeterProps {
  label: string;
  /** 0 to 1. */
  fraction: number;
  /** In words. */
  text: string;
}

/** Not the element of that name: browsers draw its parts each in their own way, and not in these colours. */
function Meter({ label, fraction, text }: MeterProps) {
  return (
    <span
      class={fraction >= NEARLY_FULL ? "meter full" : "meter"}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(fraction * 100)}
      aria-valuetext={text}
    >
      <span style={{ "--part": String(fraction) }} />
    </span>
  );
}
