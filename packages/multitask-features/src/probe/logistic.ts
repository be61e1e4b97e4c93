import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { ridge, type LinearScores } from './ridge';

/**
 * Logistic regression: minimises sum_i v_i log(1 + exp(-y_i s_i)) / sum v + l2 / 2 |a|^2, intercept free, by Newton steps, each a
 * weighted ridge regression on working targets.
 *
 * @throws LabError `not-converged` after 100 steps
 */
export function logistic(
  phi: Array64,
  y: Float64Array,
  { l2, weights }: { readonly l2: number; readonly weights?: Float64Array },
): LinearScores {
  const [n, m] = phi.shape as [number, number];
  const v = weights ?? new Float64Array(n).fill(1);
  const total = v.reduce((sum, value) => sum + value, 0);
  let now: LinearScores = { coefficients: new Float64Array(m), intercept: 0 };
  let value = Infinity;
  for (let step = 0; step < 100; step++) {
    const s = scoresOf(now, phi);
    const curvature = new Float64Array(n);
    const target = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const p = 1 / (1 + Math.exp(-s[i]!));
      const h = Math.max(p * (1 - p), 1e-6);
      curvature[i] = v[i]! * h;
      target[i] = s[i]! + ((y[i]! + 1) / 2 - p) / h;
    }
    const whole = curvature.reduce((sum, each) => sum + each, 0);
    const full = ridge(phi, target, { l2: (l2 * total) / whole, weights: curvature });
    let next = full;
    let after = objective(next);
    // A whole step may overshoot where data are separable
    for (let half = 0.5; after > value + 1e-12 && half > 1e-6; half /= 2) {
      next = between(now, full, half);
      after = objective(next);
    }
    const done = value - after < 1e-10 * Math.max(1, Math.abs(after));
    if (after <= value) [now, value] = [next, after];
    if (done) return now;
  }
  throw new LabError('not-converged', 'logistic: 100 Newton steps were not enough', {
    argument: 'l2',
    received: l2,
    hint: 'raise l2: without it separable data have no solution',
  });

  function objective({ coefficients, intercept }: LinearScores): number {
    const s = scoresOf({ coefficients, intercept }, phi);
    const loss = s.reduce((sum, each, i) => {
      const margin = y[i]! * each;
      return sum + v[i]! * (Math.log1p(Math.exp(-Math.abs(margin))) + Math.max(0, -margin));
    }, 0);
    return loss / total + (l2 / 2) * coefficients.reduce((sum, each) => sum + each ** 2, 0);
  }
}

function between(a: LinearScores, b: LinearScores, share: number): LinearScores {
  return {
    coefficients: a.coefficients.map((value, j) => value + share * (b.coefficients[j]! - value)),
    intercept: a.intercept + share * (b.intercept - a.intercept),
  };
}

export function scoresOf({ coefficients, intercept }: LinearScores, phi: Array64): Float64Array {
  const [n, m] = phi.shape as [number, number];
  const s = new Float64Array(n).fill(intercept);
  for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) s[i]! += coefficients[j]! * phi.data[i * m + j]!;
  return s;
}
