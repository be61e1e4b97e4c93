import { LabError } from '@lab/tensor-core/errors';
import { ohlcChannels } from '../catalogue';
import { fillGaps } from '../gaps';
import { readSeriesCsv } from '../read/csv';
import { parseCsvTable, type CsvTable } from '../read/csv-table';
import { parseTime } from '../read/time';
import { seriesOf } from '../series';
import type { SeriesDataset } from '../types';
import { asDataset } from './dataset';
import { openDataset, textOf, type LoadOptions } from './files';

const hour = 3_600_000;

/** Daily open, high, low and close of Google's stock: 3,685 trading days, without dates, as the papers use it. */
export async function loadGoogleStock(dataDir: string, options: LoadOptions = {}): Promise<SeriesDataset> {
  const file = await openDataset('google-stock', { ...options, folder: dataDir });
  const series = readSeriesCsv(textOf(file), {
    columns: ['Open', 'High', 'Low', 'Close'],
    name: 'google-stock.csv',
  });
  return asDataset({ ...series, channels: ohlcChannels }, file);
}

export interface LoadGappedOptions extends LoadOptions {
  /** Hours in a row, of one channel, that are interpolated linearly; rows of longer gaps are dropped. @default 6 */
  readonly maxGap?: number;
}

export interface LoadBeijingAirOptions extends LoadGappedOptions {
  /** @default 'Aotizhongxin' */
  readonly station?: 'Aotizhongxin' | 'Dongsi' | 'Tiantan';
  /** Also `TEMP`, `PRES`, `DEWP`, `RAIN`, `WSPM`. @default the six pollutants */
  readonly channels?: readonly string[];
}

/**
 * Hourly air of one Beijing station, 2013-03-01 to 2017-02-28. Values that are not known are interpolated in gaps of up to
 * `maxGap` hours; the hours of longer gaps are dropped, so the series falls into segments, which windows never span.
 */
export async function loadBeijingAir(
  dataDir: string,
  options: LoadBeijingAirOptions = {},
): Promise<SeriesDataset> {
  const { station = 'Aotizhongxin', maxGap = 6, channels, ...rest } = options;
  const name = `beijing-air-${station}.csv`;
  const file = await openDataset('beijing-air', { ...rest, folder: dataDir, file: name });
  const table = parseCsvTable(textOf(file), { header: true, delimiter: ',', name });
  const [year, month, day, clock] = ['year', 'month', 'day', 'hour'].map((column) => table.indexOf(column));
  return onHourlyGrid(table, {
    name,
    maxGap,
    channels: channels ?? file.info.channels,
    time: (cells) =>
      Date.UTC(Number(cells[year!]), Number(cells[month!]) - 1, Number(cells[day!]), Number(cells[clock!])),
    toDataset: (series, notes) =>
      asDataset(series, file, { title: `Air of Beijing, ${station}, hourly 2013 to 2017`, notes }),
  });
}

/**
 * Vehicles per hour on Interstate 94, 2012-10-02 to 2018-09-30. The file repeats an hour once for each kind of weather it
 * had, with the same volume: repetitions are merged. Missing hours are handled as by `loadBeijingAir`.
 */
export async function loadMetroTraffic(
  dataDir: string,
  options: LoadGappedOptions = {},
): Promise<SeriesDataset> {
  const { maxGap = 6, ...rest } = options;
  const file = await openDataset('metro-traffic', { ...rest, folder: dataDir });
  const name = 'metro-traffic.csv';
  const table = parseCsvTable(textOf(file), { header: true, delimiter: ',', name });
  const time = table.indexOf('date_time');
  return onHourlyGrid(table, {
    name,
    maxGap,
    channels: file.info.channels,
    time: (cells) => parseTime(cells[time]!),
    toDataset: (series, notes) => asDataset(series, file, { notes }),
  });
}

interface GridOptions {
  readonly name: string;
  readonly maxGap: number;
  readonly channels: readonly string[];
  readonly time: (cells: readonly string[]) => number;
  readonly toDataset: (series: ReturnType<typeof seriesOf>, notes: readonly string[]) => SeriesDataset;
}

/** Puts rows on every hour from the first to the last, merges repeated hours and fills or drops the missing ones. */
function onHourlyGrid(
  table: CsvTable,
  { name, maxGap, channels, time, toDataset }: GridOptions,
): SeriesDataset {
  const columns = channels.map((channel) => table.indexOf(channel));
  const stamps = table.rows.map(({ cells, line }) => {
    const stamp = time(cells) / hour;
    if (Number.isInteger(stamp)) return stamp;
    throw new LabError('format', `${name}: line ${line} is not at a full hour`, {
      received: cells.join(','),
    });
  });
  const first = stamps.reduce((a, b) => Math.min(a, b), Infinity);
  const hours = stamps.reduce((a, b) => Math.max(a, b), -Infinity) - first + 1;
  const grid = new Float64Array(hours * columns.length).fill(NaN);
  table.rows.forEach(({ cells, line }, row) =>
    columns.forEach((column, k) => {
      const cell = cells[column]!;
      if (cell === '' || cell === 'NA') return;
      const value = Number(cell);
      if (!Number.isFinite(value))
        throw new LabError('format', `${name}: line ${line}, column '${channels[k]!}' is not a number`, {
          received: cell,
        });
      grid[(stamps[row]! - first) * columns.length + k] = value;
    }),
  );
  const { values, rows, segments, interpolated, dropped } = fillGaps(grid, {
    channels: columns.length,
    maxGap,
  });
  const timestamps = Float64Array.from(rows, (row) => (first + row) * hour);
  const merged = table.rows.length - new Set(stamps).size;
  return toDataset(seriesOf(values, { channels, timestamps, segments }), [
    ...(merged > 0 ? [`${merged} repeated hours merged`] : []),
    `${interpolated} values interpolated in gaps of up to ${maxGap} hours`,
    `${dropped} of ${hours} hours dropped in longer gaps`,
  ]);
}
