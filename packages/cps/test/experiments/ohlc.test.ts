import { key } from '@lab/tensor-core/random';
import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import { bars, simulateBars } from '../../src/experiments/ohlc/market';
import { ohlc } from '../../src/experiments/ohlc/ohlc';

test('simulated bars are in order and spread as the walk they are cut from', () => {
  const count = 4000;
  const { values } = simulateBars(key(3), count);
  for (let at = 0; at < values.length; at += 4) {
    const [open, high, low, close] = values.subarray(at, at + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    expect(high >= Math.max(open, close) && low <= Math.min(open, close)).toBe(true);
  }
  // The last log close is a sum of 24 gaps and 24 bars: its variance is 24 (0.02^2 + 0.006^2), its sample's relative deviation
  // sqrt(2 / 4000) = 2.2 %.
  const last = Array.from({ length: count }, (_, n) => Math.log(values[(n + 1) * bars * 4 - 1]!));
  const variance = last.reduce((sum, each) => sum + each * each, 0) / count;
  expect(variance / (bars * (0.02 ** 2 + 0.006 ** 2))).toBeGreaterThan(0.9);
  expect(variance / (bars * (0.02 ** 2 + 0.006 ** 2))).toBeLessThan(1.1);
});

test('a small run reproduces the lesson about coordinates', async () => {
  const small = { ...ohlc, scales: { ...ohlc.scales, tour: { train: 1500, test: 200, repeats: 1 } } };
  const result = await runExperiment(small, { scale: 'tour', seed: 0 });
  expect(result.error).toBeUndefined();
  expect(result.claims.map(({ id, holds }) => [id, holds])).toEqual([
    ['bars-in-order', true],
    ['order-is-harmless', true],
    ['increments-carry-returns', true],
  ]);
});
