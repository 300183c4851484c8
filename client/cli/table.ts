/** Columns of text for a terminal, whose width counts Chinese as two and a joined emoji as one character of two. */
import stringWidth from "string-width";
import { printable } from "./printable.ts";

export interface Column {
  title: string;
  align?: "left" | "right";
}

/**
 * Lines of a table with its titles, without blanks at the ends. Cells are made printable; the last column is never
 * cut, so that what is read from it is whole.
 */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => stringWidth(row[index] ?? ""))));
  return cells.map((row) =>
    row.map((cell, index) => {
      const blanks = " ".repeat(widths[index]! - stringWidth(cell));
      return columns[index]!.align === "right" ? blanks + cell : cell + blanks;
    }).join("  ").trimEnd()
  );
}

/** `name   value` lines for one thing; entries without a value are left out. */
export function fieldLines(fields: readonly (readonly [name: string, value: string | null])[]): string[] {
  const rows = fields.filter((field): field is [string, string] => field[1] !== null);
  const width = Math.max(...rows.map(([name]) => stringWidth(name)));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(value)}`);
}
