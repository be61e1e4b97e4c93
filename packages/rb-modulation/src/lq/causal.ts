import { LabError } from '@lab/tensor-core/errors';

/**
 * The causal controller (Remark A.3): the known target replaced by what is expected of it, `(E[X_1 | X_t] - x) / (1 - t)`, t
 * running from 0 (noise) to 1 (data). It is the velocity of the rectified flow.
 */
export function causalControl(x: ArrayLike<number>, mean: ArrayLike<number>, t: number): Float64Array {
  assertInside(t);
  return Float64Array.from(x, (value, i) => (mean[i]! - value) / (1 - t));
}

/**
 * The same from the score of X_t = t X_1 + (1 - t) noise: `x / t + (1 - t) / t score`. The paper prints the coefficients with t
 * and 1 - t exchanged, which grow without bound at the data.
 */
export function causalControlFromScore(
  x: ArrayLike<number>,
  score: ArrayLike<number>,
  t: number,
): Float64Array {
  assertInside(t);
  return Float64Array.from(x, (value, i) => (value + (1 - t) * score[i]!) / t);
}

function assertInside(t: number): void {
  if (!(t > 0 && t < 1))
    throw new LabError('argument', 'the causal control is defined for t in (0, 1)', {
      argument: 't',
      received: t,
    });
}
