import { LabError } from '@lab/tensor-core/errors';
// The browser build runs in Node too; the other one needs Node's Buffer.
import { CsvError, parse } from 'csv-parse/browser/esm/sync';

export interface CsvTable {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly cells: readonly string[]; readonly line: number }[];
  /** Index of a column; throws when there is none of that name. */
  indexOf(column: string): number;
}

/** Splits CSV text into named columns, remembering lines for errors. */
export function parseCsvTable(
  text: string,
  { header, delimiter, name }: { header: boolean; delimiter: string; name: string },
): CsvTable {
  const records = parseRecords(text, { delimiter, name });
  const first = records[0];
  if (!first) throw new LabError('format', `${name}: the text is empty`);
  const columns = first.cells.map((cell, index) => (header ? cell.trim() : `c${index}`));
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined)
    throw new LabError('format', `${name}: line ${first.line} names the column '${twice}' twice`);
  return {
    columns,
    rows: header ? records.slice(1) : records,
    indexOf: (column) => {
      const index = columns.indexOf(column);
      if (index >= 0) return index;
      throw new LabError('argument', `${name}: there is no column '${column}'`, {
        argument: column,
        expected: columns,
      });
    },
  };
}

function parseRecords(
  text: string,
  { delimiter, name }: { delimiter: string; name: string },
): CsvTable['rows'] {
  const rows: { cells: readonly string[]; line: number }[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter,
      skip_empty_lines: true,
      on_record: (cells: readonly string[], { lines }) => {
        rows.push({ cells, line: lines });
        return null;
      },
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    const line = typeof cause.lines === 'number' ? cause.lines : rows.length + 1;
    throw new LabError('format', `${name}: line ${line} cannot be read: ${cause.message}`, { cause });
  }
  return rows;
}
