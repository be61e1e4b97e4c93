import { LabError } from '@lab/tensor-core/errors';
import { svd, type Array64 } from '@lab/tensor-core/linalg64';
import { pullBack, residual, spectralNorm, type LinearStyle } from './shapes';

export interface ProximalPointOptions extends LinearStyle {
  /** Weight of `|z - x|^2`; 0 projects onto A z = y. */
  readonly lambda: number;
}

/**
 * The minimiser of `|A z - y|^2 + lambda |z - x|^2`, what Algorithm 2's inner loop descends to for a linear style:
 * `x + A^T (A A^T + lambda I)^-1 (y - A x)`; x itself at lambda = Infinity.
 */
export function proximalPoint(
  x: ArrayLike<number>,
  { lambda, ...style }: ProximalPointOptions,
): Float64Array {
  if (!(lambda >= 0))
    throw new LabError('argument', 'lambda is not negative', { argument: 'lambda', received: lambda });
  if (lambda === Infinity) return Float64Array.from(x);
  const moved = pullBack(style.matrix, residual(x, style), lambda, 1);
  return Float64Array.from(x, (value, i) => value + moved[i]!);
}

export interface DescendedPointOptions extends ProximalPointOptions {
  /** Step size. */
  readonly eta: number;
  /** Gradient steps, M. */
  readonly steps: number;
}

/**
 * Where M gradient steps from x arrive, in closed form: along a singular pair (s, u, v) of A the residual is filtered by
 * `(1 - (1 - 2 eta (s^2 + lambda))^M) s / (s^2 + lambda)`. So stopping early is a proximal step by itself.
 */
export function descendedPoint(
  x: ArrayLike<number>,
  { lambda, eta, steps, ...style }: DescendedPointOptions,
): Float64Array {
  const r = residual(x, style);
  const { u, s, v } = svd(style.matrix);
  const rank = s.length;
  const point = Float64Array.from(x);
  s.forEach((value, j) => {
    const curvature = value * value + lambda;
    if (curvature === 0) return;
    const filter = ((1 - (1 - 2 * eta * curvature) ** steps) * value) / curvature;
    let along = 0;
    for (let i = 0; i < r.length; i++) along += u.data[i * rank + j]! * r[i]!;
    for (let i = 0; i < point.length; i++) point[i]! += filter * along * v.data[i * rank + j]!;
  });
  return point;
}

/** The step size below which gradient descent on `|A z - y|^2 + lambda |z - x|^2` converges: `1 / (s_max^2 + lambda)`. */
export function stepBound(matrix: Array64, lambda = 0): number {
  return 1 / (spectralNorm(matrix) ** 2 + lambda);
}
