/** How far something is: solid what is safe, pale what is on its way. */
export interface ProgressBarProps {
  /** What is progressing, for those who do not see it. */
  label: string;
  /** 0 to 1. */
  safe: number;
  /** 0 to 1, not less than `safe`. */
  moving?: number;
  /** In words. */
  text: string;
  state?: "held" | "failed" | "busy" | undefined;
  thick?: boolean;
}

export function ProgressBar({ label, safe, moving = safe, text, state, thick }: ProgressBarProps) {
  return (
    <div
      class={["bar", state, thick ? "thick" : ""].filter(Boolean).join(" ")}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(safe * 100)}
      aria-valuetext={text}
    >
      <span class="moving" style={{ "--part": String(moving) }} />
      <span class="safe" style={{ "--part": String(safe) }} />
    </div>
  );
}
