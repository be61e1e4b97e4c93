import { LabError } from '@lab/tensor-core/errors';

/**
 * The share of `image - target` that Algorithm 1 keeps under gamma alone (u = 0) on a grid, `prod (1 - gamma h / (1 - s))`
 * over its steps from s of length h; on an even grid of N steps `prod_k (1 - gamma / k)`, about `N^-gamma`.
 *
 * In continuous time a constant gamma ends at the noise exactly: what is left of the image is owed to the steps, and
 * more steps keep less. Tune gamma together with their number.
 *
 * @param times generation grid, from 1 down to 0
 */
export function imageMemory(times: readonly number[], gamma: readonly number[] | number): number {
  const levels = [...times].reverse();
  const steps = levels.length - 1;
  if (typeof gamma !== 'number' && gamma.length !== steps)
    throw new LabError('argument', 'gamma has one number for each step', {
      argument: 'gamma',
      expected: steps,
      received: gamma.length,
    });
  let kept = 1;
  for (let i = 0; i < steps; i++) {
    const strength = typeof gamma === 'number' ? gamma : gamma[i]!;
    kept *= 1 - (strength * (levels[i + 1]! - levels[i]!)) / (1 - levels[i]!);
  }
  return kept;
}

/** The same for Algorithm 2 and `X - image`: `prod (1 - eta (1 - t' / t))` over the steps from t to t'. */
export function referenceDistance(times: readonly number[], eta: readonly number[]): number {
  return eta.reduce((kept, strength, i) => kept * (1 - strength * (1 - times[i + 1]! / times[i]!)), 1);
}
