import { readSeriesCsv } from '@lab/datasets';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** Several equally long series of one CSV file. */
export interface SeriesTable {
  /** [B, L, K] */
  readonly values: Array64;
  readonly channels: readonly string[];
}

/** Generated series as CSV: columns `series`, `step` and the channels; numbers read back exactly. */
export function writeSeriesTable({ values, channels }: SeriesTable): string {
  const [batch = 0, length = 0, width = 0] = values.shape;
  const lines = [['series', 'step', ...channels.map(quoted)].join(',')];
  for (let b = 0; b < batch; b++)
    for (let t = 0; t < length; t++) {
      const at = (b * length + t) * width;
      lines.push([b, t, ...values.data.subarray(at, at + width)].join(','));
    }
  return `${lines.join('\n')}\n`;
}

/**
 * Reads what `writeSeriesTable` writes (rows grouped by the column `series`), or one series without that column.
 *
 * @throws LabError `format` for unreadable cells, `shape` when series differ in length
 */
export function readSeriesTable(
  text: string,
  { name, columns }: { name: string; columns?: readonly string[] | undefined },
): SeriesTable {
  const header = readSeriesCsv(text, { name }).channels;
  const index = header.includes('series') ? ['series'] : [];
  const channels = columns ?? header.filter((each) => each !== 'series' && each !== 'step');
  const table = readSeriesCsv(text, { name, columns: [...index, ...channels] });
  const width = channels.length;
  if (index.length === 0)
    return { channels, values: { shape: [1, table.length, width], data: table.values } };
  const rows = new Map<number, number[]>();
  for (let row = 0; row < table.length; row++) {
    const number = table.values[row * (width + 1)]!;
    const list = rows.get(number);
    if (list) list.push(row);
    else rows.set(number, [row]);
  }
  const length = [...rows.values()][0]!.length;
  const data = new Float64Array(rows.size * length * width);
  let at = 0;
  for (const [number, list] of rows) {
    if (list.length !== length)
      throw new LabError('shape', `${name}: the series differ in length`, {
        expected: `${length} rows`,
        received: `series ${number} with ${list.length}`,
      });
    for (const row of list)
      for (let k = 0; k < width; k++) data[at++] = table.values[row * (width + 1) + 1 + k]!;
  }
  return { channels, values: { shape: [rows.size, length, width], data } };
}

function quoted(name: string): string {
  return /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
