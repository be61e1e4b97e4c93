import { expect, test } from 'vitest';
import { loadGolden } from '../src';

test('reads numbers that JSON cannot write', () => {
  const { values } = loadGolden<{ values: number[] }>(import.meta.dirname, 'special');
  expect(values).toEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1.5]);
});

test('refuses numbers of unknown origin', () => {
  expect(() => loadGolden(import.meta.dirname, 'sourceless')).toThrow(/"source"/);
});
