import { fc, test } from '@fast-check/vitest';
import { writeNpz } from '@lab/tensor-core/io';
import { describe, expect } from 'vitest';
import { readSeriesCsv, readSeriesNpz } from '../src/index';

const day = 86_400_000;

describe('readSeriesCsv', () => {
  test('takes columns by name, times as UTC', () => {
    const series = readSeriesCsv('when,a,note,b\n1970-01-02,1,x,2\n"1970-01-03",3,"y,z",4\n', {
      columns: ['b', 'a'],
      time: 'when',
    });
    expect([...series.values]).toEqual([2, 1, 4, 3]);
    expect([...series.timestamps!]).toEqual([day, 2 * day]);
    expect(series.channels).toEqual(['b', 'a']);
  });

  test.each([
    ['1970-01-01T01:00:00', 3_600_000],
    ['1970-01-01 00:00:01', 1000],
    ['1970-01-01T00:00:00+01:00', -3_600_000],
    ['1970-01-01T00:00Z', 0],
  ])('reads the time %s', (text, expected) => {
    expect(readSeriesCsv(`t,a\n${text},1`, { time: 't' }).timestamps![0]).toBe(expected);
  });

  test('without a header columns are numbered; delimiters and a byte order mark are no matter', () => {
    expect([
      ...readSeriesCsv('\ufeff1;2\n3;4', { header: false, delimiter: ';', columns: ['c1'] }).values,
    ]).toEqual([2, 4]);
  });

  test.each([
    ['a,b\n1,2\n3,oops\n', {}, /CSV: line 3, column 'b' is not a number.*received: oops/],
    ['a,b\n1,2\n\n3,\n', {}, /line 4, column 'b' is not a number.*hint: maxGap/],
    ['a,b\n1,Infinity\n', {}, /line 2, column 'b'/],
    ['a,b\n1,2\n3\n', {}, /line 3 cannot be read/],
    ['a,b\n1,"2\n', {}, /cannot be read/],
    ['a,a\n1,2\n', {}, /line 1 names the column 'a' twice/],
    ['a\n1\n', { columns: ['b'] }, /no column 'b'.*expected: \["a"\]/],
    ['t,a\n1999-02-31,1\n', { time: 't' }, /line 2, column 't' is not a time/],
    ['t,a\n2000-01-02,1\n2000-01-01,1\n', { time: 't' }, /line 3, column 't' is not later/],
    ['', {}, /empty/],
    ['a\n', {}, /no row/],
    ['a\n"x\ny"\n', {}, /line 3, column 'a'/],
  ])('refuses %j', (text, options, message) => {
    expect(() => readSeriesCsv(text, options)).toThrow(message);
  });

  test('maxGap interpolates short gaps and splits at long ones', () => {
    const series = readSeriesCsv('a\n1\nNA\n3\n""\nNaN\n6\n', { maxGap: 1 });
    expect([...series.values]).toEqual([1, 2, 3, 6]);
    expect(series.segments).toHaveLength(2);
  });

  test('step: a jump in time starts a segment', () => {
    const series = readSeriesCsv('t,a\n2000-01-01,1\n2000-01-02,2\n2000-01-05,5\n', { time: 't', step: day });
    expect(series.segments).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 3 },
    ]);
  });

  test.prop([
    fc.array(fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()), { minLength: 1 }),
  ])('reads back every number that was written', (rows) => {
    const text = ['a,b', ...rows.map((row) => row.join(','))].join('\r\n');
    // JavaScript writes -0 as 0.
    expect([...readSeriesCsv(text).values]).toEqual(rows.flat().map((value) => (value === 0 ? 0 : value)));
  });
});

describe('readSeriesNpz', () => {
  const npz = (
    shape: number[],
    data: Float64Array = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i),
  ) => writeNpz({ x: { shape, dtype: 'float64', data } });

  test('one, two and three axes', () => {
    expect(readSeriesNpz(npz([3]))).toMatchObject({ length: 3, channels: ['c0'] });
    expect(readSeriesNpz(npz([3, 2]), { channels: ['a', 'b'] })).toMatchObject({
      length: 3,
      channels: ['a', 'b'],
    });
    const many = readSeriesNpz(npz([2, 3, 1]));
    expect([...many.values]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(many.segments).toEqual([
      { start: 0, end: 3 },
      { start: 3, end: 6 },
    ]);
  });

  test('other kinds of numbers', () => {
    const bytes = writeNpz({
      long: { shape: [2], dtype: 'int64', data: BigInt64Array.of(-1n, 2n) },
      // 0x3c00 and 0xc000 are 1 and -2 as half floats (IEEE 754 binary16).
      half: { shape: [2], dtype: 'float16', data: Uint16Array.of(0x3c00, 0xc000) },
    });
    expect([...readSeriesNpz(bytes, { array: 'long' }).values]).toEqual([-1, 2]);
    expect([...readSeriesNpz(bytes, { array: 'half' }).values]).toEqual([1, -2]);
    expect(() => readSeriesNpz(bytes)).toThrow(/say which array.*\["long","half"\]/);
  });

  test('refuses other shapes, names that do not fit, and what is not finite', () => {
    expect(() => readSeriesNpz(npz([1, 1, 1, 1]))).toThrow(/not a series/);
    expect(() => readSeriesNpz(npz([0, 2]))).toThrow(/not a series/);
    expect(() => readSeriesNpz(npz([2, 2]), { channels: ['a'] })).toThrow(/one name a channel/);
    expect(() => readSeriesNpz(npz([2, 1], Float64Array.of(1, NaN)))).toThrow(/values\[1, c0\]/);
  });
});
