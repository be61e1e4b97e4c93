import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { claim, formatMeasured, formatNumber, summarize } from '../src/index';

const base = { id: 'small', statement: 'It is small', paper: 'Table 1', criterion: 'at most 1' };

describe('claim', () => {
  test.each([
    [0.5, true],
    [2, false],
    [NaN, false],
  ])('is decided by what was measured: %d', (measured, holds) => {
    expect(claim({ ...base, measured, holds: (value) => value <= 1 })).toEqual({
      ...base,
      measured: String(measured),
      numbers: { value: measured },
      holds,
    });
  });

  test('shows several measurements by name', () => {
    const measured = { ours: summarize([1, 2, 3]), theirs: 4.123456 };
    const made = claim({ ...base, measured, holds: ({ ours, theirs }) => ours.mean < theirs });
    // 2 +- 4.302653 / sqrt(3)
    expect(made.measured).toBe('ours 2 [-0.4841, 4.484], n = 3; theirs 4.123');
    expect(made.numbers).toEqual({ ours: 2, theirs: 4.123456 });
    expect(made.holds).toBe(true);
  });
});

test.each([
  [0, '0'],
  [-12, '-12'],
  [5105, '5105'],
  [3.14159, '3.142'],
  [0.00012345, '1.23e-4'],
  [-2.5e9 - 0.5, '-2.50e9'],
  [Infinity, 'Infinity'],
])('formatNumber(%d)', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('a mean of one value shows no interval', () => {
  expect(formatMeasured(summarize([2]))).toBe('2, n = 1');
});

test.prop([fc.double({ min: -1e300, max: 1e300, noNaN: true })])('keeps three digits at least', (value) => {
  expect(Math.abs(Number(formatNumber(value)) - value)).toBeLessThanOrEqual(0.00501 * Math.abs(value));
});
