import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { decompress } from 'fzstd';
import { parquetReadObjects } from 'hyparquet';

export interface ParquetTable {
  readonly columns: readonly string[];
  /** [rows, columns] */
  readonly values: Array64;
}

/**
 * The numbers of a Parquet file as a table; columns of lists of one length (embeddings) become as many columns, named
 * `name.0`, `name.1` and so on. Uncompressed, Snappy and Zstandard pages are read.
 *
 * @throws LabError `format` for another file, a column that is not numeric, lists of unequal length, or a gap
 */
export async function readParquetTable(
  bytes: Uint8Array,
  { columns, name = 'Parquet' }: { readonly columns?: readonly string[]; readonly name?: string } = {},
): Promise<ParquetTable> {
  const file = bytes.slice().buffer;
  let rows: Record<string, unknown>[];
  try {
    rows = await parquetReadObjects({
      file,
      ...(columns && { columns: [...columns] }),
      compressors: { ZSTD: (input, size) => decompress(input, new Uint8Array(size)) },
    });
  } catch (cause) {
    throw new LabError('format', `${name}: the file cannot be read as Parquet: ${(cause as Error).message}`, {
      cause,
    });
  }
  const [first] = rows;
  if (!first) throw new LabError('format', `${name}: there are no rows`, { received: 0 });
  const widths = Object.entries(first).map(
    ([column, value]) => [column, Array.isArray(value) ? value.length : undefined] as const,
  );
  const names = widths.flatMap(([column, length]) =>
    length === undefined ? [column] : Array.from({ length }, (_, k) => `${column}.${k}`),
  );
  const data = new Float64Array(rows.length * names.length);
  rows.forEach((row, i) => {
    let at = i * names.length;
    for (const [column, length] of widths) {
      const value = row[column];
      const cells: unknown[] = length === undefined ? [value] : (value as unknown[]);
      if (length !== undefined && (!Array.isArray(value) || value.length !== length))
        throw fault(name, { column, row: i, received: value, expected: `a list of ${length} numbers` });
      for (const cell of cells) {
        const number = typeof cell === 'bigint' ? Number(cell) : cell;
        if (typeof number !== 'number' || !Number.isFinite(number))
          throw fault(name, { column, row: i, received: cell, expected: 'a finite number' });
        data[at++] = number;
      }
    }
  });
  return { columns: names, values: { shape: [rows.length, names.length], data } };
}

function fault(
  name: string,
  { column, row, received, expected }: { column: string; row: number; received: unknown; expected: string },
): LabError {
  return new LabError('format', `${name}: column '${column}', row ${row} is not ${expected}`, {
    argument: column,
    received: String(received),
    expected,
    hint: 'name the columns that are features',
  });
}
