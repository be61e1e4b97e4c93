/** Rows of text in columns, the first row a heading. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, k) => cell.padEnd(widths[k]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** A number in six digits, without zeros at its end. */
export const shortNumber = (value: number): string => String(Number(value.toPrecision(6)));
