import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { key, normal64 } from '@lab/tensor-core/random';
import { fitNeighbours, neighbourScores } from '../../src';

const line = (...values: number[]) => ({ shape: [values.length, 1], data: Float64Array.from(values) });

describe('nearest neighbours', () => {
  test('by hand', () => {
    const probe = fitNeighbours(line(0, 1, 2, 10), [1, 1, -1, 0 - 1], { neighbours: 3 });
    expect(Array.from(neighbourScores(probe, line(0.2, 8)))).toEqual([1 / 3, -1 / 3]);
  });

  const integer = fc.integer({ min: 1, max: 12 });
  property.prop([integer, integer, fc.integer({ min: 0, max: 999 })])(
    'are those of a sort by distance, ties to the earlier row',
    (rows, wanted, seed) => {
      const neighbours = Math.min(rows, wanted);
      const phi = { shape: [rows, 2], data: normal64(key(seed), 2 * rows).map((v) => Math.round(v)) };
      const at = { shape: [3, 2], data: normal64(key(seed + 1), 6).map((v) => Math.round(v)) };
      const y = Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : -1));
      const scores = neighbourScores(fitNeighbours(phi, y, { neighbours }), at);
      scores.forEach((score, i) => {
        const distance = (j: number): number =>
          (phi.data[2 * j]! - at.data[2 * i]!) ** 2 + (phi.data[2 * j + 1]! - at.data[2 * i + 1]!) ** 2;
        const order = Array.from(y.keys()).sort((a, b) => distance(a) - distance(b) || a - b);
        const mean = order.slice(0, neighbours).reduce((sum, j) => sum + y[j]!, 0) / neighbours;
        expect(score).toBeCloseTo(mean, 12);
      });
    },
  );

  test('refuses what does not fit', () => {
    expect(() => fitNeighbours(line(0, 1), [1, -1], { neighbours: 3 })).toThrow(/as many neighbours/);
    expect(() => fitNeighbours(line(0, 1), [1])).toThrow(/needs a label/);
    const probe = fitNeighbours(line(0, 1), [1, -1], { neighbours: 1 });
    expect(() => neighbourScores(probe, { shape: [1, 2], data: Float64Array.of(0, 0) })).toThrow(
      /another number/,
    );
  });
});
