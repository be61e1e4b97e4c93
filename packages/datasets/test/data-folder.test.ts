import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ohlcIncrementsScaler, windows } from '../src/index';
import { loadBeijingAir, loadGoogleStock, loadMetroTraffic } from '../src/node/index';

const beside = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data');
const folder = process.env.LAB_DATA_DIR ?? (existsSync(beside) ? beside : undefined);
const has = (file: string): boolean => folder !== undefined && existsSync(join(folder, file));

// Counts were read off the files with Python's csv module.
describe(`the papers' own data sets${folder === undefined ? ' (skipped: set LAB_DATA_DIR to the folder that holds them)' : ''}`, () => {
  test.skipIf(!has('google-stock.csv'))('google-stock: 3,685 bars', async () => {
    const google = await loadGoogleStock(folder!);
    expect(google.length).toBe(3685);
    expect([...google.values.subarray(0, 4)]).toEqual([49.676899, 51.693783, 47.669952, 49.845802]);
    expect([...google.values.subarray(-4)]).toEqual([1196, 1202.290039, 1193.079956, 1197.25]);
  });

  test.skipIf(!has('beijing-air-Aotizhongxin.csv'))(
    'beijing-air: gaps of up to six hours filled, longer ones cut',
    async () => {
      const air = await loadBeijingAir(folder!);
      expect(air.notes).toContain('1844 of 35064 hours dropped in longer gaps');
      expect(air.length).toBe(35064 - 1844);
      // Within a segment every hour follows the one before.
      for (const { start, end } of air.segments)
        expect(air.timestamps![end - 1]! - air.timestamps![start]!).toBe((end - 1 - start) * 3_600_000);
      const all = await loadBeijingAir(folder!, { maxGap: Infinity, channels: ['PM2.5'] });
      expect(all.length).toBe(35064);
      // 925 hours of PM2.5 are NA.
      expect(all.notes[0]).toMatch(/^925 values interpolated/);
    },
  );

  test.skipIf(!has('metro-traffic.csv'))('metro-traffic: 48,204 rows are 40,575 hours', async () => {
    const metro = await loadMetroTraffic(folder!);
    expect(metro.notes[0]).toBe(`${48204 - 40575} repeated hours merged`);
    expect(Math.max(...metro.values)).toBe(7280);
    expect(windows(metro, { length: 96, stride: 96 }).count).toBeGreaterThan(300);
  });

  test.skipIf(!has('google-stock.csv'))('increments of real prices come back to 1e-12', async () => {
    const bars = windows(await loadGoogleStock(folder!), { length: 96, stride: 48, previous: true });
    const scaler = ohlcIncrementsScaler(bars);
    const context = { length: 96, start: scaler.starts(bars) };
    const back = scaler.toRaw(scaler.fromRaw(bars.values, context), context);
    const worst = back.reduce((most, value, i) => Math.max(most, Math.abs(value / bars.values[i]! - 1)), 0);
    expect(worst).toBeLessThan(1e-12);
  });
});
