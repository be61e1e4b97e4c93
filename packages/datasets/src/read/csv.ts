import { LabError } from '@lab/tensor-core/errors';
import { fillGaps } from '../gaps';
import { seriesOf } from '../series';
import type { Series } from '../types';
import { parseCsvTable, type CsvTable } from './csv-table';
import { parseTime } from './time';

export interface ReadSeriesCsvOptions {
  /** Names of the columns that become channels, in this order. @default all but the time column */
  readonly columns?: readonly string[];
  /** Name of the column with ISO dates or times, strictly increasing; read as UTC when it names no zone. */
  readonly time?: string;
  /** Whether the first line names the columns; otherwise they are called `c0`, `c1`, ... @default true */
  readonly header?: boolean;
  /** @default ',' */
  readonly delimiter?: string;
  /** Cells that mean "not known", besides the empty one. @default ['NA', 'NaN', 'null'] */
  readonly missing?: readonly string[];
  /**
   * What a missing value is: `undefined` an error; a number the longest run of rows that is interpolated linearly,
   * while the rows of longer runs are dropped and the series falls into segments.
   */
  readonly maxGap?: number;
  /** Milliseconds between rows (needs `time`): where rows lie further apart, a new segment starts. */
  readonly step?: number;
  /** What to call the text in errors, such as its file name. @default 'CSV' */
  readonly name?: string;
}

/**
 * Reads a series from CSV text, one row a time.
 *
 * @throws LabError `format` naming the line and the column of what cannot be read
 * @example
 * readSeriesCsv('day,price\n2024-01-01,10\n2024-01-02,11', { time: 'day' }).values; // 10, 11
 */
export function readSeriesCsv(text: string, options: ReadSeriesCsvOptions = {}): Series {
  const { header = true, delimiter = ',', name = 'CSV', time, maxGap } = options;
  const table = parseCsvTable(text, { header, delimiter, name });
  const channels = options.columns ?? table.columns.filter((column) => column !== time);
  if (channels.length === 0) throw new LabError('format', `${name}: there is no column of values`);
  const values = numbers(table, { ...options, channels, name });
  const timestamps = time === undefined ? undefined : times(table, { time, name });
  const {
    values: kept,
    rows,
    segments,
  } = fillGaps(values, { channels: channels.length, maxGap: maxGap ?? 0 });
  if (rows.length === 0)
    throw new LabError('format', `${name}: no row is complete`, { received: `${table.rows.length} rows` });
  const keptTimes = timestamps && Float64Array.from(rows, (row) => timestamps[row]!);
  return seriesOf(kept, {
    channels,
    segments:
      options.step === undefined || !keptTimes ? segments : splitAtJumps(segments, keptTimes, options.step),
    ...(keptTimes && { timestamps: keptTimes }),
  });
}

interface NumbersOptions extends ReadSeriesCsvOptions {
  readonly channels: readonly string[];
  readonly name: string;
}

function numbers(table: CsvTable, options: NumbersOptions): Float64Array {
  const { channels, missing = ['NA', 'NaN', 'null'], maxGap, name } = options;
  const columns = channels.map((channel) => table.indexOf(channel));
  const values = new Float64Array(table.rows.length * columns.length);
  let at = 0;
  for (const { cells, line } of table.rows)
    for (const [index, column] of columns.entries()) {
      const cell = cells[column]!.trim();
      const isMissing = cell === '' || missing.includes(cell);
      const value = isMissing ? NaN : Number(cell);
      if (isMissing ? maxGap === undefined : !Number.isFinite(value))
        throw new LabError('format', `${name}: line ${line}, column '${channels[index]!}' is not a number`, {
          argument: `line ${line}, column '${channels[index]!}'`,
          received: cell === '' ? '(empty)' : cell,
          hint: isMissing
            ? 'maxGap says how missing values are handled'
            : 'choose other columns or correct the cell',
        });
      values[at++] = value;
    }
  return values;
}

function times(table: CsvTable, { time, name }: { time: string; name: string }): Float64Array {
  const column = table.indexOf(time);
  const stamps = new Float64Array(table.rows.length);
  table.rows.forEach(({ cells, line }, row) => {
    const fail = (what: string, hint: string): never => {
      throw new LabError('format', `${name}: line ${line}, column '${time}' ${what}`, {
        received: cells[column],
        hint,
      });
    };
    stamps[row] = parseTime(cells[column]!);
    if (Number.isNaN(stamps[row])) fail('is not a time', 'write times as 2024-01-31 or 2024-01-31T18:00:00');
    if (row > 0 && stamps[row] <= stamps[row - 1]!)
      fail('is not later than the row before', 'sort the rows by time');
  });
  return stamps;
}

function splitAtJumps(
  segments: Series['segments'],
  timestamps: Float64Array,
  step: number,
): Series['segments'] {
  // A clock that drifts by less than half a step is still the same clock.
  const jump = step * 1.5;
  return segments.flatMap(({ start, end }) => {
    const cuts = [start];
    for (let row = start + 1; row < end; row++)
      if (timestamps[row]! - timestamps[row - 1]! > jump) cuts.push(row);
    return cuts.map((cut, index) => ({ start: cut, end: cuts[index + 1] ?? end }));
  });
}
