import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { fillGaps, seriesOf, splitByTime, windows, type Series } from '../src/index';

/** A series whose value is its row, cut into segments of the given lengths. */
function counting(lengths: readonly number[]): Series {
  const total = lengths.reduce((a, b) => a + b, 0);
  let at = 0;
  const segments = lengths.map((length) => ({ start: at, end: (at += length) }));
  return seriesOf(
    Float64Array.from({ length: total }, (_, row) => row),
    { channels: ['row'], segments },
  );
}

const lengths = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });

describe('windows', () => {
  test('by hand: length 3, stride 2 over 5 and 4 rows', () => {
    expect([...windows(counting([5, 4]), { length: 3, stride: 2 }).values]).toEqual([
      0, 1, 2, 2, 3, 4, 5, 6, 7,
    ]);
  });

  test('takes channels by name in the order asked for', () => {
    const series = seriesOf(Float64Array.of(1, 10, 100, 2, 20, 200), { channels: ['a', 'b', 'c'] });
    expect([...windows(series, { length: 2, channels: ['c', 'a'] }).values]).toEqual([100, 1, 200, 2]);
    expect(() => windows(series, { length: 2, channels: ['d'] })).toThrow(
      /no channel 'd'.*expected: \["a","b","c"\]/,
    );
  });

  test('previous: only windows with a row before them', () => {
    const set = windows(counting([3, 3]), { length: 2, previous: true });
    expect([...set.starts]).toEqual([1, 4]);
    expect([...set.previous!]).toEqual([0, 3]);
  });

  test.prop([lengths, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })])(
    'lie inside one segment, and as many as the formula says',
    (parts, length, stride) => {
      const series = counting(parts);
      const set = windows(series, { length, stride });
      expect(set.count).toBe(
        parts.reduce((sum, part) => sum + (part < length ? 0 : Math.floor((part - length) / stride) + 1), 0),
      );
      for (let w = 0; w < set.count; w++) {
        const rows = set.values.subarray(w * length, (w + 1) * length);
        expect(rows.every((row, i) => row === rows[0]! + i)).toBe(true);
        expect(series.segments.some(({ start, end }) => start <= rows[0]! && rows.at(-1)! < end)).toBe(true);
      }
    },
  );

  test('refuses lengths that are not counts', () => {
    expect(() => windows(counting([3]), { length: 0 })).toThrow(/length is not a count/);
    expect(() => windows(counting([3]), { length: 1, stride: 0.5 })).toThrow(/stride is not a count/);
  });
});

describe('splitByTime', () => {
  test.prop([
    lengths,
    fc.double({ min: 0, max: 0.6, noNaN: true }),
    fc.double({ min: 0, max: 0.4, noNaN: true }),
  ])('keeps every row once, in order, and segments where they were', (parts, train, validation) => {
    const series = counting(parts);
    const split = splitByTime(series, { train, validation });
    const pieces = [split.train, split.validation, split.test];
    expect(pieces.flatMap((piece) => [...piece.values])).toEqual([...series.values]);
    for (const piece of pieces)
      for (const { start, end } of piece.segments) {
        const [first, last] = [piece.values[start]!, piece.values[end - 1]!];
        expect(series.segments.some((whole) => whole.start <= first && last < whole.end)).toBe(true);
      }
  });

  test('takes shares of the rows', () => {
    const { train, validation, test: rest } = splitByTime(counting([10]), { train: 0.7, validation: 0.2 });
    expect([train.length, validation.length, rest.length]).toEqual([7, 2, 1]);
    expect(() => splitByTime(counting([10]), { train: 0.9, validation: 0.2 })).toThrow(/sum of at most 1/);
  });
});

describe('fillGaps', () => {
  test('interpolates short gaps, drops the rows of long ones', () => {
    const values = Float64Array.of(NaN, 1, NaN, 3, NaN, NaN, 6, 7);
    const filled = fillGaps(values, { channels: 1, maxGap: 1 });
    expect([...filled.values]).toEqual([1, 2, 3, 6, 7]);
    expect([...filled.rows]).toEqual([1, 2, 3, 6, 7]);
    expect(filled.segments).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 5 },
    ]);
    expect([filled.interpolated, filled.dropped]).toEqual([1, 3]);
  });

  test('a gap in one channel leaves the others as they are', () => {
    const values = Float64Array.of(0, 5, NaN, 7, NaN, 1, 3, 2);
    expect([...fillGaps(values, { channels: 2, maxGap: 2 }).values]).toEqual([0, 5, 1, 7, 2, 1, 3, 2]);
  });

  test.prop([
    fc.array(fc.option(fc.integer({ min: -9, max: 9 }), { nil: NaN, freq: 3 }), { maxLength: 40 }),
    fc.nat(5),
  ])('changes no value that is there and leaves no NaN', (cells, maxGap) => {
    const { values, rows } = fillGaps(Float64Array.from(cells), { channels: 1, maxGap });
    rows.forEach((row, index) => {
      if (Number.isNaN(cells[row])) expect(Number.isFinite(values[index])).toBe(true);
      else expect(values[index]).toBe(cells[row]);
    });
    cells.forEach((cell, row) => expect(Number.isNaN(cell) || rows.includes(row)).toBe(true));
  });
});
