import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  minMaxScaler,
  ohlcIncrementsScaler,
  returnsScaler,
  scalerFromJSON,
  seriesOf,
  standardScaler,
  windows,
  type Scaler,
} from '../src/index';

const channels = ['open', 'high', 'low', 'close'] as const;
const price = fc.double({ min: 0.5, max: 5000, noNaN: true });
const bars = fc.array(fc.tuple(price, price, price, price), { minLength: 3, maxLength: 24 });
const prices = fc.constantFrom('log', 'relative', 'raw');

const seriesFrom = (rows: readonly (readonly number[])[]) =>
  seriesOf(Float64Array.from(rows.flat()), { channels });

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  const unit = Math.max(1, ...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++)
    expect(Math.abs(actual[i]! - expected[i]!)).toBeLessThanOrEqual(tolerance * unit);
}

describe('standardScaler', () => {
  const series = seriesOf(Float64Array.of(1, 10, 2, 20, 3, 60), { channels: ['a', 'b'] });

  test('gives mean 0 and variance 1 a channel', () => {
    // a = 1,2,3: mean 2, population deviation sqrt(2/3); b = 10,20,60: mean 30, deviation sqrt(1400/3).
    const { shift, scale } = standardScaler(series).toJSON();
    expectClose(shift, [2, 30]);
    expectClose(scale, [Math.sqrt(2 / 3), Math.sqrt(1400 / 3)]);
  });

  test('global: one mean and deviation for all channels', () => {
    // 1,2,3,10,20,60: mean 16, sum of squares 4114, variance 4114/6 - 256.
    const { shift, scale } = standardScaler(series, { per: 'global' }).toJSON();
    expectClose(shift, [16, 16]);
    expectClose(scale, [Math.sqrt(4114 / 6 - 256), Math.sqrt(4114 / 6 - 256)]);
  });

  test('a constant channel keeps its unit', () => {
    expect(
      standardScaler(seriesOf(Float64Array.of(0.1, 0.1, 0.1), { channels: ['a'] })).toJSON().scale,
    ).toEqual([1]);
  });
});

test('minMaxScaler sends least and greatest to the range', () => {
  const series = seriesOf(Float64Array.of(2, 4, 10), { channels: ['a'] });
  expectClose(minMaxScaler(series, { range: [-1, 1] }).fromRaw(series.values, { length: 3 }), [-1, -0.5, 1]);
});

describe('ohlcIncrementsScaler', () => {
  test('increments are gap, high - open, low - open, close - open, by hand', () => {
    const series = seriesFrom([
      [10, 12, 9, 11],
      [11.5, 13, 11, 12],
      [12, 12.5, 10, 10.5],
    ]);
    const scaler = ohlcIncrementsScaler(series, { prices: 'raw' });
    // Fitted on rows 1 and 2, which have a row before them: gaps .5 and 0, highs 1.5 and .5, lows -.5 and -2, closes .5 and -1.5.
    expectClose(scaler.toJSON().shift, [0.25, 1, -1.25, -0.5]);
    expectClose(scaler.toJSON().scale, [0.25, 0.5, 0.75, 1]);
    // Row 0 opens at its own start: gap 0 -> -1, high 2 -> 2, low -1 -> 1/3, close 1 -> 1.5.
    expectClose(scaler.fromRaw(series.values, { length: 3 }), [
      -1,
      2,
      1 / 3,
      1.5,
      1,
      1,
      1,
      1,
      -1,
      -1,
      -1,
      -1,
    ]);
  });

  test('windows with their previous rows use that close as start', () => {
    const series = seriesFrom([
      [10, 12, 9, 11],
      [11.5, 13, 11, 12],
      [12, 12.5, 10, 10.5],
    ]);
    const set = windows(series, { length: 2, previous: true });
    const scaler = ohlcIncrementsScaler(set);
    expect([...scaler.starts(set)]).toEqual([11]);
    expectClose(
      scaler.toRaw(scaler.fromRaw(set.values, { length: 2, start: 11 }), { length: 2, start: 11 }),
      set.values,
    );
  });

  test('order of open, high, low, close is a sign of single increments', () => {
    const series = seriesFrom([
      [10, 12, 9, 11],
      [11, 14, 8, 9],
      [9, 13, 7, 12],
    ]);
    const { shift, scale } = ohlcIncrementsScaler(series).toJSON();
    const x = ohlcIncrementsScaler(series).fromRaw(series.values, { length: 3 });
    x.forEach((value, i) => {
      const increment = value * scale[i % 4]! + shift[i % 4]!;
      if (i % 4 === 1) expect(increment).toBeGreaterThan(0);
      if (i % 4 === 2) expect(increment).toBeLessThan(0);
    });
  });

  test('refuses other channels and prices that are not positive', () => {
    expect(() => ohlcIncrementsScaler(seriesOf(Float64Array.of(1, 2), { channels: ['a'] }))).toThrow(
      /four channels/,
    );
    expect(() =>
      ohlcIncrementsScaler(
        seriesFrom([
          [1, 2, 0, 1],
          [1, 2, 1, 1],
        ]),
      ),
    ).toThrow(/row 0, channel 'low'/);
  });
});

