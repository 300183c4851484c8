/** One figure that is to be seen at a glance. */
import type { Child } from "hono/jsx/dom";

export interface TileProps {
  name: string;
  value: Child;
  note?: Child;
  /** Where there is more about it. */
  href?: string;
  tone?: "bad" | undefined;
}

export function Tile({ name, value, note, href, tone }: TileProps) {
  return (
    <div class={tone === undefined ? "card tile" : `card tile ${tone}`}>
      <p class="soft small">{href === undefined ? name : <a href={href}>{name}</a>}</p>
      <p class="value figures">{value}</p>
      {note !== undefined && <p class="soft small figures">{note}</p>}
    </div>
  );
}
