/** A sentence that stands out, with what can be done about it. */
import type { Child } from "hono/jsx/dom";
import { Icon, type IconName } from "./icon.tsx";

export interface NoticeProps {
  kind: "warn" | "bad";
  icon?: IconName;
  action?: { label: string; run: () => void };
  children: Child;
}

export function Notice({ kind, icon = "alert", action, children }: NoticeProps) {
  return (
    <div class={kind === "bad" ? "notice bad" : "notice"} role={kind === "bad" ? "alert" : "status"}>
      <Icon name={icon} />
      <p>{children}</p>
      {action && <button type="button" class="button slim" onClick={action.run}>{action.label}</button>}
    </div>
  );
}