test('returnsScaler: log returns of a doubling are ln 2', () => {
  const series = seriesOf(Float64Array.of(1, 2, 4, 4), { channels: ['a'] });
  expectClose(returnsScaler(series).toJSON().shift, [(2 * Math.LN2) / 3]);
});

describe('every scaler', () => {
  const all = (
    rows: readonly (readonly number[])[],
    scale: 'log' | 'relative' | 'raw',
  ): readonly Scaler[] => {
    const series = seriesFrom(rows);
    return [
      standardScaler(series),
      standardScaler(series, { per: 'global' }),
      minMaxScaler(series),
      ohlcIncrementsScaler(series, { prices: scale }),
      returnsScaler(series, { prices: scale }),
    ];
  };

  test.prop([bars, prices, price])('comes back from scaled values', (rows, scale, start) => {
    for (const scaler of all(rows, scale)) {
      const raw = Float64Array.from(rows.flat());
      const context = { length: rows.length, start };
      const before = Float64Array.from(raw);
      expectClose(scaler.toRaw(scaler.fromRaw(raw, context), context), raw);
      expect(raw).toEqual(before);
    }
  });

  test.prop([bars, prices, price])('its affine map is its way back', (rows, scale, start) => {
    for (const scaler of all(rows, scale)) {
      const context = { length: rows.length, start };
      const x = scaler.fromRaw(Float64Array.from(rows.flat()), context);
      const map = scaler.affine(context);
      const target = scaler.toRaw(x, context).map((value) => (map.space === 'log' ? Math.log(value) : value));
      expectClose(map.apply(x), target, 1e-11);
      const dense = map.matrix();
      const y = Float64Array.from(map.shift, (m, i) =>
        x.reduce((sum, value, j) => sum + dense[i * map.size + j]! * value, m),
      );
      expectClose(y, target, 1e-11);
    }
  });

  test.prop([bars, prices])('survives JSON', (rows, scale) => {
    for (const scaler of all(rows, scale)) {
      const raw = Float64Array.from(rows.flat());
      const again = scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
      expect(again.fromRaw(raw, { length: rows.length })).toEqual(
        scaler.fromRaw(raw, { length: rows.length }),
      );
    }
  });

  test.prop([bars, prices, price, price])('treats a batch as its series one by one', (rows, scale, a, b) => {
    const { length } = rows;
    for (const scaler of all(rows, scale)) {
      const raw = Float64Array.from(rows.flat());
      const backwards = raw.slice().reverse();
      const pair = Float64Array.of(...raw, ...backwards);
      const wide = scaler.kind === 'returns' ? 4 : 1;
      const start = Float64Array.of(...Array<number>(wide).fill(a), ...Array<number>(wide).fill(b));
      expect(scaler.fromRaw(pair, { length, start })).toEqual(
        Float64Array.of(
          ...scaler.fromRaw(raw, { length, start: a }),
          ...scaler.fromRaw(backwards, { length, start: b }),
        ),
      );
    }
  });

  test('says which field of its JSON is wrong', () => {
    const good = standardScaler(seriesOf(Float64Array.of(1, 2), { channels: ['a'] })).toJSON();
    expect(() => scalerFromJSON({ ...good, scale: [0] })).toThrow(/scale is not/);
    expect(() => scalerFromJSON({ ...good, shift: [null] })).toThrow(/shift is not/);
    expect(() => scalerFromJSON({ ...good, kind: 'ohlc-increments' })).toThrow(/channels is not/);
    expect(() => scalerFromJSON(null)).toThrow(/kind is not/);
  });
});
