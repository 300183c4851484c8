/** Readers of single arguments, and the form of examples in help. */
import { InvalidArgumentError } from "commander";

/** A whole number from `min` to `max`, both inclusive. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

/** A number above 0, fractions allowed. */
export function positive(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0) return value;
  throw new InvalidArgumentError("It must be a number above 0, such as 8 or 0.5.");
}

/** The end of a command's help. */
export function examples(list: readonly (readonly [command: string, what: string])[]): string {
  return ["", "Examples:", ...list.flatMap(([command, what]) => [`  $ ${command}`, `      ${what}`])].join(
    "\n",
  );
}
