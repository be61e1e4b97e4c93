import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import { nonconvex } from '../../src/experiments/nonconvex/nonconvex';

test('a small run: CPS keeps every non-convex equality, guidance does not', async () => {
  const small = { ...nonconvex, scales: { ...nonconvex.scales, tour: { series: 6, repeats: 1 } } };
  const result = await runExperiment(small, { scale: 'tour', seed: 1 });
  expect(result.error).toBeUndefined();
  expect(result.claims.map(({ id, holds }) => [id, holds])).toEqual([
    ['nonconvex-zero-violations', true],
    ['guidance-violates', true],
  ]);
});
