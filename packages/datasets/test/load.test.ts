import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listDatasets, windows, type SeriesDataset } from '../src/index';
import {
  loadDataset,
  loadFlightTraffic,
  loadSp500,
  loadWeather,
  loadWeatherNormals,
} from '../src/node/index';
import { packageFile } from '../src/node/package-file';

const iso = (stamp: number): string => new Date(stamp).toISOString().slice(0, 16);
function column({ values, length, channels }: SeriesDataset, name: string): Float64Array {
  const index = channels.indexOf(name);
  return Float64Array.from({ length }, (_, row) => values[row * channels.length + index]!);
}

// Counts and first and last rows below were read off the files with Python's csv module.
describe('data sets of vega-datasets', () => {
  test('sp500: 5,105 bars, in order of time, each with low <= open, close <= high', async () => {
    const sp500 = await loadSp500();
    expect(sp500.length).toBe(5105);
    expect([...sp500.values.subarray(0, 4)]).toEqual([1469.25, 1478, 1438.359985, 1455.219971]);
    expect([...sp500.values.subarray(-4)]).toEqual([2842.429932, 2879.219971, 2830.879883, 2874.560059]);
    expect([iso(sp500.timestamps![0]!), iso(sp500.timestamps!.at(-1)!)]).toEqual([
      '2000-01-03T00:00',
      '2020-04-17T00:00',
    ]);
    const [open, high, low, close] = sp500.channels.map((name) => column(sp500, name));
    const broken = open!.filter(
      (_, t) => low![t]! > Math.min(open![t]!, close![t]!) || high![t]! < Math.max(open![t]!, close![t]!),
    );
    expect(broken).toHaveLength(0);
  });

  test.each([
    ['Seattle', [0, 12.8, 5, 4.7]],
    ['New York', [1.8, 10, 3.3, 5.1]],
  ] as const)('weather of %s: 1,461 days, 2012 to 2015', async (location, first) => {
    const weather = await loadWeather({ location });
    expect(weather.length).toBe(1461);
    expect([...weather.values.subarray(0, 4)]).toEqual(first);
    // 2012 is a leap year: 366 + 3 * 365 days, one a row.
    expect(weather.timestamps!.at(-1)! - weather.timestamps![0]!).toBe(1460 * 86_400_000);
  });

  test('weather of another place is refused by name', async () => {
    await expect(loadWeather({ location: 'Paris' as never })).rejects.toThrow(
      /no location 'Paris'.*\["Seattle","New York"\]/,
    );
  });

  test('weather normals: every hour of a year but the first', async () => {
    const normals = await loadWeatherNormals();
    expect(normals.length).toBe(365 * 24 - 1);
    expect([...normals.values.subarray(0, 3)]).toEqual([1016.6, 4, 3.8]);
    expect(normals.timestamps!.at(-1)! - normals.timestamps![0]!).toBe((365 * 24 - 2) * 3_600_000);
  });

  test('flight traffic: every one of 3,000,000 flights is counted once', async () => {
    const all = await loadFlightTraffic({ top: Infinity });
    expect(all.values.reduce((a, b) => a + b, 0)).toBe(3_000_000);
    // 181 days from 1 January to 30 June 2001, and the hour after midnight.
    expect(all.length).toBe(181 * 24 + 1);
    expect(iso(all.timestamps![0]!)).toBe('2001-01-01T00:00');
    const busiest = await loadFlightTraffic({ airports: [all.channels[1]!, all.channels[0]!] });
    expect(column(busiest, all.channels[0]!)).toEqual(column(all, all.channels[0]!));
    const totals = all.channels.map((name) => column(all, name).reduce((a, b) => a + b));
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    await expect(loadFlightTraffic({ airports: ['XYZ'] })).rejects.toThrow(/no flight leaves from 'XYZ'/);
  });

  test('each has its licence, source and verified checksum', async () => {
    for (const info of listDatasets().filter(({ from }) => from === 'npm')) {
      const { id, licence, source, checksum } = await loadDataset(info.id as 'sp500');
      expect(id).toBe(info.id);
      expect(licence.length).toBeGreaterThan(10);
      expect(source).toContain(info.files[0]!.name);
      expect(checksum).toBe(info.files[0]!.checksum);
    }
  });
});

