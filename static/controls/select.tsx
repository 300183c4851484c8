/** A field to choose one of a few. */
import { Icon } from "./icon.tsx";

export interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, label: string])[];
  onChange: (value: string) => void;
}

export function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <span class="select">
      <select
        aria-label={label}
        title={label}
        value={value}
        onChange={({ target }: Event) => onChange((target as HTMLSelectElement).value)}
      >
        {options.map(([option, text]) => <option key={option} value={option}>{text}</option>)}
      </select>
      <Icon name="down" />
    </span>
  );
}
