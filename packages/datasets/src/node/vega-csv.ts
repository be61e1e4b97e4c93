import { LabError } from '@lab/tensor-core/errors';
import { ohlcChannels } from '../catalogue';
import { readSeriesCsv } from '../read/csv';
import { parseCsvTable } from '../read/csv-table';
import type { SeriesDataset } from '../types';
import { asDataset } from './dataset';
import { openDataset, textOf, type LoadOptions } from './files';

/**
 * Daily open, high, low and close of the S&P 500 index, 2000-01-03 to 2020-04-17, 5,105 trading days. Rows are
 * neighbours although weekends lie between them: a trading day's step is the market's own clock.
 *
 * @throws LabError `missing` when the npm package `vega-datasets` is not installed, `format` at a wrong checksum
 */
export async function loadSp500(options: LoadOptions = {}): Promise<SeriesDataset> {
  const file = await openDataset('sp500', options);
  const series = readSeriesCsv(textOf(file), { columns: ohlcChannels, time: 'date', name: 'sp500-2000.csv' });
  return asDataset(series, file);
}

export interface LoadWeatherOptions extends LoadOptions {
  /** @default 'Seattle' */
  readonly location?: 'Seattle' | 'New York';
}

/** Daily weather of one city, 2012 to 2015: 1,461 days, four channels. */
export async function loadWeather({
  location = 'Seattle',
  ...options
}: LoadWeatherOptions = {}): Promise<SeriesDataset> {
  const file = await openDataset('weather', options);
  const name = 'weather.csv';
  const table = parseCsvTable(textOf(file), { header: true, delimiter: ',', name });
  const place = table.indexOf('location');
  const locations = new Set(table.rows.map(({ cells }) => cells[place]!));
  if (!locations.has(location))
    throw new LabError('argument', `weather: there is no location '${location}'`, {
      argument: 'location',
      expected: [...locations],
    });
  const rows = table.rows
    .filter(({ cells }) => cells[place] === location)
    .map(({ cells }) => cells.join(','));
  const series = readSeriesCsv([table.columns.join(','), ...rows].join('\n'), {
    columns: file.info.channels,
    time: 'date',
    name,
  });
  return asDataset(series, file, { title: `Weather of ${location}, daily 2012 to 2015` });
}

/** Hourly climate normals of Seattle: 8,759 hours, 01:00 on 1 January to 23:00 on 31 December, three channels. */
export async function loadWeatherNormals(options: LoadOptions = {}): Promise<SeriesDataset> {
  const file = await openDataset('weather-normals', options);
  const series = readSeriesCsv(textOf(file), { time: 'date', name: 'seattle-weather-hourly-normals.csv' });
  return asDataset(series, file);
}