describe('files', () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lab-datasets-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const bars = 'Open,High,Low,Close,Adj_Close,Volume\n1,4,0.5,2,2,10\n2,3,1,2.5,2.5,10\n';

  test('a file that is not the data set is refused, unless its checksum is not to be checked', async () => {
    await writeFile(join(dir, 'google-stock.csv'), bars);
    await expect(loadDataset('google-stock', { dataDir: dir })).rejects.toThrow(
      /is not the file that this data set is.*verify: false/,
    );
    const series = await loadDataset('google-stock', { dataDir: dir, verify: false });
    expect([...series.values]).toEqual([1, 4, 0.5, 2, 2, 3, 1, 2.5]);
    expect(series.channels).toEqual(['open', 'high', 'low', 'close']);
  });

  test('metro: repeated hours merge, short gaps fill, long gaps split', async () => {
    const header =
      'holiday,temp,rain_1h,snow_1h,clouds_all,weather_main,weather_description,date_time,traffic_volume\n';
    const row = (time: string, volume: string) => `None,1,0,0,0,a,b,2000-01-01 ${time}:00,${volume}\n`;
    const rows = [
      row('00:00', '10'),
      row('00:00', '10'),
      row('02:00', '30'),
      row('03:00', ''),
      row('09:00', '90'),
      row('10:00', '100'),
    ];
    await writeFile(join(dir, 'metro-traffic.csv'), header + rows.join(''));
    const metro = await loadDataset('metro-traffic', { dataDir: dir, verify: false });
    // 00 to 02 by interpolation at 01; 03 to 08 are six hours, which is still filled.
    expect([...metro.values]).toEqual([
      10,
      20,
      30,
      30 + 60 / 7,
      30 + 120 / 7,
      30 + 180 / 7,
      30 + 240 / 7,
      30 + 300 / 7,
      30 + 360 / 7,
      90,
      100,
    ]);
    expect(metro.notes[0]).toBe('1 repeated hours merged');
    await writeFile(join(dir, 'metro-traffic.csv'), header + rows.join('').replace('03:00:00', '02:30:00'));
    await expect(loadDataset('metro-traffic', { dataDir: dir, verify: false })).rejects.toThrow(
      /line 5 is not at a full hour/,
    );
  });

  test('what is absent is said by name and with the way out', async () => {
    await expect(loadDataset('beijing-air')).rejects.toThrow(/in no npm package.*LAB_DATA_DIR/);
    await expect(loadDataset('beijing-air', { dataDir: join(dir, 'none') })).rejects.toThrow(
      /there is no file .*beijing-air-Aotizhongxin\.csv/,
    );
    await expect(loadSp500({ path: join(dir, 'none.csv') })).rejects.toThrow(/there is no file/);
    await expect(loadDataset('tulips' as never)).rejects.toThrow(/no data set 'tulips'.*"sp500"/);
  });

  test('a package that is not installed is named with the command that installs it', () => {
    const find = () => packageFile({ id: 'sp500', package: '@lab/no-such-data' }, { name: 'a.csv' });
    expect(find).toThrow(/'@lab\/no-such-data'.*is not installed.*hint: npm install @lab\/no-such-data/);
  });

  test('a copy elsewhere is as good', async () => {
    await cp(
      packageFile({ id: 'sp500', package: 'vega-datasets' }, { name: 'sp500-2000.csv' }),
      join(dir, 'copy.csv'),
    );
    expect((await loadSp500({ path: join(dir, 'copy.csv') })).length).toBe(5105);
  });
});

test('windows of real prices lie where the prices do', async () => {
  const sp500 = await loadSp500();
  const set = windows(sp500, { length: 24, stride: 24, previous: true });
  // (5105 - 1) / 24 = 212.67
  expect(set.count).toBe(212);
  expect(set.previous!.subarray(4, 8)).toEqual(sp500.values.subarray(24 * 4, 25 * 4));
});
