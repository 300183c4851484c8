/** A field that narrows a list while somebody types. */
import { useLayoutEffect, useRef, useState } from "hono/jsx/dom";
import { Icon, type IconShape } from "../../controls/icon.tsx";

export interface TextFilterProps {
  label: string;
  placeholder?: string;
  /** As the list is narrowed now. */
  value: string;
  onChange: (value: string) => void;
  /** Shown in it; the label is then only told. */
  icon?: IconShape;
  /** Default: any text. */
  type?: "datetime-local";
}

const TYPING_MS = 300;

export function TextFilter({ label, placeholder, value, onChange, icon, type }: TextFilterProps) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const [first] = useState(value);
  /** What was said last. What stands in the field is the typist's own until the list is narrowed from elsewhere. */
  const told = useRef(value);
  useLayoutEffect(() => {
    if (value === told.current) return;
    told.current = value;
    field.current!.value = value;
  }, [value]);
  useLayoutEffect(() => () => clearTimeout(timer.current), []);

  function tell() {
    clearTimeout(timer.current);
    told.current = field.current!.value.trim();
    onChange(told.current);
  }
  const input = (
    <input
      ref={field}
      class="field"
      type={type ?? "search"}
      value={first}
      placeholder={placeholder}
      aria-label={icon === undefined ? undefined : label}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      onInput={() => {
        clearTimeout(timer.current);
        timer.current = setTimeout(tell, TYPING_MS);
      }}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === "Escape") field.current!.value = "";
        if (event.key === "Enter" || event.key === "Escape") tell();
      }}
    />
  );
  if (icon !== undefined) {
    return (
      <div class="search">
        <Icon name={icon} />
        {input}
      </div>
    );
  }
  return (
    <label class="filter">
      <span>{label}</span>
      {input}
    </label>
  );
}
