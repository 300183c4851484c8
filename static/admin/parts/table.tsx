/** Rows of figures. On narrow windows each row becomes a block whose figures have their names beside them. */
import type { Child } from "hono/jsx/dom";

export interface Column<T> {
  name: string;
  /** What stands above it. */
  label: string;
  cell: (row: T) => Child;
  /** Figures stand at the right. */
  figures?: boolean;
}

export interface TableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** A line below the row; null: none. */
  note?: (row: T) => Child | null;
}

/** The roles are named because blocks would lose them. */
export function Table<T>({ label, columns, rows, keyOf, note }: TableProps<T>) {
  return (
    <table class="table card small figures" role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name, label, figures }) => (
            <th key={name} role="columnheader" scope="col" class={figures ? "right" : undefined}>{label}</th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.flatMap((row) => {
          const key = keyOf(row);
          const below = note?.(row) ?? null;
          const cells = columns.map(({ name, label, figures, cell }) => (
            <td key={name} role="cell" data-label={label} class={figures ? "right" : undefined}>
              {cell(row)}
            </td>
          ));
          const line = <tr key={key} role="row">{cells}</tr>;
          if (below === null) return [line];
          return [
            line,
            <tr key={`${key} note`} role="row" class="note">
              <td role="cell" colspan={columns.length}>{below}</td>
            </tr>,
          ];
        })}
      </tbody>
    </table>
  );
}
