/** A button that opens a list of things to do or to choose from, in the browser's top layer. */
import { type Child, useId, useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  label: string;
  icon?: IconName;
  danger?: boolean;
  /** Of one to choose: whether it is the chosen one. Absent: it is something to do. */
  checked?: boolean;
  /** A link instead of something to do; `download` is the name to save it under. */
  href?: string;
  download?: boolean;
  lang?: string;
  run?: () => void;
}

export interface MenuProps {
  label: string;
  /** Told by the pointer's rest; default: `label`. */
  class?: string;
  heading?: Child;
  /** Asked for when it opens. */
  items: () => readonly MenuItem[];
  children: Child;
}

const GAP = 4;

export function Menu({ label, class: className, heading, items, children }: MenuProps) {
  const id = useId();
  const [open, setOpen] = useState<"first" | "last" | null>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  const entries = () => [...list.current!.querySelectorAll<HTMLElement>("[role^=menuitem]")];
  useLayoutEffect(() => {
    if (open === null) return;
    list.current!.showPopover();
    place(list.current!, button.current!);
    entries().at(open === "first" ? 0 : -1)?.focus();
  }, [open]);

  function hide() {
    list.current!.hidePopover();
    button.current!.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all.at(to % all.length)?.focus();
    } else if (event.key === "Tab") hide();
  }

  // One element around both: see docs/page.md on what hono/jsx/dom does with components that have several.
  return (
    <span class="menu-place">
      <button
        ref={button}
        type="button"
        class={className ?? "button quiet icon-only"}
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={String(open !== null)}
        aria-controls={id}
        onClick={() => open === null ? setOpen("first") : hide()}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(event.key === "ArrowDown" ? "first" : "last");
        }}
      >
        {children}
      </button>
      <div
        ref={list}
        id={id}
        class="menu"
        role="menu"
        aria-label={label}
        popover="auto"
        onKeyDown={onKeyDown}
        onToggle={(event: ToggleEvent) => {
          if (event.newState === "closed") setOpen(null);
        }}
      >
        {open && heading && <p class="heading" role="presentation">{heading}</p>}
        {open && items().map((item) => <Item key={item.label} item={item} close={hide} />)}
      </div>
    </span>
  );
}

function Item({ item, close }: { item: MenuItem; close: () => void }) {
  const { label, icon, danger, checked, href, download, lang, run } = item;
  const content = (
    <>
      {icon && <Icon name={icon} />}
      <span>{label}</span>
      {checked && (
        <span class="mark">
          <Icon name="check" />
        </span>
      )}
    </>
  );
  if (href !== undefined) {
    return (
      <a role="menuitem" tabindex={-1} href={href} download={download ? "" : undefined} onClick={close}>
        {content}
      </a>
    );
  }
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked === undefined ? undefined : String(checked)}
      class={danger ? "danger" : undefined}
      lang={lang}
      tabindex={-1}
      onClick={() => {
        close();
        run?.();
      }}
    >
      {content}
    </button>
  );
}

/** Below the button, or above it where there is no room, and never outside of the window. */
function place(list: HTMLElement, button: HTMLElement): void {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const { clientWidth, clientHeight } = document.documentElement;
  const left = Math.max(GAP, Math.min(at.right - width, clientWidth - width - GAP));
  const below = at.bottom + GAP;
  const top = below + height + GAP <= clientHeight ? below : Math.max(GAP, at.top - height - GAP);
  list.style.left = `${left}px`;
  list.style.top = `${top}px`;
}
