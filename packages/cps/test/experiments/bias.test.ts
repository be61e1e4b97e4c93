import { runExperiment } from '@lab/experiment';
import { expect, test } from 'vitest';
import { bias } from '../../src/experiments/bias/bias';

test('the tour of the exact law: its table has the means of the closed-form reference', async () => {
  const result = await runExperiment(bias, { scale: 'tour', seed: 0 });
  expect(result.status).toBe('completed');
  // Means of x_2 at 50 steps from an independent float64 recursion of mean and covariance: post-hoc, CPS, CPS eta 1, hard.
  const row = result.tables[0]!.rows.find(([steps]) => steps === 50)!;
  const means = [row[1], row[3], row[5], row[7]].map(Number);
  [0, 1.27673, 1.4493, 1.32242].forEach((expected, i) => {
    expect(Math.abs(means[i]! - expected)).toBeLessThan(1e-4);
  });
  expect(result.claims.map(({ id, holds }) => [id, holds])).toEqual([
    ['law-converges', true],
    ['posthoc-ignores', true],
    ['noise-is-kept', true],
    ['posterior-metric-exact', true],
  ]);
  expect(result.figures.map(({ id }) => id)).toEqual(['mean-by-steps', 'variance-by-steps']);
});
